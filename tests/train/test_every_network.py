"""Every registered architecture from windows to a run, twice: it trains, is read again, and the same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from eegcli import registry
from eegcli import train as stage
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.settings import TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter


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
