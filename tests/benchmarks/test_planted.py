"""The benchmark of planted worlds: its scores against slower computations, its demands, and that it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from eegcli.artifacts.explanation import Attribution, Explanation
from eegcli.fetch.demo.worlds import WORLDS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Import a script of the benchmarks, which are no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def load(name: str) -> ModuleType:
        module = __import__(name)
        for found in [found for found in sys.modules if found in {"planted", "_planted"}]:
            monkeypatch.delitem(sys.modules, found)
        return module

    return load


def explanation(values: np.ndarray, spectrum: np.ndarray, x: np.ndarray) -> Explanation:
    """Explanation of one method, of windows of one second at 64 Hz."""
    n, n_channels, n_times = values.shape
    course = np.abs(values).mean(axis=1)
    result = Attribution(
        values,
        spectrum,
        np.abs(values).mean(axis=2)[:2],
        rows=np.arange(n),
        course=np.stack([course[::2].mean(axis=0), course[1::2].mean(axis=0)]),
    )
    return Explanation(
        classes=("F", "M"),
        ch_names=tuple(f"C{place}" for place in range(n_channels)),
        sfreq=64.0,
        freqs=np.fft.rfftfreq(n_times, 1 / 64),
        window=np.arange(n),
        class_index=np.arange(n) % 2,
        input_spectrum=spectrum,
        methods={"saliency": result},
    )


def test_a_method_that_shows_the_planted_band_channel_and_time_scores_full_marks(load):
    module = load("_planted")
    values, spectrum = np.full((4, 6, 64), 0.01, np.float32), np.full((2, 6, 33), 0.01)
    values[:, 2, 32:40] = 1.0  # 0.5 to 0.625 s
    spectrum[:, :, 10:13] = 1.0  # 10, 11, 12 Hz
    scores = module.scores_of(
        explanation(values, spectrum, values), "saliency", {"band_hz": [10.0, 12.0], "channels": ["C2"], "time_s": [0.5, 0.625]}
    )
    assert {axis: score.precision for axis, score in scores.items()} == {"band": 1.0, "region": 1.0, "time": 1.0}
    assert scores["region"].ratio == 6.0
    assert scores["time"].chance == pytest.approx(8 / 64)
    nothing = module.scores_of(explanation(values, spectrum, values), "saliency", {"band_hz": None, "channels": None, "time_s": None})
    assert nothing == {}
    assert module.share_of(explanation(values, spectrum, values), "saliency", "C2") > 3


def test_amplitude_asks_for_the_samples_of_largest_potential(load):
    module = load("_planted")
    x = np.random.default_rng(2).standard_normal((4, 6, 64)).astype(np.float32)
    x -= x.mean(axis=-1, keepdims=True)
    spectrum = np.ones((2, 6, 33))
    perfect = module.amplitude_score(explanation(np.abs(x), spectrum, x), "saliency", x)
    assert perfect.precision == 1.0
    assert perfect.chance == pytest.approx(0.1, abs=0.01)
    other = np.random.default_rng(3).standard_normal(x.shape).astype(np.float32)
    assert module.amplitude_score(explanation(other, spectrum, x), "saliency", x).ratio == pytest.approx(1.0, abs=0.5)


def test_demands_are_met_or_not(load):
    planted = load("planted")
    good = {
        name: {"region": {"ratio": ratio}} for name, ratio in (("saliency", 2.0), ("deeplift", 4.0), ("smoothgrad", 3.0), ("patterns", 1.0))
    }
    assert not planted.demands({"region": {"methods": good}})["region"]["met"]
    good["patterns"]["region"]["ratio"] = 2.1
    assert planted.demands({"region": {"methods": good}})["region"]["met"]
    shares = {"patterns": {"suppressor": {"mean": 0.4}}, "integrated-gradients": {"suppressor": {"mean": 2.3}}}
    assert planted.demands({"suppressor": {"methods": shares}})["suppressor"]["met"]
    passed = {"saliency": {"passed": [False] * 19 + [True]}, "deeplift": {"passed": [False] * 20}}
    answer = planted.demands({"nothing": {"methods": passed}})["nothing"]
    assert answer == {"trials": 40, "passed": 0.025, "met": True}


def test_every_world_of_fetch_is_scored(load):
    assert list(load("planted").WORLDS) == list(WORLDS)


def test_a_trial_runs_from_the_commands_to_scores(load):
    planted = load("planted")
    one = planted.trial("region", 0, ("saliency",), quick=True)
    assert set(one["methods"]) == {"saliency"}
    assert set(one["methods"]["saliency"]["scores"]) == {"region"}
    assert 0 <= one["auc"] <= 1
    world = planted.of_world("region", [one])
    text = planted.table({"worlds": {"region": world}, "demands": planted.demands({"region": world}), "seconds": 1.0})
    assert "| saliency |" in text
