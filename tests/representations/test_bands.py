"""Band power against SciPy's Welch, a channel at a time, and what no spectrum can tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch
from scipy.signal.windows import hamming

from eegcli.bands import Band, parse_bands
from eegcli.errors import InputError, UsageError
from eegcli.representations.bands import FLOOR, band_power
from tests.representations.conftest import PAPER, noise, paper


def slow_band_power(window: np.ndarray, sfreq: float, bands: tuple[Band, ...]) -> np.ndarray:
    """Section by section as the paper's code: pwelch with a symmetric Hamming window of 1 s, bins of 1 Hz, no mean removed, mean of dB."""
    n_segment = min(round(sfreq), window.shape[1])
    result = np.zeros((len(window), len(bands)))
    for row, channel in enumerate(window.astype(np.float64)):
        freqs, density = welch(
            channel,
            sfreq,
            window=hamming(n_segment, sym=True),
            noverlap=int(n_segment * 50 / 128),
            nfft=round(sfreq),
            detrend=False,
            scaling="density",
        )
        for column, band in enumerate(bands):
            inside = [index for index, freq in enumerate(freqs) if index and band.low - 1e-6 <= freq <= band.high + 1e-6]
            result[row, column] = np.mean([10 * np.log10(density[index]) for index in inside])
    return result


@pytest.mark.parametrize(
    ("sfreq", "n_times"), [(128.0, 256), (100.0, 200), (160.0, 320), (250.0, 250), (128.0, 64), (128.0, 1000), (127.5, 255)]
)
def test_every_window_and_channel_has_the_power_that_scipy_finds(sfreq, n_times):
    x = noise(3, 4, n_times)
    found = paper("bands", sfreq=sfreq, n_times=n_times, ch_names=("a", "b", "c", "d"))(x)
    assert found.dtype == np.float32 and found.shape == (3, 4, 3)
    np.testing.assert_allclose(found, [slow_band_power(window, sfreq, PAPER) for window in x], atol=1e-5)


def test_the_paper_has_two_segments_of_128_samples_that_overlap_by_50():
    # An impulse after sample 206 lies in neither: 0-127, 78-205.
    x = np.zeros((1, 1, 256), dtype=np.float32)
    x[0, 0, 206:] = 100.0
    assert (band_power(x, 128.0, PAPER) == 10 * np.log10(FLOOR)).all()
    x[0, 0, 205] = 100.0
    assert (band_power(x, 128.0, PAPER) > 10 * np.log10(FLOOR)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 60), st.floats(1, 8), st.floats(0, 8), st.integers(0, 2**31))
def test_user_bands_are_means_over_their_bins_and_reach_to_nyquist(half, low, width, seed):
    sfreq, band = 2.0 * half, Band("mine", low, min(low + width, float(half)))
    if not any(band.low <= freq <= band.high for freq in range(1, half + 1)):
        return
    x = noise(1, 2, round(2 * sfreq), seed)
    np.testing.assert_allclose(band_power(x, sfreq, (band,))[0], slow_band_power(x[0], sfreq, (band,)), atol=1e-6)
    whole = Band("all", 1.0, float(half))
    np.testing.assert_allclose(band_power(x, sfreq, (whole,))[0], slow_band_power(x[0], sfreq, (whole,)), atol=1e-6)


def test_ten_times_the_amplitude_is_20_decibel_more():
    x = noise()
    np.testing.assert_allclose(paper("bands")(10 * x) - paper("bands")(x), 20, atol=1e-4)


def test_a_constant_channel_is_finite_and_a_window_that_is_not_finite_stays_so():
    x = noise(2)
    x[0, 3] = 0.0
    x[1, 5, 100] = np.nan
    found = paper("bands")(x)
    assert (found[0, 3] == -100.0).all() and np.isfinite(found[0]).all()
    assert np.isnan(found[1, 5]).all() and np.isfinite(np.delete(found[1], 5, axis=0)).all()


def test_a_band_beyond_nyquist_is_refused():
    with pytest.raises(InputError, match="band beta=14-25 Hz reaches beyond 20 Hz"):
        paper("bands", sfreq=40.0, n_times=80)
    paper("bands", sfreq=50.0, n_times=100)  # 25 Hz itself is there


def test_windows_too_short_for_a_band_are_refused():
    with pytest.raises(InputError, match=r"windows of 0.234375 s are too short for the band theta=4-7 Hz: one cycle of 4 Hz takes 0.25 s"):
        paper("bands", n_times=30)
    assert paper("bands", n_times=32)(noise(1, 24, 32)).shape == (1, 24, 3)


def test_a_band_between_two_bins_is_refused():
    with pytest.raises(InputError, match=r"lies in the band narrow=5\.2-5\.8 Hz"):
        paper("bands", bands=("narrow=5.2-5.8",))


def test_bands_are_written_name_low_high():
    assert parse_bands(("mu=8-12.5", "one=10-10")) == (Band("mu", 8.0, 12.5), Band("one", 10.0, 10.0))
    assert [str(band) for band in parse_bands(())] == ["theta=4-7", "alpha=7-13", "beta=14-25"]


@pytest.mark.parametrize(
    "text", ["alpha", "alpha=7", "alpha=13-7", "alpha=0-4", "=4-7", "a b=4-7", "alpha=7-nan", "alpha=-1-4", "alpha=1e1-20"]
)
def test_bands_that_make_no_sense_are_usage_errors(text):
    with pytest.raises(UsageError, match="--bands"):
        parse_bands((text,))


def test_two_bands_of_one_name_are_a_usage_error():
    with pytest.raises(UsageError, match="alpha is named twice"):
        parse_bands(("alpha=7-10", "alpha=10-13"))
