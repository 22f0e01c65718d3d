"""The heart rate is that of the beats, by a second way of counting them."""

from __future__ import annotations

import mne
import numpy as np
import pytest

from eegcli.preprocess.measures.heart import heart_rate, r_peaks


def beats(rate: float, seconds: float = 60.0, sfreq: float = 250.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An ECG of R peaks, T waves and noise, with a rhythm that breathes, and the times of its beats."""
    rng = np.random.default_rng(seed)
    time, at, moments = np.arange(round(seconds * sfreq)) / sfreq, 0.5, []
    while at < seconds - 0.5:
        moments.append(at)
        at += 60 / rate * (1 + 0.05 * np.sin(at))
    ecg = sum(1000 * np.exp(-0.5 * ((time - t) / 0.012) ** 2) + 250 * np.exp(-0.5 * ((time - t - 0.25) / 0.05) ** 2) for t in moments)
    return ecg + 30 * rng.standard_normal(len(time)) + 200 * np.sin(2 * np.pi * 0.3 * time), np.array(moments)


@pytest.mark.parametrize("rate", [45.0, 60.0, 85.0, 130.0, 170.0])
@pytest.mark.parametrize("polarity", [1.0, -1e-6])
def test_the_rate_is_that_of_the_beats_in_any_unit_and_polarity(rate, polarity):
    ecg, moments = beats(rate)
    assert heart_rate(polarity * ecg, 250.0) == pytest.approx(60 / np.median(np.diff(moments)), rel=0.02)


def test_every_beat_is_found_once():
    ecg, moments = beats(70.0)
    found = r_peaks(ecg, 250.0) / 250.0
    assert len(found) == len(moments) and np.abs(found - moments).max() < 0.05


@pytest.mark.parametrize(
    "ecg",
    [
        np.zeros(15_000),
        np.random.default_rng(0).standard_normal(15_000),
        np.full(15_000, np.nan),
        np.ones(100),
        beats(60.0, seconds=8.0)[0],
    ],
)
def test_what_has_no_regular_beat_has_no_rate(ecg):
    assert np.isnan(heart_rate(ecg, 250.0))


def test_the_rates_of_real_recordings_are_those_of_an_autocorrelation(real_data):
    rates = {}
    for file in sorted(real_data.glob("eegmat/sub-*/eeg/*.edf")):
        raw = mne.io.read_raw_edf(file, include=["ECG ECG"], verbose="ERROR")
        ecg, sfreq = raw.get_data()[0], raw.info["sfreq"]
        rate = heart_rate(ecg, sfreq)
        if np.isnan(rate):
            continue
        steep = np.abs(np.diff(ecg))
        steep -= steep.mean()
        smooth = np.convolve(steep, np.ones(50) / 50, mode="same")
        n = len(smooth)
        power = np.abs(np.fft.rfft(smooth, 2 * n)) ** 2
        same = np.fft.irfft(power)[round(0.4 * sfreq) : round(1.2 * sfreq)]
        rates[file.stem] = (rate, 60 * sfreq / (round(0.4 * sfreq) + int(np.argmax(same))))
    assert len(rates) >= 22  # two have no beats in their ECG channel
    ours, theirs = np.array(list(rates.values())).T
    assert (ours > 50).all() and (ours < 130).all()
    assert np.median(np.abs(ours / theirs - 1)) < 0.01 and (np.abs(ours / theirs - 1) < 0.06).mean() > 0.9
