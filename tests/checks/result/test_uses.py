"""Uses of a network that has learnt: the order of samples in time, and more than one channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from eegcli.checks.result import uses
from eegcli.checks.result.uses import channel_that_decides, judged_windows, order_in_time, told
from eegcli.checks.training import course
from tests.kit.trials import N_CHANS, N_TIMES, SFREQ, healthy, trial_of, windows

RANDOM = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    monkeypatch.setattr(course, "STEPS", 60)


def noise(n: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Noise in microvolts, and labels by turns."""
    return 8 * np.random.default_rng(2).standard_normal((n, N_CHANS, N_TIMES)).astype(np.float32), np.arange(n) % 2


def with_rhythms() -> np.ndarray:
    """A rhythm of the same power in every window, at 10 Hz in one class and at 25 Hz in the other."""
    x, labels = noise()
    phase = np.random.default_rng(3).random((len(x), 1, 1))
    rate = np.where(labels, 10, 25)[:, None, None]
    return x + (12 * np.sin(2 * np.pi * (rate * np.arange(N_TIMES) / SFREQ + phase))).astype(np.float32)


def with_offset() -> np.ndarray:
    x, labels = noise()
    return x + (12 * labels[:, None, None]).astype(np.float32)


def with_marker() -> np.ndarray:
    """One channel alone has the rhythm."""
    (x, _), (shared, labels) = noise(), windows(96)
    x[:, 3] = shared[:, 3]
    assert labels.tolist() == (np.arange(96) % 2).tolist()
    return x


def test_a_rhythm_is_lost_in_scrambled_windows_and_an_offset_is_not():
    rhythm, offset = order_in_time(trial_of(healthy, x=with_rhythms())), order_in_time(trial_of(healthy, x=with_offset()))
    assert rhythm.verdict == "ok" and rhythm.value < rhythm.compared["as_they_are"] - 0.2
    assert offset.verdict == "suspect" and offset.value > 0.9


def test_a_channel_that_no_other_can_stand_in_for_is_named():
    one, all_channels = channel_that_decides(trial_of(healthy, x=with_marker())), channel_that_decides(trial_of(healthy))
    assert one.verdict == "suspect" and one.found == ("E3",), one.compared
    assert all_channels.verdict == "ok" and all_channels.value < 0.5


def test_a_run_is_judged_by_its_own_network_and_takes_no_steps(monkeypatch):
    learnt = course.network_after(trial_of(healthy, x=with_marker()).trial)
    monkeypatch.setattr(course, "_course", lambda trial: pytest.fail("a run is not trained again"))
    evidence = trial_of(healthy, x=with_marker())
    evidence = replace(evidence, trial=replace(evidence.trial, learnt=learnt))
    assert channel_that_decides(evidence).found == ("E3",)


@pytest.mark.parametrize("check", [order_in_time, channel_that_decides])
def test_a_network_that_tells_nothing_is_not_judged(check):
    found = check(trial_of(lambda: healthy(lambda x: 0 * x)))
    assert found.verdict is None and "nothing to lose" in found.why
    assert check(trial_of(n=20)).verdict is None
    assert check(trial_of(seconds=0.0)).verdict is None


def test_time_that_ends_between_two_channels_is_said(monkeypatch):
    monkeypatch.setattr(uses, "SECONDS", 0.0)
    found = channel_that_decides(trial_of(healthy))
    assert found.verdict is None and f"0 of {N_CHANS} channels" in found.why


def test_numbers_are_judged_by_their_correlation():
    x, _ = noise()
    y = RANDOM.standard_normal(len(x))
    x[:, 2] += (12 * y[:, None]).astype(np.float32)

    def make():
        return torch.nn.Sequential(torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten(), torch.nn.Linear(N_CHANS, 1))

    evidence = trial_of(make, x=x, labels=y, is_class=False, lr=0.02)
    judged = judged_windows(evidence.trial)
    assert judged.value == pytest.approx(np.corrcoef(judged.whole[:, 0], y)[0, 1], abs=1e-6)
    assert channel_that_decides(evidence).found == ("E2",)
    assert order_in_time(evidence).verdict == "suspect"  # a mean has no order


def test_what_is_told_is_the_area_under_the_curve():
    y, outputs = np.arange(60) % 2, RANDOM.standard_normal((60, 2))
    assert told(y.astype(float), outputs, is_class=True) == pytest.approx(roc_auc_score(y, outputs[:, 1] - outputs[:, 0]))
