"""The ratio of what lies above 50 Hz."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.bad.line_noise import outliers, split_noise
from tests.kit.heads import simulate


def test_the_two_parts_are_those_of_a_filter_between_45_and_50_hz():
    time = np.arange(5000) / 250.0
    data = np.stack([np.sin(2 * np.pi * 10 * time), np.sin(2 * np.pi * 60 * time)])
    lowpassed, _ = split_noise(data, 250.0)
    np.testing.assert_allclose(lowpassed[0], data[0], atol=0.02)
    assert np.abs(lowpassed[1, 200:-200]).max() < 0.02


def test_the_ratio_is_of_median_absolute_deviations():
    data = simulate(seconds=10.0).data[:5]
    lowpassed, ratios = split_noise(data, 128.0)
    expected = [median_abs_deviation(row - low) / median_abs_deviation(low) for row, low in zip(data, lowpassed, strict=True)]
    np.testing.assert_allclose(ratios, expected)


def test_a_channel_stands_out_by_robust_standard_deviations():
    ratios = np.array([0.10, 0.11, 0.12, 0.09, 0.08, 0.10, 0.10, 0.16, 0.17])
    z = (ratios - np.median(ratios)) / (1.4826 * np.median(np.abs(ratios - np.median(ratios))))
    assert outliers(ratios, 4.0).tolist() == (z > 4).tolist() and outliers(ratios, 4.0).any()


@pytest.mark.parametrize("sfreq", [64.0, 100.0])
def test_up_to_100_hz_the_data_are_taken_as_they_are(sfreq):
    data = simulate(seconds=5.0, sfreq=sfreq).data
    lowpassed, ratios = split_noise(data, sfreq)
    assert lowpassed is data and not ratios.any() and not outliers(ratios, 4.0).any()


def test_what_a_low_pass_has_left_is_no_reason_to_drop_a_channel():
    # The ripple of filters: 2e-5 of the signal, with a scatter of its own.
    ratios = 2e-5 * np.array([1.0, 1.01, 0.99, 1.02, 1.0, 2.0])
    assert not outliers(ratios, 4.0).any()
    assert outliers(np.array([*ratios, 0.5]), 4.0).tolist() == [False] * 6 + [True]


def test_copies_and_constants_do_not_stand_out_by_rounding():
    row = simulate(seconds=10.0).data[0]
    _, ratios = split_noise(np.stack([row, row, row, -row, 2 * row, row * (1 + 1e-13)]), 128.0)
    assert not outliers(ratios, 4.0).any()
    assert np.isfinite(split_noise(np.zeros((3, 500)), 128.0)[1]).all()


def test_a_recording_shorter_than_the_filter_is_an_error():
    with pytest.raises(RecordingError, match=r"lasts 0.78 s, less than the filter"):
        split_noise(np.zeros((3, 100)), 128.0)
