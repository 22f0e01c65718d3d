"""A network for one representation only, without a form for raw windows: listed, described, trained, and refused for what it does not take."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from eegcli import registry
from eegcli.cli.main import app
from eegcli.errors import UsageError
from eegcli.models.checks import check_network
from eegcli.registry import ModelEntry, RepresentationEntry, Training
from tests.kit.builders import recording, recordings_artifact

TRAINING = Training(epochs=2, batch_size=8, optimizer="adam", lr=0.003, weight_decay=0.0)


class Flat(nn.Module):
    """A hidden layer on all values of a window, whatever its axes."""

    def __init__(self, shape: tuple[int, ...], n_outputs: int, sfreq: float) -> None:
        super().__init__()
        n_values = int(torch.tensor(shape).prod())
        self.hidden, self.final_layer = nn.Linear(n_values, 32), nn.Linear(32, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.final_layer(torch.relu(self.hidden(x.flatten(1) / 10)))


def entry(**forms: str) -> ModelEntry:
    return ModelEntry(summary="a hidden layer", source="the tests", forms=forms, training=TRAINING)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(registry.MODELS, "flat", entry(bands=f"{__name__}:Flat"))


def answer(*command: object) -> dict:
    result = CliRunner().invoke(app, [*map(str, command), "--json"])
    return json.loads(result.stdout)


def test_it_is_listed_with_the_windows_that_it_takes_and_has_the_properties_of_a_network():
    listed = {model["name"]: model["representations"] for model in answer("models")["data"]["models"]}
    assert listed["flat"] == ["bands"]
    check_network("flat")


def test_it_is_described_for_the_representation_that_it_takes():
    data = answer("models", "flat", "--shape", "8x3")["data"]
    assert (data["representation"], data["n_parameters"]) == ("bands", 8 * 3 * 32 + 32 + 32 * 2 + 2)


def test_windows_that_it_does_not_take_are_a_wrong_command_line(make_windows, tmp_path):
    for command in (
        ("models", "flat", "--shape", "8x64", "--representation", "raw"),
        ("train", make_windows(), "--arch", "flat", "--target", "sex", "-o", tmp_path / "run"),
    ):
        refused = answer(*command)
        assert refused["exit_code"] == 2
        assert refused["errors"][0]["error"] == "flat takes windows of the representation bands; these are raw"
        assert "vgg" in refused["errors"][0]["hint"] and "flat" not in refused["errors"][0]["hint"]
    refused = answer("models", "flat", "--shape", "3x24x24")
    assert (refused["exit_code"], refused["errors"][0]["error"]) == (2, "--shape 3x24x24: flat takes windows of n_chans x n_bands (bands)")


def test_it_is_trained_and_evaluated_on_the_windows_that_it_takes(tmp_path):
    six = {f"0{subject}": recording(subject, seconds=20.0) for subject in range(1, 7)}
    recordings_artifact(tmp_path / "recordings", six, sex=["F", "M"] * 3)
    run = tmp_path / "run"
    for command in (
        ("epoch", tmp_path / "recordings", "--length", "2", "--representation", "bands", "-o", tmp_path / "bands"),
        ("train", tmp_path / "bands", "--arch", "flat", "--target", "sex", "--split", "2,2,2", "--threads", "1", "-o", run),
        ("evaluate", run, "--threads", "1"),
    ):
        done = answer(*command)
        assert done["exit_code"] == 0, done


def test_a_new_representation_of_three_axes_is_what_three_sizes_mean_for_a_network_that_takes_no_other(monkeypatch):
    made = RepresentationEntry("nowhere:prepare", "spectrograms", "power", ("n_chans", "n_freqs", "n_frames"), "dB")
    monkeypatch.setitem(registry.REPRESENTATIONS, "spectrogram", made)
    monkeypatch.setitem(registry.MODELS, "flat", entry(spectrogram=f"{__name__}:Flat"))
    assert answer("models", "flat", "--shape", "8x10x5")["data"]["representation"] == "spectrogram"
    assert answer("models", "vgg", "--shape", "3x24x24")["data"]["representation"] == "topomap"
    assert answer("models", "logistic", "--shape", "24x256")["data"]["representation"] == "raw"


def test_a_rest_form_takes_raw_windows_too():
    assert entry(**{"*": f"{__name__}:Flat"}).representations == tuple(registry.REPRESENTATIONS)


def test_a_form_for_a_representation_that_there_is_not_is_named(monkeypatch):
    monkeypatch.setitem(registry.MODELS, "flat", entry(band=f"{__name__}:Flat"))
    with pytest.raises(UsageError, match=r"flat.* is named 'band'") as refusal:
        registry.form_of("flat", "bands")
    assert refusal.value.hint == "Did you mean bands?"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"summary": "s", "source": "t"}, "no form for any windows"),
        ({"path": "a:B", "summary": "s", "source": "t", "forms": {"raw": "a:C"}}, "form for raw windows in `forms`"),
        ({"path": "a:B", "source": "t"}, "a:B has no summary"),
        ({"path": "a:B", "summary": "s"}, "a:B has no source"),
    ],
)
def test_an_entry_that_nothing_can_be_built_from_is_refused(fields, says):
    with pytest.raises(UsageError, match=says):
        ModelEntry(**fields)
