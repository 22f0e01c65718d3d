"""Near-duplicates: a recording under another name is found whatever was done to it, and people who are alike are not."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import signal

from eegcli.checks.finding import Evidence, Signals
from eegcli.checks.near_duplicates import near_duplicates
from eegcli.study.persons import People

module = sys.modules["eegcli.checks.near_duplicates"]
SFREQ, N_CHANNELS, N_TIMES, N_WINDOWS, N_PEOPLE = 128.0, 12, 256, 10, 14


def people(seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Windows of people who all have a strong alpha rhythm of much the same topography, and their table."""
    random = np.random.default_rng(seed)
    topography = 20 + 3 * random.normal(size=N_CHANNELS)
    time = np.arange(N_TIMES) / SFREQ
    x, subject = [], []
    for one in range(N_PEOPLE):
        phase = random.uniform(0, 6, size=(N_WINDOWS, 1, 1))
        rhythm = (topography + random.normal(size=N_CHANNELS))[:, None] * np.sin(2 * np.pi * (10 + 0.1 * random.normal()) * time + phase)
        x.append(rhythm + 8 * random.normal(size=(N_WINDOWS, N_CHANNELS, N_TIMES)))
        subject += [f"{one:02d}"] * N_WINDOWS
    return np.concatenate(x).astype(np.float32), table_of(subject, np.tile(2.0 * np.arange(N_WINDOWS), N_PEOPLE))


def table_of(subject: list[str], onset: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "dataset": np.full(len(subject), "a", dtype=object),
        "subject": np.array(subject, dtype=object),
        "recording": np.array([f"sub-{one}_task-rest" for one in subject], dtype=object),
        "onset": onset,
    }


def found(x: np.ndarray, table: dict[str, np.ndarray], sets: np.ndarray, *, rule: People | None = None, raw: bool = True):
    signals = Signals(x, np.arange(len(x)), table, SFREQ, raw)
    return near_duplicates(Evidence(windows=table, signals=signals, sets=[sets], **({} if rule is None else {"people": rule})))


def with_copy(process, *, shift: float = 3.3) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Everybody in training, and person 05 again as `zz`, processed otherwise, in the test set."""
    x, table = people(1)
    rows = np.flatnonzero(table["subject"] == "05")
    copy = process(x[rows].astype(np.float64)).astype(np.float32)
    both = table_of([*table["subject"], *["zz"] * N_WINDOWS], np.concatenate([table["onset"], table["onset"][rows] + shift]))
    return np.concatenate([x, copy]), both, np.r_[np.zeros(len(x), dtype=int), np.full(N_WINDOWS, 2)]


def band_pass(low: float, high: float):
    return lambda x: signal.filtfilt(*signal.butter(3, [low, high], btype="band", fs=SFREQ), x, axis=-1)


def spoilt(x: np.ndarray) -> np.ndarray:
    y = x.copy()
    y[:4] = np.random.default_rng(2).normal(size=y[:4].shape) * 30
    return y


@pytest.mark.parametrize(
    "process",
    [
        pytest.param(lambda x: x, id="unchanged"),
        pytest.param(band_pass(1.0, 40.0), id="filtered"),
        pytest.param(lambda x: x - x[:, :1], id="another reference"),
        pytest.param(lambda x: -1e-6 * x, id="volts and polarity"),
        pytest.param(lambda x: band_pass(2.0, 30.0)(0.3 * (x - x[:, 3:4])), id="all of it"),
        pytest.param(lambda x: x + 3 * np.random.default_rng(3).normal(size=x.shape), id="noise"),
        pytest.param(spoilt, id="four of ten windows replaced"),
    ],
)
def test_one_recording_under_two_names_is_found(process):
    finding = found(*with_copy(process))
    assert finding.verdict == "broken"
    assert finding.found == ("sub-05_task-rest = sub-zz_task-rest",)
    assert finding.compared["recordings"] == N_PEOPLE + 1


def test_people_who_are_alike_are_no_duplicates():
    for seed in range(4):
        x, table = people(seed)
        finding = found(x, table, np.arange(len(x)) % 3)
        assert (finding.verdict, finding.value) == ("ok", 0)


def test_a_copy_in_the_same_set_is_suspect_and_that_of_a_person_with_two_labels_is_none():
    x, table, sets = with_copy(band_pass(1.0, 40.0))
    assert found(x, table, np.zeros(len(x), dtype=int)).verdict == "suspect"
    one = People({("a", "05"): "same", ("a", "zz"): "same"})
    assert found(x, table, sets, rule=one).verdict == "ok"


def test_windows_with_nothing_in_the_band_have_no_duplicates():
    x, table = people(1)
    nothing = np.zeros_like(x)
    assert found(nothing, table, np.zeros(len(x), dtype=int)).verdict != "broken"


def test_windows_that_are_no_signals_are_not_judged():
    assert found(*with_copy(lambda x: x), raw=False).verdict is None


def test_new_people_are_held_against_those_of_the_training():
    x, table, sets = with_copy(band_pass(1.0, 40.0))
    here = {name: values[sets == 2] for name, values in table.items()}
    training = Signals(x, np.flatnonzero(sets == 0), table, SFREQ, True)
    own = Signals(x[sets == 2], np.arange(N_WINDOWS), here, SFREQ, True)
    finding = near_duplicates(Evidence(windows=here, signals=own, trained=training))
    assert (finding.verdict, finding.found) == ("broken", ("sub-zz_task-rest = sub-05_task-rest",))
    others = Signals(x, np.flatnonzero((sets == 0) & (table["subject"] != "05")), table, SFREQ, True)
    assert near_duplicates(Evidence(windows=here, signals=own, trained=others)).verdict == "ok"
    assert near_duplicates(Evidence(windows=here, signals=own)).verdict is None


def test_flat_windows_and_those_that_are_not_finite_are_like_nothing():
    x, table, sets = with_copy(lambda x: np.zeros_like(x))
    x[3] = np.nan
    assert found(x, table, sets).verdict == "ok"


def test_a_copy_among_very_many_recordings_is_found(monkeypatch):
    monkeypatch.setattr(module, "MOST_PRODUCTS", 0)
    monkeypatch.setattr(module, "NEAREST", 4)
    finding = found(*with_copy(band_pass(1.0, 40.0)))
    assert (finding.verdict, finding.found) == ("broken", ("sub-05_task-rest = sub-zz_task-rest",))
    assert finding.compared["held_against"] == 4


def test_a_large_cohort_whose_windows_are_all_alike_is_not_judged(monkeypatch):
    monkeypatch.setattr(module, "MANY_PRODUCTS", 0)
    x, table = people(1)
    assert found(x, table, np.arange(len(x)) % 3).compared["correlation"] == module.ALIKE
    alike = np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ) * (20 + np.arange(N_CHANNELS))[:, None] + 0.1 * x
    finding = found(alike.astype(np.float32), table, np.arange(len(x)) % 3)
    assert (finding.verdict, finding.passed) == (None, None)
    assert finding.compared["correlation"] > module.ALIKE_SINGLE
