"""A step that is one file and one line in the table: recipe, flags, dry run, range checks, quality, tables of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from tests.kit.added_step import SECONDS
from tests.kit.programs import Ended, commands_with, program_with
from tests.kit.trees import make_tree

LINE = """
from eegcli.registry import STEPS, QualityColumn, QualityFigure, StepEntry
STEPS["gain"] = StepEntry(
    "tests.kit.added_step:STEP", "amplifies all channels alike", (QualityColumn("gain_above", "of the samples, those above the limit"),),
    (QualityFigure(("gain_above",), "above the limit (% of samples)", "Samples that are large after the gain.", "high", 1.0, "percent"),))
"""
WITHOUT = """
[preprocess]
jobs = 1
[[preprocess.steps]]
step = "filter"
l_freq = 0.5
"""
GAIN = """
[[preprocess.steps]]
step = "gain"
decibel = {decibel}
"""
FLAGS = "--sfreq 64 --no-color"  # a flag, which has to find a place for its step beside one that it does not know
COMMANDS = {
    "made": f"preprocess toy --recipe gain.toml {FLAGS} --json -o out",
    "windows": "epoch out --length 2 --json -o windows",
    "planned": f"preprocess toy --recipe gain.toml {FLAGS} --json --dry-run -o planned",
    "without": f"preprocess toy --recipe without.toml {FLAGS} --json --dry-run -o planned",
    "too much": f"preprocess toy --recipe much.toml {FLAGS} -o never",
    "info": "info out --json",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("added")
    make_tree(folder / "toy")
    (folder / "without.toml").write_text(WITHOUT)
    (folder / "gain.toml").write_text(WITHOUT + GAIN.format(decibel=-6.0))
    (folder / "much.toml").write_text(WITHOUT + GAIN.format(decibel=200.0))
    return folder


@pytest.fixture(scope="module")
def ended(folder) -> dict[str, Ended]:
    return dict(zip(COMMANDS, commands_with(LINE, list(COMMANDS.values()), folder), strict=True))


def test_the_step_does_its_work_and_its_column_stands_in_the_table(folder, ended):
    made = ended["made"]
    assert made.code == 0 and json.loads(made.stdout)["data"]["ok"] == 3, made.stderr
    recordings = open_recordings(folder / "out")
    shares = [float((np.abs(recordings.read(row).data) > 20.0).mean()) for row in range(3)]
    assert min(shares) > 0.01
    np.testing.assert_allclose(recordings.table["gain_above"], shares, atol=1e-3)
    names = list(recordings.table)
    assert names.index("seconds_kept") < names.index("gain_above") < names.index("amplitude")
    steps = json.loads((folder / "out" / "settings.json").read_text())["settings"]["steps"]
    assert [step["step"] for step in steps] == ["filter", "resample", "gain"]


def test_its_figure_ends_the_run_and_stands_on_the_quality_page_and_in_info(folder, ended):
    page = (folder / "out" / "quality.html").read_text()
    assert "above the limit (% of samples)" in page and "Samples that are large after the gain." in page
    assert "above the limit (% of samples)" in ended["made"].stderr
    assert "gain_above" in json.loads(ended["info"].stdout)["data"]["quality"]


def test_the_next_stage_does_not_take_its_column_for_one_of_the_participants(folder, ended):
    assert ended["windows"].code == 0, ended["windows"].stderr
    table = read_table(folder / "windows" / "windows.parquet")
    assert "sex" in table and "gain_above" not in table


def test_a_dry_run_counts_its_time(ended):
    planned, without = (json.loads(ended[name].stdout)["data"] for name in ("planned", "without"))
    assert planned["steps"][-1] == {"step": "gain", "decibel": -6.0, "limit": 20.0}
    # No sidecar states a size: the files' does (2 bytes a sample of 10 channels x 20 s at 128 Hz, and a header).
    assert planned["seconds"] - without["seconds"] == pytest.approx(SECONDS * 3 * 10 * 20 * 128 / 1e6, rel=0.1)


def test_its_range_check_is_a_wrong_command_line(folder, ended):
    assert ended["too much"].code == 2
    assert "step gain: decibel is 200, and at most 120" in ended["too much"].stderr
    assert not (folder / "never").exists()


def test_the_tables_of_the_documentation_have_it():
    tables = program_with(LINE, "import reference; print(reference.step_table(), reference.quality_table(), reference.artifact_page())")
    assert "| `gain` | amplifies all channels alike | `gain_above` |" in tables
    assert "| above the limit (% of samples) | Samples that are large after the gain. | 100 x `gain_above` | high |" in tables
    assert "| `gain_above` | float64 |  |  | of the samples, those above the limit |" in tables
