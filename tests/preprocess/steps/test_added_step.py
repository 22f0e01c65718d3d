"""A step that is one file and one line in the table: recipe, flags, dry run, range checks, quality, tables of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from tests.kit.added import run_with
from tests.kit.added_step import SECONDS
from tests.kit.trees import make_tree

LINE = """
from eegcli.registry import STEPS, QualityColumn, QualityFigure, StepEntry
STEPS["gain"] = StepEntry(
    "tests.kit.added_step:STEP", "amplifies all channels alike", (QualityColumn("gain_above", "of the samples, those above the limit"),),
    (QualityFigure(("gain_above",), "above the limit (% of samples)", "Samples that are large after the gain.", "high", 1.0, "percent"),))
"""
RECIPE = """
[preprocess]
jobs = 1
[[preprocess.steps]]
step = "filter"
l_freq = 0.5
[[preprocess.steps]]
step = "gain"
decibel = {decibel}
"""
FLAGS = ("--sfreq", "64", "--json", "--no-color")  # a flag, which has to find a place for its step beside one that it does not know


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("added")
    make_tree(folder / "toy")
    for decibel in (-6.0, 200.0):
        (folder / f"{decibel:g}.toml").write_text(RECIPE.format(decibel=decibel))
    (folder / "without.toml").write_text(RECIPE.split('[[preprocess.steps]]\nstep = "gain"')[0])
    return folder


@pytest.fixture(scope="module")
def made(folder) -> dict:
    done = run_with(LINE, "preprocess", "toy", "--recipe", "-6.toml", *FLAGS, "-o", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "above the limit (% of samples)" in done.stderr  # the figures that end a run
    return json.loads(done.stdout)


def test_the_step_does_its_work_and_its_column_stands_in_the_table(folder, made):
    assert made["data"]["ok"] == 3
    recordings = open_recordings(folder / "out")
    shares = [float((np.abs(recordings.read(row).data) > 20.0).mean()) for row in range(3)]
    assert min(shares) > 0.01
    np.testing.assert_allclose(recordings.table["gain_above"], shares, atol=1e-3)
    names = list(recordings.table)
    assert names.index("seconds_kept") < names.index("gain_above") < names.index("amplitude")
    steps = json.loads((folder / "out" / "settings.json").read_text())["settings"]["steps"]
    assert [step["step"] for step in steps] == ["filter", "resample", "gain"]


def test_the_quality_page_has_its_figure(folder, made):
    page = (folder / "out" / "quality.html").read_text()
    assert "above the limit (% of samples)" in page and "Samples that are large after the gain." in page


def test_the_next_stage_does_not_take_its_column_for_one_of_the_participants(folder, made):
    done = run_with(LINE, "epoch", "out", "--length", "2", "--json", "-o", "windows", cwd=folder)
    assert done.returncode == 0, done.stderr
    table = read_table(folder / "windows" / "windows.parquet")
    assert "sex" in table and "gain_above" not in table


def test_a_dry_run_counts_its_time(folder):
    plans = []
    for recipe in ("-6.toml", "without.toml"):
        done = run_with(LINE, "preprocess", "toy", "--recipe", recipe, *FLAGS, "--dry-run", "-o", "planned", cwd=folder)
        assert done.returncode == 0, done.stderr
        plans.append(json.loads(done.stdout)["data"])
    assert plans[0]["steps"][-1] == {"step": "gain", "decibel": -6.0, "limit": 20.0}
    # No sidecar states a size: the files' does (2 bytes a sample of 10 channels x 20 s at 128 Hz, and a header).
    expected = SECONDS * 3 * 10 * 20 * 128 / 1e6
    assert plans[0]["seconds"] - plans[1]["seconds"] == pytest.approx(expected, rel=0.1)


def test_its_range_check_is_a_wrong_command_line(folder):
    done = run_with(LINE, "preprocess", "toy", "--recipe", "200.toml", "--sfreq", "64", "--no-color", "-o", "never", cwd=folder)
    assert done.returncode == 2 and "step gain: decibel is 200, and at most 120" in done.stderr
    assert not (folder / "never").exists()


def test_the_tables_of_the_documentation_have_it():
    program = "import reference; print(reference.step_table(), reference.quality_table(), reference.artifact_page())"
    done = run_with(LINE, program=program)
    assert done.returncode == 0, done.stderr
    assert "| `gain` | amplifies all channels alike | `gain_above` |" in done.stdout
    assert "| above the limit (% of samples) | Samples that are large after the gain. | 100 x `gain_above` | high |" in done.stdout
    assert "| `gain_above` | float64 |  |  | of the samples, those above the limit |" in done.stdout
