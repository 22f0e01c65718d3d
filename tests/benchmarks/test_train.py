"""The benchmark of training: its arms train the same network on the same windows."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
import torch

from eegcli.engine.precision import lack_of

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "train", raising=False)
    module = __import__("train")
    monkeypatch.delitem(sys.modules, "train")
    return module


def test_the_bare_loop_and_ours_have_the_same_losses(script):
    row = script.measure("eegnet", (19, 128), 16, 1, time.process_time, steps=1)
    assert row["loss_difference"]["bare"] < 1e-5
    assert row["loss"][1] > 0.3, "of a loss that is none, any difference is small"
    assert row["ratios"]["bare"] > 0 and row["gflops"]["ours"] < row["sgemm_gflops"]


def test_the_arms_that_are_compared_with_run_as_published_and_ours_does_not(script):
    _, networks, _ = script.arms_of("shallow", (19, 128), 4, 1)
    half = {} if lack_of("bf16", torch.device("cpu")) else {"bf16": False}
    assert {name: network.features.as_published for name, network in networks.items()} == {
        "ours": False,
        "bare": True,
        "channels_last": True,
        **half,
    }
