"""Flat channels."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eegcli.preprocess.bad.flat import flat_channels, longest_run


@given(st.lists(st.booleans(), max_size=60))
def test_the_longest_run_is_the_longest_group(still):
    expected = max((len(list(group)) for value, group in itertools.groupby(still) if value), default=0)
    assert longest_run(np.array(still, dtype=bool)) == expected


def test_the_reference_finds_channel_3(real_data):
    case = np.load(real_data / "asr-oracle" / "syn24bad_128.npz")
    found = flat_channels(case["data"], float(case["srate"]))
    np.testing.assert_array_equal(found, ~case["flat_keep"])
    assert np.flatnonzero(found).tolist() == [3]


def test_a_channel_is_flat_only_beyond_the_limit():
    data = np.random.default_rng(0).standard_normal((3, 2000))
    data[0, 100 : 100 + 501] = 7.0  # 500 differences of zero: not longer than 5 s
    data[1, 100 : 100 + 502] = 7.0
    assert flat_channels(data, 100.0).tolist() == [False, True, False]


def test_a_gap_breaks_a_run_and_one_sample_is_no_run():
    data = np.zeros((1, 1000))
    data[0, 500] = np.nan
    assert flat_channels(data, 100.0).tolist() == [False]
    assert flat_channels(np.zeros((2, 1)), 100.0).tolist() == [False, False]
