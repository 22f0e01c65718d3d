"""The parts of ASR against slow computations made here, from the published description."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import freqz, lfilter
from scipy.special import gamma, gammaincinv

from eegcli.preprocess.asr.calibration import calibrate
from eegcli.preprocess.asr.covariance import robust_covariance
from eegcli.preprocess.asr.distribution import fit_clean
from eegcli.preprocess.asr.drifts import drift_kernel, remove_drifts
from eegcli.preprocess.asr.processing import process
from eegcli.preprocess.asr.spectral import spectral_filter, yule_walker
from eegcli.preprocess.asr.windows import window_rms, window_starts
from tests.preprocess.asr.conftest import mixture


def half_up(value):
    return math.floor(value + 0.5)


def fit_by_loops(sample):
    """The description of the fit, interval by interval and bin by bin."""
    x, n, best = np.sort(sample), len(sample), (math.inf, 0.0, 0.0)
    for width in np.arange(44) * -0.01 + 0.578:
        m = half_up(n * width)
        n_bins = half_up(3 * math.log2(1 + m / 2))
        for beta in 1.7 + 0.15 * np.arange(13):
            low, high = (np.sign(q - 0.5) * gammaincinv(1 / beta, abs(2 * q - 1)) ** (1 / beta) for q in (0.022, 0.6))
            centre = low + (np.arange(n_bins) + 0.5) / n_bins * (high - low)
            p = np.exp(-(np.abs(centre) ** beta))
            p /= p.sum()
            for edge in 0.022 + 0.01 * np.arange(11):
                part = x[half_up(n * edge) :][:m]
                count = np.bincount(
                    np.minimum((part - part[0]) * (n_bins / (part[-1] - part[0])), n_bins - 1).astype(int), minlength=n_bins
                )
                divergence = (p * (np.log(p) - np.log(count + 0.01))).sum() + math.log(m)
                if divergence < best[0] - 1e-12:
                    alpha = (part[-1] - part[0]) / (high - low)
                    best = divergence, part[0] - low * alpha, alpha * math.sqrt(gamma(3 / beta) / gamma(1 / beta))
    return best[1:]


@pytest.mark.parametrize("n_values", [60, 251])
def test_the_fit_is_the_best_interval_and_shape(n_values):
    random = np.random.default_rng(n_values)
    sample = np.concatenate([random.normal(5.0, 1.0, n_values), random.normal(20.0, 6.0, n_values // 3)])
    mean, deviation = fit_clean(sample[None])
    np.testing.assert_allclose([mean[0], deviation[0]], fit_by_loops(sample), rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-6, 1.0, 1e4]), outliers=st.floats(0.0, 0.25))
def test_the_fit_finds_the_clean_values_among_outliers(seed, scale, outliers):
    random = np.random.default_rng(seed)
    clean = random.normal(10.0, 1.0, 1500)
    dirty = random.uniform(16.0, 60.0, round(1500 * outliers))
    mean, deviation = fit_clean(np.concatenate([clean, dirty])[None] * scale)
    assert mean[0] / scale == pytest.approx(10.0, abs=1.5)
    assert 0.15 < deviation[0] / scale < 2.0  # one sample of 1500 values tells the width no better


def test_equal_values_cannot_be_fitted():
    with pytest.raises(ValueError, match="equal"):
        fit_clean(np.ones((1, 300)))


@settings(max_examples=30, deadline=None)
@given(sfreq=st.floats(83.0, 2048.0))
def test_the_spectral_filter_is_stable_and_near_its_knots_at_any_rate(sfreq):
    b, a = spectral_filter(sfreq)
    assert np.abs(np.roots(a)).max() < 1.0
    gain = np.abs(freqz(b, a, [8.0, 28.0], fs=sfreq)[1])
    assert gain[0] < gain[1]
    if sfreq <= 500.0:
        assert gain[0] < 0.8
        assert gain[1] == pytest.approx(1.0, abs=0.05)


def test_yule_walker_comes_near_a_filter_of_its_own_order():
    # The taper on the autocorrelation smooths the spectrum, so it is not the filter itself.
    b, a = np.array([1.0, 0.4, 0.1]), np.array([1.0, -0.6, 0.25])
    frequencies = np.linspace(0.0, 1.0, 400)
    gains = np.abs(freqz(b, a, frequencies * np.pi)[1])
    designed = yule_walker(2, frequencies, gains)
    np.testing.assert_allclose(np.abs(freqz(*designed, frequencies * np.pi)[1]), gains, rtol=0.2)


def test_the_drift_filter_is_two_passes_over_an_odd_continuation():
    random = np.random.default_rng(0)
    data = random.standard_normal((2, 1500)).cumsum(axis=1)
    kernel = drift_kernel(64.0)
    n = kernel.size
    for channel, ours in zip(data, remove_drifts(data, 64.0), strict=True):
        longer = np.concatenate([2 * channel[0] - channel[n:0:-1], channel, 2 * channel[-1] - channel[-2 : -2 - n : -1]])
        forth = lfilter(kernel, [1.0], longer)
        back = lfilter(kernel, [1.0], forth[::-1])[::-1]
        np.testing.assert_allclose(ours, back[n:-n], atol=1e-10)


def test_the_drift_filter_works_on_a_recording_shorter_than_its_kernel():
    data = np.random.default_rng(0).standard_normal((1, 100))
    assert np.isfinite(remove_drifts(data, 128.0)).all()


def test_windows_overlap_by_two_thirds():
    starts = window_starts(1000, 100)
    assert starts[0] == 0
    assert set(np.diff(starts)) == {34}
    data = np.random.default_rng(0).standard_normal((3, 1000))
    expected = [[np.sqrt(np.mean(channel[start : start + 100] ** 2)) for start in starts] for channel in data]
    np.testing.assert_allclose(window_rms(data, starts, 100), expected)


@pytest.mark.parametrize(("n_channels", "n_times"), [(3, 997), (17, 2000), (40, 1234)])
def test_the_robust_covariance_is_the_geometric_median_of_blocks(n_channels, n_times):
    data = mixture(n_channels, n_times / 100.0, 100.0, bursts=2)
    padded = np.concatenate([data, np.repeat(data[:, -1:], -n_times % 10, axis=1)], axis=1)
    blocks = np.array([padded[:, k : k + 10] @ padded[:, k : k + 10].T / 10 for k in range(0, padded.shape[1], 10)])
    estimate = np.median(blocks, axis=0)
    while True:
        weight = 1 / np.sqrt(((blocks - estimate) ** 2).sum(axis=(1, 2)))
        previous, estimate = estimate, (weight[:, None, None] * blocks).sum(axis=0) / weight.sum()
        if np.linalg.norm(estimate - previous) / np.linalg.norm(estimate) < 1e-5:
            break
    np.testing.assert_allclose(robust_covariance(data), estimate, rtol=1e-10, atol=1e-10 * np.abs(estimate).max())


def process_by_definition(data, sfreq, calibration):
    """Every covariance from its window, every reconstruction by pseudo-inverse, blended sample by sample."""
    n_channels, n_times = data.shape
    seconds = max(0.5, 1.5 * n_channels / sfreq)
    length, ahead, step = half_up(seconds * sfreq), half_up(seconds / 2 * sfreq), math.floor(sfreq * seconds / 2)
    tail = 2 * data[:, -1:] - data[:, -2 : -2 - ahead : -1]
    head = 2 * data[:, :1] - data[:, ahead:0:-1]
    longer = np.concatenate([head, data, tail], axis=1)
    b, a = spectral_filter(sfreq)
    filtered, _ = lfilter(b, a, longer[:, ahead:], zi=calibration.state)
    mixing, threshold = calibration.mixing, calibration.threshold
    last, last_matrix, result = 0, np.eye(n_channels), longer.copy()
    for update in sorted({1, *range(step, n_times + ahead, step), n_times + ahead}):
        window = filtered[:, max(update - length, 0) : update]
        values, vectors = np.linalg.eigh(window @ window.T / length)
        keep = (values < ((threshold @ vectors) ** 2).sum(axis=0)) | (
            np.arange(1, n_channels + 1) < n_channels - half_up(0.66 * n_channels)
        )
        matrix = np.eye(n_channels)
        if not keep.all():
            matrix = mixing @ np.linalg.pinv(keep[:, None] * (vectors.T @ mixing)) @ vectors.T
        blend = (1 - np.cos(np.pi * np.arange(1, update - last + 1) / (update - last))) / 2
        part = longer[:, last:update]
        result[:, last:update] = blend * (matrix @ part) + (1 - blend) * (last_matrix @ part)
        last, last_matrix = update, matrix
    return result[:, ahead : ahead + n_times]


@pytest.mark.parametrize(
    ("n_channels", "sfreq", "seconds"),
    [(1, 128.0, 20.0), (2, 100.0, 33.3), (8, 250.0, 21.01), (24, 128.0, 30.0), (40, 90.0, 20.0), (17, 499.9, 17.0)],
)
def test_processing_equals_its_definition(n_channels, sfreq, seconds):
    data = mixture(n_channels, seconds, sfreq, seed=n_channels)
    calibration = calibrate(data.copy(), sfreq, cutoff=3.0)
    ours, expected = process(data, sfreq, calibration), process_by_definition(data, sfreq, calibration)
    assert ours.changed.any()
    np.testing.assert_allclose(ours.data, expected, atol=1e-8 * np.abs(data).max())
    unchanged = ~ours.changed
    np.testing.assert_array_equal(ours.data[:, unchanged], data[:, unchanged])
