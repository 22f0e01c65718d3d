"""The simulated cohorts of the benchmark of architectures: each effect is seen by the figure that it is made for, and by no other."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def cohort():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import _simulated
    finally:
        sys.path.remove(str(BENCHMARKS))
        sys.modules.pop("_simulated", None)
    return _simulated.simulate("state", n_subjects=60, n_windows=24)


def of(cohort, name: str) -> np.ndarray:
    return cohort.x[cohort.label == ("none", "band", "connectivity", "waveform").index(name)].astype(np.float64)


def power(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Mean power of each channel in a band, (n_chans,)."""
    freqs = np.fft.rfftfreq(x.shape[-1], 1 / 128)
    return (np.abs(np.fft.rfft(x)[..., (freqs >= low) & (freqs <= high)]) ** 2).sum(axis=-1).mean(axis=0)


def correlation(x: np.ndarray, one: int, other: int) -> float:
    freqs = np.fft.rfftfreq(x.shape[-1], 1 / 128)
    filtered = np.fft.irfft(np.fft.rfft(x) * ((freqs >= 5) & (freqs <= 7)), n=x.shape[-1])
    return float(np.mean([np.corrcoef(window[one], window[other])[0, 1] for window in filtered]))


def test_it_is_average_referenced_microvolts_and_the_same_each_time(cohort):
    assert cohort.x.shape == (60 * 24, 19, 256)
    assert 2 < cohort.x.std() < 20
    np.testing.assert_allclose(cohort.x.mean(axis=1), 0, atol=1e-4)
    assert [int((cohort.label == kind).sum()) for kind in range(4)] == [360] * 4
    assert len(np.unique(cohort.recording)) == 240


def test_the_band_effect_is_one_of_power_and_the_others_are_none(cohort):
    rest = power(of(cohort, "none"), 5, 7)
    assert (power(of(cohort, "band"), 5, 7) / rest)[[3, 15]].min() > 1.3
    for name in ("connectivity", "waveform"):
        for low, high in ((1, 4), (5, 7), (8, 13), (13, 40)):
            np.testing.assert_allclose(power(of(cohort, name), low, high) / power(of(cohort, "none"), low, high), 1, atol=0.25)


def test_the_connectivity_effect_turns_a_correlation_round(cohort):
    signs = {name: correlation(of(cohort, name), 3, 15) for name in ("none", "connectivity", "waveform")}
    assert signs["connectivity"] - signs["none"] > 0.2
    assert abs(signs["waveform"] - signs["none"]) < 0.05


def test_the_waveform_effect_turns_the_skewness_round_and_leaves_the_covariance(cohort):
    skewness = {
        name: float((of(cohort, name)[:, 9] ** 3).mean() / (of(cohort, name)[:, 9] ** 2).mean() ** 1.5) for name in ("none", "waveform")
    }
    assert skewness["none"] > 0.05 > -0.05 > skewness["waveform"]
    one, other = (np.einsum("nct,ndt->cd", of(cohort, name), of(cohort, name)) / 360 / 256 for name in ("none", "waveform"))
    assert np.abs(one - other).max() < 0.15 * np.abs(one).max()
