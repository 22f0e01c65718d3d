"""Every registered architecture from windows to a run, twice: it trains, is read again, and the same seed gives the same bytes, stopped or not."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eegcli import registry
from eegcli import train as stage
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.engine.hyperparameters import OPTIMIZERS
from eegcli.engine.saver import Saver
from eegcli.errors import Stopped
from eegcli.settings import TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.runs import contents


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_network_trains_is_read_again_and_repeats_to_the_byte(name, tmp_path):
    windows = cohorts.windows_for(name, tmp_path / "windows")
    wishes = TrainSettings(
        windows=windows, arch=name, target="sex", split=(2, 2, 2), threads=1, device="cpu", lr=1e-4, epochs=1, no_baseline=True
    )
    made = []
    for run in ("one", "two"):
        heard = CapturingReporter()
        made.append(stage.run(replace(wishes, output=tmp_path / run), reporter=heard).output)
    one, two = ((run / "model.safetensors").read_bytes() for run in made)
    assert one == two
    model = open_run(made[0]).model()
    with torch.no_grad():
        outputs = model(torch.from_numpy(np.asarray(open_windows(windows).x[:3])))
    assert outputs.shape == (3, 1 if registry.MODELS[name].head == "logit" else 2) and bool(torch.isfinite(outputs).all())


# Of the four windows that are learnt from, two a batch.
TWICE_TWO = {
    "target": "sex",
    "split": (2, 2, 2),
    "threads": 1,
    "device": "cpu",
    "lr": 1e-3,
    "batch_size": 2,
    "epochs": 3,
    "no_baseline": True,
}


def looks_of(settings: TrainSettings, monkeypatch: pytest.MonkeyPatch, *, stop_after: int | None = None) -> int:
    """Train, stopped by a signal at one of the looks at the clock; how many there were."""
    seen, look = [0], Saver.save_if_due

    def counted(self: Saver) -> None:
        seen[0] += 1
        if seen[0] == stop_after:
            self._save()
            raise Stopped("enough")
        look(self)

    with monkeypatch.context() as patch:
        patch.setattr(Saver, "save_if_due", counted)
        with contextlib.nullcontext() if stop_after is None else pytest.raises(Stopped, match="enough"):
            stage.run(settings, reporter=CapturingReporter())
    return seen[0]


def require_the_same_when_stopped(settings: TrainSettings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = (replace(settings, output=folder / name) for name in ("whole", "stopped"))
    looks = looks_of(whole, monkeypatch)
    assert looks > 4
    looks_of(stopped, monkeypatch, stop_after=looks // 2)
    stage.run(stopped, reporter=CapturingReporter())
    assert contents(stopped.output) == contents(whole.output)


@pytest.mark.parametrize("name", [name for name, entry in registry.MODELS.items() if entry.training is not None])
def test_every_network_goes_on_to_the_same_bytes(name, tmp_path, monkeypatch):
    """Moments of its optimiser, running statistics and masks of dropout: whatever it has, and however that lies in memory."""
    windows = cohorts.windows_for(name, tmp_path / "windows")
    settings = TrainSettings(windows=windows, arch=name, **TWICE_TWO)
    require_the_same_when_stopped(settings, tmp_path, monkeypatch)


@pytest.mark.parametrize("more", [{}, {"ema": 0.9}, {"accumulate": 2}], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_goes_on_to_the_same_bytes(optimizer, more, tmp_path, monkeypatch):
    """Moments of a network whose weights do not lie in memory in the order in which a file has them."""
    windows = cohorts.windows_for("vgg", tmp_path / "windows")
    settings = TrainSettings(windows=windows, arch="vgg", **TWICE_TWO)
    require_the_same_when_stopped(replace(settings, optimizer=optimizer, **more), tmp_path, monkeypatch)
