"""Filters by frequency sampling: the reference's drift filter is one of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal as scipy_signal

from eegcli.preprocess.dsp.linear_phase import both_ways, frequency_sampling


def test_the_design_gives_the_taps_of_the_reference(real_data):
    expected = np.load(real_data / "asr-oracle" / "syn24bad_128.npz")["hp_kernel"]
    window = np.kaiser(643, 0.1102 * (80 - 8.7))  # 80 dB
    taps = frequency_sampling((0.0, 0.25, 0.75, 64.0), (0.0, 0.0, 1.0, 1.0), 128.0, window)
    np.testing.assert_allclose(taps, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n_times", [101, 150, 1000])
def test_both_ways_is_a_pass_forwards_and_one_backwards_over_reflected_ends(n_times):
    row = 5 + np.cumsum(np.random.default_rng(0).standard_normal(n_times))
    taps = frequency_sampling((0.0, 45.0, 50.0, 64.0), (1.0, 1.0, 0.0, 0.0), 128.0, np.hamming(101))
    extended = np.concatenate([2 * row[0] - row[100:0:-1], row, 2 * row[-1] - row[-2:-102:-1]])
    forwards = scipy_signal.lfilter(taps, 1.0, extended)
    backwards = scipy_signal.lfilter(taps, 1.0, forwards[::-1])[::-1]
    np.testing.assert_allclose(both_ways([row], taps)[0], backwards[100:-100], atol=1e-12)
