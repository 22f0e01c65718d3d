"""Names of outputs where nobody gives one."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from eegcli.artifacts.naming import derived_output, part_of_name, pooled_output


def test_the_chain_of_derived_names():
    assert derived_output(Path("data/demo"), "recordings") == Path("data/demo-recordings")
    assert derived_output(Path("data/demo-recordings/"), "windows") == Path("data/demo-windows")
    assert derived_output(Path("demo-windows"), "run-vgg-sex") == Path("demo-run-vgg-sex")


def test_the_folder_one_stands_in_has_a_name_too(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert derived_output(Path(), "recordings") == tmp_path / "mine-recordings"


def test_the_output_of_several_inputs_lies_beside_the_first():
    assert pooled_output([Path("data/a-recordings"), Path("b-recordings")], "windows") == Path("data/pooled-windows")
    assert pooled_output([Path("data/a-recordings")], "windows") == Path("data/a-windows")


def test_names_of_columns_are_fit_for_a_folder():
    assert [part_of_name(name) for name in ("sex", "age_at_scan", "état", "脑电", "p factor")] == [
        "sex",
        "age_at_scan",
        "état",
        "脑电",
        "p-factor",
    ]
    assert part_of_name("group/arm").startswith("group-arm-")
    assert part_of_name("../up").startswith("up-")


@given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=400))
def test_no_text_leaves_the_folder_or_shares_it(one, other):
    name = part_of_name(one)
    assert name not in ("", ".", "..") and "/" not in name and "\0" not in name
    assert len(name.encode()) <= 100
    assert derived_output(Path("data/x-windows"), f"run-vgg-{name}").parent == Path("data")
    if one.replace(" ", "-") != other.replace(" ", "-"):
        assert part_of_name(other) != name
