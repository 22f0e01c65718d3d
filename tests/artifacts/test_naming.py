"""Names of outputs where nobody gives one."""

from __future__ import annotations

from pathlib import Path

from eegcli.artifacts.naming import derived_output, pooled_output


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
