"""A representation that is one file and one line in the table: windows, dry run, TAB and help, schema, a network on it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows
from tests.kit.added_representation import SECONDS_PER_SAMPLE
from tests.kit.builders import recording, recordings_artifact
from tests.kit.programs import Ended, commands_with, program_with

LINE = """
from eegcli.registry import REPRESENTATIONS, RepresentationEntry
REPRESENTATIONS["variance"] = RepresentationEntry(
    "tests.kit.added_representation:prepare", "variance of each channel", "variance of the samples", ("n_chans", "n_moments"), "uV^2")
"""
COMMANDS = {
    "raw": "epoch recordings --length 2 --json -o raw",
    "made": "epoch recordings --length 2 --representation variance --json -o variance",
    "planned": "epoch recordings --length 2 --representation variance --dry-run --json -o planned",
    "planned raw": "epoch recordings --length 2 --dry-run --json -o planned",
    "banded": "epoch recordings --length 2 --representation variance --bands theta=4-7 --no-color -o never",
    "trained": "train variance --arch logistic --target sex --split 2,2,2 --json -o run",
    "evaluated": "evaluate run --json",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("added")
    six = {f"0{subject}": recording(subject, seconds=20.0) for subject in range(1, 7)}
    recordings_artifact(folder / "recordings", six, sex=["F", "M"] * 3)
    return folder


@pytest.fixture(scope="module")
def ended(folder) -> dict[str, Ended]:
    return dict(zip(COMMANDS, commands_with(LINE, list(COMMANDS.values()), folder), strict=True))


def test_windows_hold_it_with_its_name_and_unit_and_no_map_is_drawn(folder, ended):
    assert ended["made"].code == 0, ended["made"].stderr
    made, raw = open_windows(folder / "variance"), open_windows(folder / "raw")
    assert (made.representation, made.units, made.n_times, made.bands) == ("variance", "uV^2", 128, ())
    expected = np.square(raw.x - raw.x.mean(axis=-1, keepdims=True)).mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(made.x, expected, rtol=1e-5)
    assert not list(folder.glob("variance/*.png"))


def test_a_dry_run_says_its_shape_and_counts_its_time(ended):
    planned, raw = (json.loads(ended[name].stdout)["data"] for name in ("planned", "planned raw"))
    assert (planned["representation"], planned["shape"]) == ("variance", [4, 1])
    assert planned["seconds"] - raw["seconds"] == pytest.approx(SECONDS_PER_SAMPLE * planned["n_windows"] * 4 * 128, rel=0.05)


def test_bands_that_it_does_not_have_are_a_wrong_command_line(ended):
    assert ended["banded"].code == 2
    assert "the representation variance has no bands" in ended["banded"].stderr
    assert "bands or topomap" in ended["banded"].stderr


def test_a_baseline_is_trained_on_it_and_judged(ended):
    assert ended["trained"].code == 0, ended["trained"].stderr
    assert ended["evaluated"].code == 0, ended["evaluated"].stderr


def test_help_tab_and_the_tables_of_the_documentation_have_it():
    program = (
        "import reference\n"
        "from eegcli.cli.tree import read_tree\n"
        "command = next(command for command in read_tree().commands if command.name == 'epoch')\n"
        "option = next(option for option in command.options if '--representation' in option.names)\n"
        "print(option.value.words, option.help, reference.representation_table(), reference.artifact_page())"
    )
    said = program_with(LINE, program)
    assert "('variance', 'variance of each channel')" in said and "raw, bands, topomap, fft" in said and ", variance" in said
    assert "| `variance` | variance of the samples | n_chans x n_moments | uV^2 |" in said
    assert "| `x (variance)` | float32 | (n_windows, n_channels, n_moments) | µV² | variance of the samples |" in said
    assert " or `variance`" in said
