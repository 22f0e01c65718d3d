"""The benchmark of constant answers: on trials that hardly differ a network that learns finds nothing until each value is put on a scale of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is in no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("constant")
    monkeypatch.delitem(sys.modules, "constant")
    return module


def test_the_common_share_is_that_of_the_mean_trial(script):
    random = np.random.default_rng(0)
    mean = random.standard_normal((4, 5))
    x = (mean + 0.5 * random.standard_normal((100_000, 4, 5))).astype(np.float32)
    assert script.common_share(x) == pytest.approx(np.mean(mean**2) / (np.mean(mean**2) + 0.25), abs=0.005)


def test_a_small_difference_beside_a_large_common_value_is_learnt_once_each_value_is_scaled(script):
    random = np.random.default_rng(0)
    high = random.random(400) > 0.45
    x = 3 * np.sign(random.standard_normal((4, 10))) + 0.02 * random.standard_normal((400, 4, 10))
    x[:, 0, :5] += 0.02 * (high[:, None] - 0.5)
    as_published, scaled = (
        script.learn(x.astype(np.float32), high, script.CHANGES[name], cnn=False, epochs=3)
        for name in ("published", "each feature z-scored")
    )
    assert as_published["common_share"] > 0.99
    assert as_published["sd_of_logit"] < scaled["sd_of_logit"] / 3
    assert scaled["accuracy"] > scaled["majority_rate"]
