"""Measures before any filter give back what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch

from eegcli.preprocess.measures import measure
from eegcli.preprocess.signal import Signal

SFREQ, SECONDS = 250.0, 60.0
TIME = np.arange(round(SFREQ * SECONDS)) / SFREQ
NAMES = ("Fz", "Cz", "Pz", "Oz")


def white(scale: float, seed: int = 0) -> np.ndarray:
    return scale * np.random.default_rng(seed).standard_normal((4, len(TIME)))


def measured(data: np.ndarray, sfreq: float = SFREQ, **fields) -> dict[str, float]:
    return measure(Signal(data, NAMES, sfreq, **fields))


def test_white_noise_has_its_amplitude_and_its_density_as_muscle():
    found = measured(white(10.0))
    assert found["raw_amplitude"] == pytest.approx(10.0, rel=0.03)
    assert found["raw_muscle"] == pytest.approx(10.0 * np.sqrt(2 / SFREQ), rel=0.03)
    assert found["raw_line_noise"] < 0.5 and found["raw_drift"] < 1.5 and "heart_rate" not in found


@pytest.mark.parametrize("seconds", [2, 4, 6, 8, 30])
def test_the_same_noise_has_the_same_muscle_however_long_it_is(seconds):
    found = [measured(white(10.0, seed=seed)[:, : round(seconds * SFREQ)])["raw_muscle"] for seed in range(5)]
    assert np.mean(found) == pytest.approx(10.0 * np.sqrt(2 / SFREQ), rel=0.04)


def test_muscle_is_what_lies_above_25_hz_as_a_slow_spectrum_has_it():
    emg = sosfiltfilt(butter(4, (30, 90), btype="bandpass", fs=SFREQ, output="sos"), white(20.0, seed=1))
    slow = 30 * np.sin(2 * np.pi * 10 * TIME)
    frequencies, power = welch(emg + slow, SFREQ, nperseg=round(2 * SFREQ))
    band = (frequencies >= 25) & (frequencies <= 100)
    for mains in (50, 60, 100):
        band &= abs(frequencies - mains) > 2
    expected = np.median(np.sqrt(power[:, band].mean(axis=1)))
    assert measured(emg + slow)["raw_muscle"] == pytest.approx(expected, rel=0.05)
    assert measured(white(1.0) + slow)["raw_muscle"] == pytest.approx(measured(white(1.0))["raw_muscle"], rel=0.05)


def test_muscle_is_comparable_between_rates_and_missing_where_the_rate_is_low():
    data = white(10.0)
    half = data[:, ::2] / np.sqrt(2)  # the same density at half the rate
    assert measured(half, SFREQ / 2)["raw_muscle"] == pytest.approx(measured(data)["raw_muscle"], rel=0.05)
    assert "raw_muscle" not in measured(data, 70.0)


@pytest.mark.parametrize(("mains", "stated"), [(50.0, None), (60.0, None), (50.0, 50.0)])
def test_line_noise_is_the_effective_value_of_the_line(mains, stated):
    line = 8.0 * np.sqrt(2) * np.sin(2 * np.pi * mains * TIME)
    found = measure(Signal(white(5.0) + line, NAMES, SFREQ), line_frequency=stated)
    assert found["raw_line_noise"] == pytest.approx(8.0, rel=0.05)


def test_line_noise_at_another_frequency_than_stated_is_none():
    line = 8.0 * np.sin(2 * np.pi * 50 * TIME)
    assert measure(Signal(white(5.0) + line, NAMES, SFREQ), line_frequency=60.0)["raw_line_noise"] < 1.0


def test_drift_is_that_of_the_means_of_two_seconds_and_an_offset_is_none():
    slow = 40.0 * np.sin(2 * np.pi * 0.02 * TIME)
    assert measured(white(1.0) + slow + 20_000)["raw_drift"] == pytest.approx(40 / np.sqrt(2), rel=0.1)
    assert measured(white(1.0) + slow)["raw_amplitude"] == pytest.approx(1.0, rel=0.1)


def test_bad_and_broken_channels_do_not_count():
    data = np.vstack([white(10.0)[:2], white(1000.0)[:2]])
    data[3, 5] = np.nan
    assert measured(data, bad_channels=("Pz",))["raw_amplitude"] == pytest.approx(10.0, rel=0.05)


def test_of_a_recording_under_two_seconds_only_rate_and_length_are_known():
    assert measured(white(1.0)[:, :300]) == {"raw_sfreq": SFREQ, "raw_seconds": 300 / SFREQ}


def test_single_precision_gives_the_same():
    double, single = (measured(np.asarray(white(10.0) + 5000, dtype=kind)) for kind in (np.float64, np.float32))
    for name, value in double.items():
        assert single[name] == pytest.approx(value, rel=1e-3), name
