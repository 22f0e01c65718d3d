"""An explanation is a file and a line: a method of another kind that a test adds is asked, controlled, stored, drawn, completed and documented."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eegcli import registry
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.schema import explanation_files
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.registry import ExplanationEntry, ExplanationKind
from eegcli.registry.explanations import ArrayEntry
from tests.kit import added, cohorts
from tests.registry.added.occlusion import Importance

N_CONTROLS = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return cohorts.train(cohorts.windows(folder / "w", effect=6.0), folder / "run")


@pytest.fixture(autouse=True)
def with_occlusion(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = ExplanationKind(
        "tests.registry.added.occlusion",
        "tests.registry.added.occlusion:Importance",
        (ArrayEntry("importance", "(n_classes, n_channels, n_bands)", "loss without the band"),),
        "a map of losses",
    )
    entry = ExplanationEntry(
        "tests.registry.added.occlusion:occlusion", "loss without a band", "a primer", "loss", "class output", controls=N_CONTROLS
    )
    monkeypatch.setitem(registry.EXPLANATION_KINDS, "loss", kind)
    monkeypatch.setitem(registry.EXPLANATIONS, "occlusion", entry)


def test_it_is_planned_with_its_own_budget(run):
    planned = added.command("explain", str(run), "--method", "occlusion", "--dry-run", "--threads", "1")
    assert planned["exit_code"] == 0
    assert not (run / "explanation").exists()


@pytest.mark.usefixtures("figures_as_for_users")
def test_both_kinds_are_explained_side_by_side(run, tmp_path, monkeypatch):
    from tests.registry.added import occlusion

    asked = []
    ask = occlusion.ask
    monkeypatch.setattr(occlusion, "ask", lambda *arguments: asked.append(None) or ask(*arguments))
    arguments = ("explain", str(run), "--method", "saliency,occlusion", "--n-windows", "8", "--threads", "1")
    assert added.command(*arguments, "--output", str(tmp_path / "both"))["exit_code"] == 0
    assert len(asked) == 1 + 1 + N_CONTROLS  # the windows, the best of them, and each untrained network
    explanation = read_explanation(tmp_path / "both" / "explanation.h5")
    importance = explanation.methods["occlusion"]
    assert isinstance(importance, Importance)
    assert importance.importance.shape == (2, len(cohorts.CH_NAMES), len(EXPLAIN_HALF_OPEN))
    assert (explanation.units_of("saliency"), explanation.units_of("occlusion")) == ("class output per µV", "class output")
    channel, band = np.unravel_index(importance.importance[1].argmax(), importance.importance[1].shape)
    assert (cohorts.CH_NAMES[channel], list(EXPLAIN_HALF_OPEN)[band]) == (cohorts.SEX_CHANNEL, cohorts.BAND)
    saliency, occluded = json.loads((tmp_path / "both" / "metrics.json").read_text())["methods"]
    assert occluded["most_important"]["M"] == [cohorts.SEX_CHANNEL, cohorts.BAND]
    assert occluded["units"] == "class output"
    control = occluded["controls"]["untrained"]
    assert control["passed"] == (control["value"] > control["farthest"])
    assert "cascade" in saliency["controls"] and "cascade" not in occluded["controls"]
    assert "band_share" in saliency and "band_share" not in occluded
    with Image.open(tmp_path / "both" / "occlusion.png") as image:
        assert image.size == (900, 600)


@pytest.mark.usefixtures("figures_as_for_users")
def test_a_second_method_leaves_the_first_as_it_was(run, tmp_path):
    common = ("explain", str(run), "--n-windows", "8", "--threads", "1")
    added.command(*common, "--method", "saliency", "--output", str(tmp_path / "one"))
    added.command(*common, "--method", "saliency,occlusion", "--output", str(tmp_path / "two"))
    for name in ("saliency.png", "bands.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    one, two = (read_explanation(tmp_path / name / "explanation.h5").methods["saliency"] for name in ("one", "two"))
    assert all(np.array_equal(getattr(one, item.name), getattr(two, item.name)) for item in fields(one))


def test_a_method_without_bands_has_no_table_of_them(run, tmp_path):
    assert (
        added.command("explain", str(run), "--method", "occlusion", "--n-windows", "4", "--output", str(tmp_path / "o"))["exit_code"] == 0
    )
    assert not (tmp_path / "o" / "bands.parquet").exists()


def test_schema_tab_and_the_documentation_have_it(tmp_path, monkeypatch):
    entries = {entry.name: entry for file in explanation_files() for entry in file.entries}
    assert entries["methods/<name>/importance"].unit == "class output"
    assert "a map of losses" in " ".join(file.meaning for file in explanation_files())
    assert {"saliency", "occlusion"} <= set(added.tab("eegcli explain --method ", tmp_path, monkeypatch))
    row = f"| `occlusion` | loss without a band | loss | class output | {N_CONTROLS} | a primer |"
    assert row in added.reference(monkeypatch).method_table()


def test_the_arrays_of_each_kind_are_those_of_its_result():
    for kind in registry.EXPLANATION_KINDS.values():
        assert [array.name for array in kind.arrays] == [item.name for item in fields(registry.load(kind.result))]
    for entry in registry.EXPLANATIONS.values():
        assert entry.kind in registry.EXPLANATION_KINDS and entry.controls != 1  # among two a network may be the farthest, or none is asked
