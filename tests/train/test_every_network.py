"""Every registered architecture from windows to a run, twice: it trains, is read again, and the same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from eegcli import registry
from eegcli import train as stage
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.models.checks import Case
from eegcli.settings import TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter


def windows_for(name: str, path: Path) -> Path:
    """Raw windows of the size on which the architecture is checked."""
    shape = Case(name, "raw").shape
    names = [*cohorts.CH_NAMES, *(f"E{number}" for number in range(100))]
    few = [cohorts.SEX_CHANNEL, cohorts.AGE_CHANNEL, *(one for one in names if one not in (cohorts.SEX_CHANNEL, cohorts.AGE_CHANNEL))]
    return cohorts.windows(path, subjects=range(6), n_windows=1, ch_names=few[: max(2, shape["n_chans"])], n_times=shape["n_times"])


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_network_trains_is_read_again_and_repeats_to_the_byte(name, tmp_path):
    windows = windows_for(name, tmp_path / "windows")
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
