"""Previews: what a recording was, kept beside what became of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from eegcli.artifacts.preview import read_preview
from eegcli.artifacts.recordings import Recording, open_recordings, write_recording
from eegcli.preprocess.definition import Step
from eegcli.preprocess.quality.preview import hold, preview
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.crop import crop
from eegcli.preprocess.steps.resample import resample
from tests.kit.trees import NAMES, describe, make_tree, noise, write_set

SFREQ = 200.0


def made(data: np.ndarray, sfreq: float = SFREQ) -> Signal:
    return Signal(data=data, ch_names=NAMES[: len(data)], sfreq=sfreq, reference="Cz")


def sine(frequency: float, amplitude: float, seconds: float = 30.0, n_channels: int = 4, sfreq: float = SFREQ) -> np.ndarray:
    times = np.arange(round(seconds * sfreq)) / sfreq
    return np.tile(amplitude * np.sin(2 * np.pi * frequency * times), (n_channels, 1))


def test_a_sine_stands_at_its_frequency_with_its_power():
    signal = made(sine(20.0, 30.0))
    seen, figures = preview(hold(signal, ()), signal)
    median = seen.spectrum_before[1]
    assert seen.frequencies[median.argmax()] == 20.0
    # Parseval: the area below the density is the mean square, half the squared amplitude.
    assert median.sum() * (seen.frequencies[1] - seen.frequencies[0]) == pytest.approx(30.0**2 / 2, rel=1e-4)
    assert figures["amplitude"] == pytest.approx(30.0 / np.sqrt(2), rel=1e-6)


def test_the_spectrum_is_that_of_welch_without_overlap():
    data = noise(5, 40.0, SFREQ)
    signal = made(data)
    seen, _ = preview(hold(signal, ()), signal)
    frequencies, power = welch(data, SFREQ, window="hann", nperseg=400, noverlap=0, axis=1)
    np.testing.assert_allclose(seen.frequencies, frequencies)
    for row, level in enumerate((0.1, 0.5, 0.9, 1.0)):
        np.testing.assert_allclose(seen.spectrum_before[row][1:], np.quantile(power, level, axis=0)[1:], rtol=1e-3, atol=1e-6)


def test_what_lies_above_half_the_new_sampling_frequency_is_missing_after_and_there_before():
    signal = made(sine(80.0, 10.0) + noise(4, 30.0, SFREQ, scale=1.0))
    seen, _ = preview(hold(signal, ()), resample(signal, sfreq=100.0))
    assert seen.frequencies[seen.spectrum_before[1].argmax()] == 80.0
    assert (
        np.isnan(seen.spectrum_after[:, seen.frequencies > 50.0]).all()
        and np.isfinite(seen.spectrum_after[:, seen.frequencies < 50.0]).all()
    )


def test_the_stretch_is_the_one_in_which_a_burst_was_removed():
    clean = noise(6, 60.0, SFREQ)
    data = clean.copy()
    data[2:4, round(33 * SFREQ) : round(35 * SFREQ)] += 500 * np.random.default_rng(1).standard_normal((2, round(2 * SFREQ)))
    before, after = made(data), made(0.5 * clean)  # a change of everything decides nothing
    seen, figures = preview(hold(before, ()), after)
    assert seen.onset <= 33.0 and seen.onset + 8.0 >= 35.0
    first = round(seen.onset * SFREQ)
    stretch = data[:, first : first + seen.trace_before.shape[1]]
    np.testing.assert_allclose(seen.trace_before, stretch - stretch.mean(axis=1, keepdims=True), atol=1e-3)
    assert figures["amplitude_max"] < 2 * figures["amplitude"]


def test_the_traces_before_are_resampled_like_the_signal_after():
    signal = made(noise(4, 40.0, 500.0), 500.0)
    after = resample(signal, sfreq=128.0)
    seen, _ = preview(hold(signal, ()), after)
    first = round(seen.onset * 128)
    expected = after.data[:, first : first + 1024]
    expected = expected - expected.mean(axis=1, keepdims=True)
    assert seen.trace_before.shape == (4, 1024)
    # The two anti-alias filters differ near half the sampling frequency only.
    assert np.sqrt(np.mean((seen.trace_before - expected) ** 2)) < 0.2 * expected.std()


def test_a_cropped_recording_is_compared_with_what_it_was_then():
    signal = made(noise(4, 60.0, SFREQ))
    after = crop(signal, tmin=21.0, tmax=50.0)
    seen, _ = preview(hold(signal, ()), after)
    first = round(seen.onset * SFREQ)
    expected = after.data[:, first : first + 1600]
    np.testing.assert_allclose(seen.trace_before, expected - expected.mean(axis=1, keepdims=True), atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 999), st.integers(1, 400)), min_size=1, max_size=4), st.integers(0, 30), st.integers(31, 60))
def test_stretches_that_are_cut_twice_remember_where_they_were(stretches, start, stop):
    """The data are the number of each sample, so that every sample says where it was."""
    signal = Signal(data=np.arange(1400.0)[None], ch_names=("Cz",), sfreq=10.0)
    kept = signal.keep([(first, first + length) for first, length in stretches])
    kept = kept.keep([(min(start, kept.n_times - 1), min(stop, kept.n_times))])
    said = np.concatenate([round(onset * 10) + np.arange(round(duration * 10)) for onset, duration in kept.origin])
    np.testing.assert_array_equal(said, kept.data[0])


def test_a_stretch_never_reaches_across_a_cut():
    signal = made(noise(3, 60.0, SFREQ))
    pieces = [(0, 1000), (4000, 5200), (9000, 10000)]  # 5, 6 and 5 s
    after = signal.keep(pieces)
    seen, _ = preview(hold(signal, ()), after)
    assert seen.trace_before.shape[1] in (800, 1200)
    assert seen.onset in (0.0, 5.0, 11.0)


def test_a_step_that_cuts_without_saying_so_is_a_bug_that_is_seen():
    signal = made(noise(3, 60.0, SFREQ))
    with pytest.raises(ValueError, match=r"without Signal\.keep"):
        preview(hold(signal, ()), replace(signal, data=signal.data[:, 2000:]))


def test_only_the_channels_that_will_be_picked_are_held_and_they_are_found_by_their_place():
    names = ("E22", "E9", "E33", "E24", "E11", "E129")
    signal = Signal(data=noise(6, 20.0, SFREQ), ch_names=names, sfreq=SFREQ)
    before = hold(signal, (Step("pick", {"channels": ("Fz", "Fp1")}),))
    assert len(before.data) == 2 and before.data.dtype == np.float32
    after = signal.take([0, 4]).renamed(("Fp1", "Fz"))
    seen, _ = preview(before, after)
    first = round(seen.onset * SFREQ)
    assert seen.ch_names == ("Fp1", "Fz")
    np.testing.assert_allclose(np.corrcoef(seen.trace_before[1], signal.data[4, first : first + 1600])[0, 1], 1.0)


def test_at_most_24_channels_are_kept_those_that_changed_most():
    names = tuple(f"A{i}" for i in range(40))
    data = noise(40, 20.0, SFREQ)
    changed = data.copy()
    changed[30:] *= 0.1
    seen, _ = preview(hold(Signal(data=data, ch_names=names, sfreq=SFREQ), ()), Signal(data=changed, ch_names=names, sfreq=SFREQ))
    assert len(seen.ch_names) == 24 and set(names[30:]) <= set(seen.ch_names)
    assert list(seen.ch_names) == sorted(seen.ch_names, key=names.index)


def test_too_short_strange_and_broken_recordings():
    short = made(noise(3, 1.9, SFREQ))
    assert preview(hold(short, ()), short) == (None, {})
    one = made(noise(1, 20.0, SFREQ))
    assert preview(hold(one, ()), one)[0].trace_before.shape == (1, 1600)
    new = replace(one, ch_names=("other",))
    seen, figures = preview(hold(one, ()), new)
    assert seen is None and figures["amplitude"] > 0
    broken = noise(3, 20.0, SFREQ)
    broken[1, 50] = np.nan
    seen, _ = preview(hold(made(broken), ()), made(noise(3, 20.0, SFREQ)))
    assert np.isfinite(seen.spectrum_before).all()
    flat = made(np.zeros((2, 4000)))
    assert preview(hold(flat, ()), flat)[1] == {"amplitude": 0.0, "amplitude_max": 0.0}


def test_a_preview_comes_back_with_the_same_stretch_of_the_cleaned_signal(tmp_path):
    signal = made(noise(4, 30.0, SFREQ))
    seen, _ = preview(hold(signal, ()), signal)
    recording = Recording(signal.data.astype(np.float32), signal.ch_names, SFREQ, "average", signal.events)
    for name in "ab":
        write_recording(tmp_path / name, recording, digest="d", preview=seen)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    back, after, sfreq = read_preview(tmp_path / "a")
    first = round(seen.onset * SFREQ)
    np.testing.assert_array_equal(after, recording.data[:, first : first + 1600])
    assert (back.ch_names, back.reference, sfreq) == (signal.ch_names, "Cz", SFREQ)
    np.testing.assert_array_equal(back.trace_before, seen.trace_before.astype(np.float32))
    write_recording(tmp_path / "c", recording, digest="d")
    assert read_preview(tmp_path / "c") is None


def test_a_preview_takes_little_of_a_recording_of_hbns_length(tmp_path):
    signal = made(noise(10, 360.0, 128.0), 128.0)
    seen, _ = preview(hold(signal, ()), signal)
    recording = Recording(signal.data.astype(np.float32), signal.ch_names, 128.0, "average", signal.events)
    write_recording(tmp_path / "with", recording, digest="d", preview=seen)
    write_recording(tmp_path / "without", recording, digest="d")
    assert (tmp_path / "with").stat().st_size < 1.03 * (tmp_path / "without").stat().st_size


def test_line_noise_of_a_file_is_in_the_preview_before_and_not_after(run, tmp_path):
    describe(tmp_path / "ds")
    data = noise(10, 30.0, 256.0) + sine(50.0, 40.0, 30.0, 10, 256.0)
    write_set(tmp_path / "ds/sub-01/eeg/sub-01_task-rest_eeg.set", data, sfreq=256.0)
    recordings = open_recordings(run(tmp_path / "ds").output)
    seen, _, _ = read_preview(recordings.path / recordings.table["path"][0])
    peak = np.flatnonzero(seen.frequencies == 50.0)[0]
    assert seen.spectrum_before[1, peak] > 100 * seen.spectrum_before[1, peak - 6]
    assert seen.spectrum_after[1, peak] < 1e-4 * seen.spectrum_before[1, peak]
    assert recordings.table["amplitude"][0] < recordings.table["amplitude_max"][0]


def test_the_figures_of_amplitude_are_those_of_the_stored_signal(run, tmp_path):
    recordings = open_recordings(run(make_tree(tmp_path / "ds")).output)
    for row in range(3):
        data = recordings.read(row).data.astype(float)
        deviations = data.reshape(10, 10, 256).std(axis=2)  # 20 s at 128 Hz
        assert recordings.table["amplitude"][row] == pytest.approx(np.median(deviations), rel=1e-5)
        assert recordings.table["amplitude_max"][row] == pytest.approx(np.median(deviations, axis=0).max(), rel=1e-5)
