"""Filter and change of rate in one pass: against MNE, against a slow convolution, and by what must hold for any signal."""

from __future__ import annotations

import tracemalloc

import mne
import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import make_interp_spline
from threadpoolctl import threadpool_limits

from eegcli.preprocess.dsp.fir import filter_resample, n_resampled
from eegcli.preprocess.steps.filter import design
from eegcli.preprocess.steps.resample import anti_alias
from tests.kit.trees import noise

RATES = [(160.0, 128.0), (250.0, 128.0), (256.0, 128.0), (499.9, 128.0), (500.0, 128.0), (512.0, 128.0), (1000.0, 128.0), (128.0, 250.0)]
BAND = {"l_freq": 0.25, "h_freq": 25.0, "notch": (), "l_trans_bandwidth": 0.25, "h_trans_bandwidth": 0.25}  # 6601 taps at 500 Hz


def kernels(sfreq: float, new: float | None = None, **options) -> list[np.ndarray]:
    return [*design(sfreq, **(BAND | options)), *([anti_alias(sfreq, new)] if new else [])]


def sine(frequency: float, sfreq: float, n_times: int, phase: float = 0.3) -> np.ndarray:
    return np.cos(2 * np.pi * frequency * np.arange(n_times) / sfreq + phase)[np.newaxis]


def relative(result: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(result - expected) / np.linalg.norm(expected))


def drifting_noise(seconds: float, sfreq: float, n_channels: int = 3) -> np.ndarray:
    """Simulate an amplifier's noise: offsets of millivolts, drifts, line noise."""
    t = np.arange(round(seconds * sfreq)) / sfreq
    offsets = np.array([[3000.0], [-40.0], [0.0]])[:n_channels]
    return noise(n_channels, seconds, sfreq)[:, : len(t)] + offsets + 2 * t + 30 * np.sin(2 * np.pi * 60 * t)


def test_it_is_mnes_filter_then_mnes_resample_inside_and_at_the_ends():
    data = drifting_noise(120, 500.0)
    result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0)
    filtered = mne.filter.filter_data(data, 500.0, 0.25, 25.0, l_trans_bandwidth=0.25, h_trans_bandwidth=0.25, verbose="ERROR")
    # Padded by 10 x 125 samples = 320 new ones. MNE's own choice of the padding is no whole number of new samples and moves the signal.
    expected = mne.filter.resample(filtered, up=128.0, down=500.0, npad=1250, verbose="ERROR")
    assert relative(result[:, 640:-640], expected[:, 640:-640]) < 1e-4
    assert relative(result, expected) < 1e-3
    for ends in (slice(0, 640), slice(-640, None)):
        assert np.abs(result[:, ends] - expected[:, ends]).max() < 2e-3 * np.abs(expected).max()


def test_mnes_default_resample_differs_by_its_shift_and_its_stretch_alone():
    data = drifting_noise(120, 500.0)
    filtered = mne.filter.filter_data(data, 500.0, 0.25, 25.0, l_trans_bandwidth=0.25, h_trans_bandwidth=0.25, verbose="ERROR")
    theirs = mne.filter.resample(filtered, up=128.0, down=500.0, verbose="ERROR")
    ours = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0)
    # It pads to a power of two and rounds both the padding and the whole to new samples: these are the times of its samples.
    whole, padding = 2**16, (2**16 - data.shape[1]) // 2
    times = (np.arange(theirs.shape[1]) + round(padding * 0.256)) * whole / round(whole * 0.256) / 500 - padding / 500
    grid = np.arange(ours.shape[1]) / 128
    assert np.abs(times - grid).max() > 0.3 / 128
    at_their_times = make_interp_spline(grid, ours, k=9, axis=1)(times)
    assert relative(ours[:, 640:-640], theirs[:, 640:-640]) > 1e-2
    assert relative(at_their_times[:, 640:-640], theirs[:, 640:-640]) < 1e-3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"l_freq": None},
        {"h_freq": None},
        {"l_freq": 1.0, "h_freq": 40.0, "l_trans_bandwidth": None, "h_trans_bandwidth": None},
        {"notch": (50.0, 60.0)},
    ],
)
@pytest.mark.parametrize("seconds", [60, 1, 0.01])  # longer and shorter than the kernel; five samples
def test_without_a_change_of_rate_it_is_mnes_filter_to_rounding_errors(options, seconds):
    options = BAND | options
    data = drifting_noise(seconds, 500.0)
    expected = mne.filter.filter_data(
        data,
        500.0,
        options["l_freq"],
        options["h_freq"],
        l_trans_bandwidth=options["l_trans_bandwidth"] or "auto",
        h_trans_bandwidth=options["h_trans_bandwidth"] or "auto",
        verbose="ERROR",
    )
    result = filter_resample(data, 500.0, kernels(500.0, **options)[:1])
    np.testing.assert_allclose(result, expected, atol=1e-8)
    if options["notch"]:
        twice = mne.filter.notch_filter(expected, 500.0, np.array(options["notch"]), verbose="ERROR")
        inside = slice(None) if seconds == 60 else slice(0, 0)  # a short recording has no reflection left for the second kernel
        np.testing.assert_allclose(filter_resample(data, 500.0, kernels(500.0, **options))[:, inside], twice[:, inside], atol=1e-8)


