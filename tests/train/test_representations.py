"""From recordings to an evaluated network, on maps; and what does not fit together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, evaluate, train
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.bids.montage import channel_set
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, TrainSettings
from tests.kit.builders import recording, recordings_artifact
from tests.kit.shared import once_for_all_workers

HBN_24 = channel_set(["hbn-24"])


def person(seed: int, *, alpha: float):
    """Noise, and a 10-Hz rhythm at the back of the head."""
    one = replace(recording(seed, n_channels=24, seconds=70.0), ch_names=HBN_24)
    wave = alpha * np.sin(2 * np.pi * 10 * np.arange(one.data.shape[1]) / one.sfreq)
    one.data[[HBN_24.index(name) for name in ("O1", "Pz", "P3", "P4")]] += wave.astype(np.float32)
    return one


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    people = {f"{number:02d}": person(number, alpha=20.0 * (number % 2)) for number in range(10)}
    sex = ["M" if number % 2 else "F" for number in range(10)]

    def make(folder: Path) -> None:
        source = recordings_artifact(folder / "toy-recordings", people, sex=sex)
        for name in ("raw", "bands", "topomap", "fft"):
            epoch.run(EpochSettings(recordings=(source,), output=folder / f"{name}-windows", representation=name), reporter=Silent())

    return once_for_all_workers(tmp_path_factory, "windows-of-every-representation", make) / "toy-recordings"


@pytest.fixture(scope="module")
def windows(recordings) -> dict[str, Path]:
    return {name: recordings.with_name(f"{name}-windows") for name in ("raw", "bands", "topomap", "fft")}


def learn(windows: Path, output: Path, **settings) -> Path:
    defaults = {"arch": "vgg", "threads": 1, "device": "cpu"}
    return train.run(TrainSettings(windows=windows, output=output, **(defaults | settings)), reporter=Silent()).output


def judged(run: Path, **settings) -> dict:
    evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu", resamples=50, **settings), reporter=Silent())
    (folder,) = run.glob("evaluation*")
    return json.loads((folder / "metrics.json").read_text())


def test_a_vgg_on_maps_is_trained_evaluated_and_opened_again(windows, tmp_path):
    run = learn(windows["topomap"], tmp_path / "run", epochs=1)
    metrics = open_run(run).metrics
    assert metrics["n_parameters"] == 1_751_506
    assert metrics["shape"] == {"n_bands": 3, "height": 24, "width": 24, "n_outputs": 2, "sfreq": 64.0, "representation": "topomap"}
    assert metrics["bands"] == ["theta=4-7", "alpha=7-13", "beta=14-25"] and metrics["n_times"] == 128
    assert 0 <= judged(run)["splits"]["test"]["window"]["accuracy"] <= 1
    import torch

    x = torch.from_numpy(np.array(open_windows(windows["topomap"]).x[:2]))
    assert open_run(run).model()(x).shape == (2, 2)


@pytest.mark.parametrize("name", ["bands", "topomap"])
def test_logistic_finds_the_planted_rhythm_on_bands_and_on_maps(windows, tmp_path, name):
    figures = judged(learn(windows[name], tmp_path / "run", arch="logistic"))
    assert figures["splits"]["test"]["window"]["accuracy"] > 0.9
    assert all(check["passed"] is not False for check in figures["leak_checks"])


def test_an_architecture_that_does_not_take_the_windows_is_refused_before_anything_is_written(windows, tmp_path):
    with pytest.raises(UsageError, match="vgg takes windows of the representation raw or topomap or fft; these are bands") as error:
        learn(windows["bands"], tmp_path / "run", epochs=1)
    assert error.value.hint == "For bands there are: mlp, logistic, majority."
    assert not (tmp_path / "run").exists()


def test_windows_of_another_representation_do_not_fit_a_network(windows, recordings, tmp_path):
    run = learn(windows["topomap"], tmp_path / "run", arch="logistic")
    with pytest.raises(InputError, match="windows of the representation raw, the network takes topomap"):
        judged(run, windows=windows["raw"])
    common = {"recordings": (recordings,), "representation": "topomap"}
    bands = EpochSettings(**common, output=tmp_path / "bands", bands=("theta=4-7", "alpha=8-12", "beta=14-25"))
    with pytest.raises(InputError, match="the bands are theta=4-7, alpha=8-12, beta=14-25, the network takes theta=4-7, alpha=7-13"):
        judged(run, windows=epoch.run(bands, reporter=Silent()).output)
    longer = EpochSettings(**common, output=tmp_path / "longer", length=4.0)
    with pytest.raises(InputError, match="windows of 256 samples at 64 Hz, the network takes 128 at 64 Hz"):
        judged(run, windows=epoch.run(longer, reporter=Silent()).output)


def test_a_dry_run_expects_memory_and_time_of_maps(windows, tmp_path):
    for arch in ("scnn", "logistic", "majority"):
        plan = train.run(TrainSettings(windows=windows["topomap"], output=tmp_path / "run", arch=arch, dry_run=True), reporter=Silent())
        assert plan.data()["memory_bytes"] > 0 and plan.data()["seconds"] > 0
