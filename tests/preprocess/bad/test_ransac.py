"""RANSAC against a slow computation of its own, in double precision and window by window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.bad import ransac
from eegcli.preprocess.bad.line_noise import outliers, split_noise
from eegcli.preprocess.dsp.linear_phase import both_ways
from tests.kit.heads import HYDROCEL, head_directions, simulate


def perrin(cosine: np.ndarray) -> np.ndarray:
    """Equation 3 of Perrin et al. 1989, by the recursion of the Legendre polynomials."""
    before, now, total = np.ones_like(cosine), cosine, np.zeros_like(cosine)
    for n in range(1, 51):
        total = total + (2 * n + 1) / (n * (n + 1.0)) ** 4 * now
        before, now = now, ((2 * n + 1) * cosine * now - n * before) / (n + 1)
    return total / (4 * np.pi)


def slow_fractions(data: np.ndarray, sfreq: float, where: np.ndarray, subsets: np.ndarray, correlation: float = 0.8) -> np.ndarray:
    """Share of the 5-s windows in which each channel is below the criterion."""
    n_channels, length = len(data), round(5 * sfreq)
    unit = where / np.linalg.norm(where, axis=1, keepdims=True)
    predictions = []
    for subset in subsets:
        k = len(subset)
        system = np.zeros((k + 1, k + 1))
        system[:k, :k] = perrin(unit[subset] @ unit[subset].T) + 1e-5 * np.eye(k)
        system[:k, k] = system[k, :k] = 1.0
        coefficients = np.linalg.pinv(system) @ np.vstack([data[subset], np.zeros(data.shape[1])])
        predictions.append(np.hstack([perrin(unit @ unit[subset].T), np.ones((n_channels, 1))]) @ coefficients)
    element = math.floor(len(subsets) / 2 + 0.5)  # half away from zero, counted from one
    median = np.sort(np.array(predictions), axis=0)[element - 1]
    bad = np.zeros(n_channels)
    starts = range(0, data.shape[1] - length + 1, length)
    for start in starts:
        x, y = data[:, start : start + length], median[:, start : start + length]
        bad += [np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)) < correlation for a, b in zip(x, y, strict=True)]
    return bad / len(starts)


@given(
    seed=st.integers(0, 1000),
    n_channels=st.integers(16, 40),
    n_samples=st.sampled_from([1, 2, 9, 50]),
    noise=st.floats(0, 8),
    correlation=st.floats(0.5, 0.95),
    max_bad_time=st.sampled_from([0.0, 0.3, 0.5]),
)
@settings(max_examples=12, deadline=None)
def test_decisions_are_those_of_the_slow_computation(seed, n_channels, n_samples, noise, correlation, max_bad_time):
    rng = np.random.default_rng(seed)
    names = tuple(HYDROCEL[row] for row in rng.permutation(129)[:n_channels])
    data = simulate(names, sfreq=100.0, seconds=33.0, seed=seed).data
    data += noise * rng.uniform(0, 1, (n_channels, 1)) * rng.standard_normal(data.shape)
    where, subsets = head_directions(names), ransac.random_subsets(n_channels, n_samples, 0.25, seed)
    found = ransac.uncorrelated_channels(
        data, 100.0, where, correlation=correlation, max_bad_time=max_bad_time, n_samples=n_samples, seed=seed
    )
    np.testing.assert_array_equal(found, slow_fractions(data, 100.0, where, subsets, correlation) > max_bad_time)


def test_single_precision_decides_nothing_near_the_criterion(monkeypatch):
    # The criterion is put upon a channel's own correlation, to the last bit: a computation in single precision would be off by 1e-6.
    data, where = simulate(seconds=5.0).data, head_directions(HYDROCEL)
    subsets = ransac.random_subsets(129, 50, 0.25, 0)
    predictor = ransac._Predictor(subsets, ransac.prediction_weights(where, subsets))
    rows = np.arange(129)
    exact = predictor.correlations(data, rows, predictor.weights)
    single = predictor.correlations(data.astype(np.float32), rows, predictor.cast)
    assert 0 < np.abs(single - exact).max() < 1e-2 * ransac.DOUBT
    for row in range(0, 129, 16):
        for criterion in (exact[row] - 1e-12, exact[row] + 1e-12):
            np.testing.assert_array_equal(predictor.below(criterion, data, rows), exact < criterion)


def test_a_subset_is_a_quarter_of_the_channels_without_repeats_and_the_seed_decides_which():
    subsets = ransac.random_subsets(23, 50, 0.25, 0)
    assert subsets.shape == (50, 6)  # 5.75
    assert all(len(set(row)) == 6 for row in subsets.tolist()) and set(subsets.ravel()) == set(range(23))
    np.testing.assert_array_equal(subsets, ransac.random_subsets(23, 50, 0.25, 0))
    assert (subsets != ransac.random_subsets(23, 50, 0.25, 1)).any()
    assert [ransac.subset_size(n, 0.25) for n in (129, 22, 18, 1)] == [32, 6, 5, 1]  # 32.25, 5.5, 4.5, 0.25


def oracle(real_data):
    case = np.load(real_data / "asr-oracle" / "syn24bad_128.npz")
    kept = case["flat_keep"]
    return both_ways(case["data"][kept], case["hp_kernel"]), case["pos"][kept], case


def test_with_the_line_noise_it_finds_what_the_reference_finds(real_data):
    data, where, case = oracle(real_data)
    lowpassed, ratios = split_noise(data, 128.0)
    found = ransac.uncorrelated_channels(lowpassed, 128.0, where) | outliers(ratios, 4.0)
    np.testing.assert_array_equal(found, ~case["cc_keep"])
    assert np.flatnonzero(found).tolist() == [9, 16]


def test_with_many_subsets_the_seed_does_not_matter(real_data):
    # With 50, channels near the criterion depend on the draw.
    data, where, _ = oracle(real_data)
    lowpassed, _ = split_noise(data[:, : 128 * 100], 128.0)
    for seed in (1, 2):
        found = ransac.uncorrelated_channels(lowpassed, 128.0, where, n_samples=500, seed=seed)
        assert np.flatnonzero(found).tolist() == [9]


def test_threads_and_repeats_change_nothing():
    data, where = simulate(seconds=30.0).data, head_directions(HYDROCEL)
    data += 6 * np.linspace(0, 1, 129)[:, np.newaxis] * np.random.default_rng(5).standard_normal(data.shape)
    found = []
    for threads in (1, 2, 1):
        with threadpool_limits(threads):
            found.append(ransac.uncorrelated_channels(data, 128.0, where))
    assert found[0].any() and not found[0].all()
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_channel_of_zeros_is_uncorrelated_and_copies_are_not():
    data, where = simulate(seconds=20.0).data, head_directions(HYDROCEL)
    data[5], data[20] = 0.0, data[21]
    found = ransac.uncorrelated_channels(data, 128.0, where)
    assert found[5] and not found[21] and not np.delete(found, [5, 20]).any()


def test_less_than_a_window_is_an_error():
    with pytest.raises(RecordingError, match=r"lasts 4.0 s, less than a window of 5 s"):
        ransac.uncorrelated_channels(np.zeros((129, 512)), 128.0, head_directions(HYDROCEL))