def test_it_is_a_convolution_with_the_kernel_and_a_look_at_the_new_times():
    data = drifting_noise(40, 500.0, 2)
    (band,) = kernels(500.0)
    half = len(band) // 2
    slow = []
    for row in data:
        before = [2 * row[0] - row[k] for k in range(half, 0, -1)]
        after = [2 * row[-1] - row[-1 - k] for k in range(1, half + 1)]
        slow.append(np.convolve(np.concatenate([before, row, after]), band, mode="valid"))
    result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0)
    times = np.arange(result.shape[1]) / 128
    spline = make_interp_spline(np.arange(data.shape[1]) / 500, np.stack(slow), k=9, axis=1)
    inside = times < (data.shape[1] - 1) / 500  # a last sample may lie up to one old sample after the old last
    # What the band's kernel leaves above 25 Hz (-53 dB) is all that the anti-alias filter can change.
    assert relative(result[:, inside], spline(times[inside])) < 1e-3
    smooth = inside & (times > 2) & (times < 38)
    assert relative(result[:, smooth], spline(times[smooth])) < 2e-4


@pytest.mark.parametrize(("old", "new"), RATES)
@pytest.mark.parametrize("frequency", [1.0, 24.0])
def test_a_sine_in_the_band_keeps_amplitude_phase_and_time_at_any_ratio(old, new, frequency):
    n_times = round(40 * old)
    result = filter_resample(sine(frequency, old, n_times), old, kernels(old, new), new)
    expected = sine(frequency, new, result.shape[1])
    inside = slice(round(8 * new), -round(8 * new))
    assert result.shape[1] == round(n_times * new / old)
    np.testing.assert_allclose(result[:, inside], expected[:, inside], atol=1e-3)


@pytest.mark.parametrize(("old", "new"), [rates for rates in RATES if rates[1] < rates[0]])
def test_a_change_of_rate_alone_keeps_the_band_of_pop_resample_and_folds_nothing_back(old, new):
    n_times = round(20 * old)
    inside = slice(round(2 * new), -round(2 * new))
    for frequency in (0.0, 10.0, 0.4 * new):
        result = filter_resample(sine(frequency, old, n_times), old, [anti_alias(old, new)], new)
        np.testing.assert_allclose(result[:, inside], sine(frequency, new, result.shape[1])[:, inside], atol=1e-3)
    for frequency in np.linspace(0.51 * new, old / 2, 7):
        result = filter_resample(sine(frequency, old, n_times), old, [anti_alias(old, new)], new)
        assert np.abs(result[:, inside]).max() < 1e-3


def test_more_samples_are_those_of_the_same_sine():
    result = filter_resample(sine(20.0, 100.0, 2000), 100.0, [anti_alias(100.0, 250.0)], 250.0)
    np.testing.assert_allclose(result[:, 500:-500], sine(20.0, 250.0, 5000)[:, 500:-500], atol=1e-3)


def test_a_sine_in_the_stop_band_is_gone():
    for frequency in (0.0, 25.5, 60.0, 103.0, 128.0, 200.0):
        result = filter_resample(sine(frequency, 500.0, 20_000), 500.0, kernels(500.0, 128.0), 128.0)
        assert np.abs(result[:, 1280:-1280]).max() < 4e-3  # Hamming: -53 dB


@given(
    n_times=st.integers(1, 3000),
    rates=st.sampled_from([*RATES, (499.907, 128.0), (128.0, 128.0)]),
    level=st.floats(-1e5, 1e5),
    cut=st.integers(0, 3000),
)
@settings(max_examples=60, deadline=None)
def test_any_length_any_cut_gives_the_length_asked_for_and_a_constant_stays_one(n_times, rates, level, cut):
    old, new = rates
    result = filter_resample(np.full((2, n_times), level), old, [anti_alias(old, new)], new, cuts=[cut])
    assert result.shape == (2, n_resampled(n_times, old, new)) == (2, max(round(n_times * new / old), 1))
    reach = len(anti_alias(old, new)) // 2 + 1
    if n_times > 2 * reach and not 0 < cut < n_times:
        np.testing.assert_allclose(result, level, rtol=1e-3, atol=1e-9)
    centred = filter_resample(np.full((2, n_times), level), old, [anti_alias(old, new)], new, cuts=[cut], centred=True)
    np.testing.assert_allclose(centred, 0.0, atol=1e-9 * max(abs(level), 1))


