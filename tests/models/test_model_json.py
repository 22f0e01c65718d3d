"""model.json is enough: weights are loaded by `eegcli.models.build` with nothing but it and model.safetensors, as a stranger would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from eegcli import models
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from tests.kit import cohorts

KEPT = Path(__file__).parents[1] / "kept" / "0.1.0"


def stranger(folder: Path) -> torch.nn.Module:
    """The network of a folder that holds model.json and model.safetensors only."""
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.safetensors"]
    said = json.loads((folder / "model.json").read_text())
    window = dict(zip(said["axes"], said["shape"], strict=True))
    build = {name: said[name] for name in ("n_outputs", "sfreq", "representation")}
    network = models.build(said["arch"], **build, **window, **said["options"])
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()


def kept_windows(name: str, folder: Path) -> Path:
    """Windows that 0.1.0 cut, where they may be opened."""
    return shutil.copytree(KEPT / name, folder / name)


@pytest.mark.parametrize(
    ("windows", "settings"),
    [
        ("windows", {"arch": "vgg", "epochs": 1}),
        ("windows", {"arch": "logistic"}),
        ("windows", {"arch": "vgg", "epochs": 1, "target": "age", "kind": "regression"}),
        ("windows-bands", {"arch": "logistic"}),
        ("windows-topomap", {"arch": "vgg", "epochs": 1}),
        ("windows-fft", {"arch": "logistic", "target": "age", "kind": "regression", "split": (2, 2, 0)}),
    ],
    ids=["raw", "raw-logistic", "raw-regression", "bands", "topomap", "spectra-regression"],
)
def test_weights_are_used_with_model_json_alone(windows, settings, tmp_path):
    cut = kept_windows(windows, tmp_path)
    run = open_run(cohorts.train(cut, tmp_path / "run", **settings))
    (alone := tmp_path / "alone").mkdir()
    for name in ("model.json", "model.safetensors"):
        shutil.copy(run.path / name, alone)

    x = torch.from_numpy(open_windows(cut).x[:4].astype(np.float32))
    with torch.no_grad():
        torch.testing.assert_close(stranger(alone)(x), run.model()(x), rtol=0, atol=0)
