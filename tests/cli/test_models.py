"""The list of networks for a shape: the weights of each, or why there are none."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from eegcli.cli.main import app
from eegcli.models import build
from eegcli.registry import MODELS


def listed(*arguments: str) -> dict[str, tuple[int | None, str]]:
    answer = json.loads(CliRunner().invoke(app, ["models", *arguments, "--json"]).stdout)
    return {model["name"]: (model["n_parameters"], model["reason"]) for model in answer["data"]["models"]}


def test_a_network_for_which_the_window_is_too_small_has_the_smallest_in_place_of_its_weights():
    found = listed("--shape", "24x256")
    assert found["conv1d-ecg"] == (None, "the smallest that fits is 1 channel x 1402 samples")
    assert build("conv1d-ecg", n_chans=24, n_times=1402, n_outputs=2, sfreq=128.0)
    assert all((n is None) == bool(reason) for n, reason in found.values())
    table = CliRunner().invoke(app, ["models", "--shape", "24x256"]).stdout
    [line] = [line for line in table.splitlines() if line.startswith("conv1d-ecg")]
    assert " -  the smallest that fits is 1 channel x 1402 samples  " in line


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("--shape", "3x24x24"), "takes windows that are raw"),
        (("--shape", "24x9", "--representation", "bands"), "takes windows that are raw, not bands"),
    ],
)
def test_a_network_of_other_windows_says_which(asked, reason):
    found = listed(*asked)
    assert found["eegnet"] == (None, reason)
    assert found["logistic"][0] is not None


def test_without_a_missing_figure_there_is_no_column_for_a_reason():
    table = CliRunner().invoke(app, ["models", "--shape", "24x1500"]).stdout
    assert "why none" not in table and "parameters" in table
    assert len([line for line in table.splitlines() if line.split()[0] in MODELS]) == len(MODELS)