@given(seed=st.integers(0, 99), a=st.floats(-10, 10), b=st.floats(-10, 10), cut=st.integers(0, 2000))
@settings(max_examples=25, deadline=None)
def test_it_is_linear(seed, a, b, cut):
    one, two = np.random.default_rng(seed).standard_normal((2, 2, 2000))
    taps = kernels(250.0, 128.0, l_freq=1.0, l_trans_bandwidth=None, h_trans_bandwidth=None)

    def through(data: np.ndarray) -> np.ndarray:
        return filter_resample(data, 250.0, taps, 128.0, cuts=[cut])

    np.testing.assert_allclose(through(a * one + b * two), a * through(one) + b * through(two), atol=1e-10)


@given(seed=st.integers(0, 99), steps=st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_a_signal_that_comes_later_comes_out_later(seed, steps):
    data = np.random.default_rng(seed).standard_normal((1, 5000))
    taps = [anti_alias(500.0, 128.0)]
    late = filter_resample(data[:, 125 * steps :], 500.0, taps, 128.0)
    on_time = filter_resample(data, 500.0, taps, 128.0)[:, 32 * steps :]
    np.testing.assert_allclose(late[:, 100:-100], on_time[:, 100:-100], atol=1e-4)


@pytest.mark.parametrize("cut", [5000, 5001, 5063, 7777])
def test_at_a_cut_each_side_is_filtered_by_itself_and_the_grid_goes_on(cut):
    data = drifting_noise(40, 500.0, 2)
    data[:, cut:] += 1000.0
    options = {"l_freq": 1.0, "l_trans_bandwidth": 1.0, "h_trans_bandwidth": 1.0}
    result = filter_resample(data, 500.0, kernels(500.0, 128.0, **options), 128.0, cuts=[cut])
    times = np.arange(result.shape[1]) / 128
    for start, stop in ((0, cut), (cut, data.shape[1])):
        alone = filter_resample(data[:, start:stop], 500.0, kernels(500.0, **options))
        here = (times >= start / 500) & (times < (stop - 1) / 500)
        expected = make_interp_spline(np.arange(start, stop) / 500, alone, k=9, axis=1)(times[here])
        assert relative(result[:, here], expected) < 1e-3


def test_cuts_leave_a_sine_on_the_grid_of_the_whole_recording():
    data = sine(10.0, 500.0, 30_000)
    result = filter_resample(data, 500.0, [anti_alias(500.0, 128.0)], 128.0, cuts=[7001, 7002, 19_999])
    expected = sine(10.0, 128.0, result.shape[1])
    times = np.arange(result.shape[1]) / 128
    far = np.all([np.abs(times - moment) > 0.6 for moment in (0.0, 14.002, 14.004, 39.998, 60.0)], axis=0)
    np.testing.assert_allclose(result[:, far], expected[:, far], atol=1e-3)


def test_a_broken_channel_stays_alone():
    data = drifting_noise(20, 500.0)
    whole = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0)
    data[1, 1000] = np.nan
    result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0, centred=False)
    assert np.isnan(result[1]).all()
    np.testing.assert_array_equal(result[[0, 2]], whole[[0, 2]])


def test_zero_stays_zero_and_the_data_stay_as_they_are():
    data = drifting_noise(20, 500.0)
    data[2] = 0.0
    before = data.copy()
    result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0, centred=True)
    assert not result[2].any()
    np.testing.assert_array_equal(data, before)


def test_single_precision_is_taken_as_it_is():
    data = drifting_noise(20, 500.0).astype(np.float32)
    result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0, centred=True)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, filter_resample(data.astype(float), 500.0, kernels(500.0, 128.0), 128.0, centred=True))


def test_threads_change_no_bit():
    data = np.vstack([drifting_noise(20, 500.0), drifting_noise(20, 500.0)])
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads), scipy.fft.set_workers(threads):
            results.append(filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0, centred=True))
    np.testing.assert_array_equal(results[0], results[1])
    # Which channels are done together does not matter, either, but for rounding.
    np.testing.assert_allclose(filter_resample(data[4:5], 500.0, kernels(500.0, 128.0), 128.0, centred=True), results[0][4:5], atol=1e-9)


def test_a_full_recording_takes_less_than_100_mb_above_input_and_output():
    data = np.zeros((129, 180_000), np.float32)
    tracemalloc.start()
    try:
        result = filter_resample(data, 500.0, kernels(500.0, 128.0), 128.0, centred=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.shape == (129, 46_080) and peak - result.nbytes < 100e6
