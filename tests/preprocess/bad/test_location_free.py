"""The test that needs no positions, against a slow computation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.bad.location_free import _notch, uncorrelated_channels
from eegcli.preprocess.dsp.linear_phase import both_ways
from tests.kit.heads import HYDROCEL, simulate


def slow(data: np.ndarray, sfreq: float, correlation: float) -> np.ndarray:
    n_channels, length = len(data), round(2 * sfreq)
    filtered = both_ways(data, _notch(sfreq))
    starts = range(0, data.shape[1] - length + 1, length)
    bad = np.zeros(n_channels)
    for start in starts:
        found = np.sort(np.abs(np.corrcoef(filtered[:, start : start + length])), axis=1)
        bad += (found[:, : n_channels - math.ceil(0.1 * n_channels)] < correlation).all(axis=1)
    return bad > 0.5 * len(starts)


@given(seed=st.integers(0, 1000), n_channels=st.integers(6, 40), correlation=st.floats(0.2, 0.9), sfreq=st.sampled_from([128.0, 250.0]))
@settings(max_examples=12, deadline=None)
def test_decisions_are_those_of_the_slow_computation(seed, n_channels, correlation, sfreq):
    rng = np.random.default_rng(seed)
    names = tuple(HYDROCEL[row] for row in rng.permutation(129)[:n_channels])
    data = simulate(names, sfreq=sfreq, seconds=13.0, seed=seed).data
    data += 15 * rng.uniform(0, 1, (n_channels, 1)) * rng.standard_normal(data.shape)
    np.testing.assert_array_equal(uncorrelated_channels(data, sfreq, correlation=correlation), slow(data, sfreq, correlation))


def test_it_finds_what_the_reference_finds(real_data):
    case = np.load(real_data / "asr-oracle" / "syn24bad_128.npz")
    data = both_ways(case["data"][case["flat_keep"]], case["hp_kernel"])
    found = uncorrelated_channels(data, float(case["srate"]))
    np.testing.assert_array_equal(found, ~case["nolocs_keep"])
    assert np.flatnonzero(found).tolist() == [9, 16]


def test_hum_that_all_channels_share_vouches_for_nobody():
    signal = simulate(HYDROCEL[:30], sfreq=250.0, seconds=20.0)
    data = signal.data.copy()
    data[4] = 10 * np.random.default_rng(1).standard_normal(data.shape[1])
    data += 100 * np.sin(2 * np.pi * 50 * np.arange(data.shape[1]) / 250.0)
    assert np.flatnonzero(uncorrelated_channels(data, 250.0)).tolist() == [4]


def test_threads_change_nothing():
    data = simulate(seconds=20.0).data + 12 * np.random.default_rng(5).standard_normal((129, 2560))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(uncorrelated_channels(data, 128.0))
    np.testing.assert_array_equal(found[0], found[1])


def test_a_constant_channel_correlates_with_none():
    data = simulate(HYDROCEL[:20], seconds=10.0).data
    data[2] = 7.0
    assert np.flatnonzero(uncorrelated_channels(data, 128.0)).tolist() == [2]


@pytest.mark.parametrize(("sfreq", "n_times", "said"), [(110.0, 2000, "sampled at 110 Hz"), (128.0, 200, "less than a window of 2 s")])
def test_too_slow_and_too_short_are_errors(sfreq, n_times, said):
    with pytest.raises(RecordingError, match=said):
        uncorrelated_channels(np.zeros((10, n_times)), sfreq)
