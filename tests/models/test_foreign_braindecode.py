"""Networks of braindecode, where it is installed: named, trained, evaluated and explained like one of a file."""

from __future__ import annotations

import json

import pytest
import torch

from eegcli import models
from eegcli.models.weights import stored
from tests.kit import cohorts, commands

braindecode = pytest.importorskip("braindecode.models")

WHERE = ("--device", "cpu", "--threads", "1")
SHAPE = {"n_chans": 8, "n_times": 256, "n_outputs": 3, "sfreq": 64.0}


@pytest.mark.parametrize("name", ["EEGConformer", "EEGNet", "ShallowFBCSPNet", "Deep4Net", "ATCNet"])
def test_it_is_the_one_that_braindecode_makes(name):
    shape = {**SHAPE, "n_times": 512}
    torch.manual_seed(1)
    theirs = getattr(braindecode, name)(**shape).eval()
    torch.manual_seed(1)
    ours = models.build(f"braindecode:{name}", **shape).eval()
    x = 10 * torch.randn(3, 8, 512)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=0)
    assert list(stored(ours).state_dict()) == list(theirs.state_dict())


def test_it_is_trained_evaluated_and_explained(tmp_path):
    windows, run = cohorts.windows(tmp_path / "windows", subjects=range(12), n_times=256), tmp_path / "run"
    commands.eegcli("train", windows, "--arch", "braindecode:EEGConformer", "--epochs", "1", "-o", run, *WHERE, check=True)
    assert commands.eegcli("evaluate", run, *WHERE).returncode == 3
    for stage in (("evaluate", run), ("explain", run, "--method", "saliency", "--n-windows", "4")):
        commands.eegcli(*stage, "--trust", *WHERE, check=True)
    said = json.loads((run / "model.json").read_text())
    assert (said["arch"], said["foreign"]["distribution"]) == ("braindecode:EEGConformer", "braindecode")
    model = run / "model.json"
    model.write_text(json.dumps({**said, "foreign": {**said["foreign"], "version": "0.0"}}))
    (run / "done.json").write_text(
        json.dumps({name: value for name, value in json.loads((run / "done.json").read_text()).items() if name in ("digest", "kind")})
    )
    other = commands.eegcli("evaluate", run, "--trust", "--force", *WHERE)
    assert other.returncode == 4 and "version 0.0 (here: " in other.stderr
