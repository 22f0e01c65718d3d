"""Healthy windows are called healthy, whatever was rightly done to them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows
from eegcli.checks.case import Recorded
from eegcli.registry import CHECKS
from tests.checks.data.cohort import CH_NAMES, RECORDING, SFREQ, look, recorded, signals, verdicts
from tests.kit import cohorts

WANTED = {"ok", None}
EXPECTED = {"few-windows": "suspect"}  # 80 in all


def healthy(windows: Recorded) -> dict[str, str | None]:
    """Verdicts that are not ok, beyond that on the number of windows."""
    return {name: verdict for name, verdict in verdicts(windows).items() if verdict not in (WANTED | {EXPECTED.get(name, "ok")})}


def test_every_check_judges_clean_windows_and_calls_them_ok():
    assert verdicts(recorded(signals())) == {name: EXPECTED.get(name, "ok") for name, entry in CHECKS.items() if entry.topic == "data"}


def about_their_mean(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=1, keepdims=True)


def one_interpolated_in_each(x: np.ndarray) -> np.ndarray:
    for number in np.unique(RECORDING):
        x[number == RECORDING, number] = x[number == RECORDING][:, [(number + 1) % 16, (number + 3) % 16]].mean(axis=1)
    return x


def without_two_components(x: np.ndarray) -> np.ndarray:
    directions = np.linalg.qr(np.random.default_rng(0).standard_normal((16, 2)))[0]
    return x - np.einsum("cd,ed,iet->ict", directions, directions, x)


def z_scored(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=2, keepdims=True)) / x.std(axis=2, keepdims=True)


def sixteen_bit(x: np.ndarray) -> np.ndarray:
    return np.rint(x / 0.5) * 0.5


def blinks(x: np.ndarray) -> np.ndarray:
    time = np.arange(x.shape[2]) / SFREQ
    for row in range(0, len(x), 3):
        x[row, :2] += 120 * np.exp(-0.5 * ((time - 0.4 - row % 7 / 6) / 0.08) ** 2)
    return x


def heads_of_other_loudness(x: np.ndarray) -> np.ndarray:
    return x * np.exp(np.random.default_rng(0).normal(0, 0.5, RECORDING.max() + 1))[RECORDING, None, None]


def a_bad_temporal_channel_in_two(x: np.ndarray) -> np.ndarray:
    some = np.isin(RECORDING, [2, 7])
    x[some, 6] = 3 * x.std() * np.random.default_rng(0).standard_normal((some.sum(), x.shape[2]))
    return x


@pytest.mark.parametrize(
    "done",
    [
        about_their_mean,
        one_interpolated_in_each,
        without_two_components,
        z_scored,
        sixteen_bit,
        blinks,
        heads_of_other_loudness,
        a_bad_temporal_channel_in_two,
    ],
)
def test_what_is_rightly_done_or_usual_is_no_fault(done):
    assert healthy(recorded(done(signals()))) == {}


def test_noise_is_no_fault_of_the_data():
    noise = np.random.default_rng(0).normal(0, 10, (80, 16, 256))
    found = verdicts(recorded(noise))
    assert "broken" not in found.values() and found.pop("axes") == "suspect"
    assert healthy(recorded(signals()[:, :3], ch_names=CH_NAMES[:3])) == {}


def test_windows_that_declare_ecg_are_ecg():
    time = np.arange(256) / SFREQ
    phase = np.random.default_rng(0).uniform(0, 0.8, 80)
    ecg = sum(800 * np.exp(-0.5 * ((time - phase[:, None] - 0.8 * beat) / 0.02) ** 2) for beat in range(-1, 3))
    alone = ecg[:, None] + np.random.default_rng(1).normal(0, 5, (80, 1, 256))
    assert healthy(recorded(alone, ch_names=["ECG"], ch_types=["ecg"])) == {}
    beside = recorded(np.concatenate([signals(), alone], axis=1), ch_names=[*CH_NAMES, "ECG"], ch_types=["eeg"] * 16 + ["ecg"])
    assert healthy(beside) == {}
    undeclared = replace(beside, ch_types=(), ch_names=(*CH_NAMES, "X1"), kept={})
    assert look("not-eeg", undeclared).verdict == "broken"


@pytest.mark.parametrize("make", [cohorts.windows, cohorts.loud_windows])
def test_small_cohorts_of_other_tests_are_not_broken(make, tmp_path: Path):
    windows = open_windows(make(tmp_path / "windows"))
    one = Recorded(windows.x, windows.table, windows.ch_names, windows.sfreq, windows.representation, windows.units, windows.n_times)
    assert "broken" not in verdicts(one).values()


def test_features_are_judged_by_what_can_be_judged_of_them():
    x = np.abs(np.random.default_rng(0).standard_normal((300, 5, 3))).astype(np.float32)
    table = {
        "recording": np.full(300, "a", dtype=object),
        "subject": np.full(300, "a", dtype=object),
        "dataset": np.full(300, "d", dtype=object),
    }
    bands = Recorded(x, table, ("a", "b", "c", "d", "e"), 128.0, "bands", "log10(uV^2/Hz)", 256)
    found = verdicts(bands)
    assert set(found.values()) == {"ok", None}
    assert {name for name, verdict in found.items() if verdict == "ok"} == {
        "finite-values", "dead-windows", "repeated-windows", "few-windows", "changed-windows"
    }  # fmt: skip


def test_five_thousand_windows_are_looked_at_within_the_budget():
    x = np.random.default_rng(0).standard_normal((5000, 24, 256), dtype=np.float32).cumsum(axis=2)
    names = np.array([f"sub-{number:02d}" for number in range(50)], dtype=object)[np.arange(5000) // 100]
    table = {"dataset": np.full(5000, "d", dtype=object), "subject": names, "recording": names}
    windows = Recorded(x, table, tuple(f"E{number}" for number in range(24)), 128.0, "raw", "uV", 256)
    verdicts(recorded(signals()))  # what is imported once is not counted
    started = time.process_time()
    verdicts(windows)
    looked = time.process_time()
    x.std(axis=2)  # what a machine takes to read them once, however fast and busy it is
    assert looked - started < 12 * (time.process_time() - looked)


def test_a_declared_ecg_is_one():
    """Records of an ECG, scaled to 0-1 as people do: its beats go from the lowest values to the highest."""
    random, time = np.random.default_rng(0), np.arange(1800) / 30.0
    x = 0.02 * random.standard_normal((80, 1, 1800))
    for row in x:
        for beat in np.arange(random.uniform(0, 0.8), 60, random.uniform(0.7, 1.0)):
            row[0] += np.exp(-0.5 * ((time - beat) / 0.011) ** 2) - 0.2 * np.exp(-0.5 * ((time - beat - 0.04) / 0.01) ** 2)
    x = (x - x.min(axis=2, keepdims=True)) / np.ptp(x, axis=2, keepdims=True)
    windows = replace(recorded(x, ch_names=("ECG",), ch_types=("ecg",), sfreq=30.0), units="arbitrary")
    assert "broken" not in verdicts(windows).values()


def test_mains_that_drown_the_rest_are_no_swapped_axes():
    time = np.arange(signals().shape[2]) / SFREQ
    hum = np.linspace(50, 400, len(CH_NAMES))[:, None] * np.sin(2 * np.pi * 50 * time)
    assert look("axes", recorded(signals() + hum)).verdict == "ok"
