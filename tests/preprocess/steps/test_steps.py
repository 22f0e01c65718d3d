"""Each step does what its name says, by a second computation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal as scipy_signal

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.asr import repair
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.asr import asr
from eegcli.preprocess.steps.crop import crop
from eegcli.preprocess.steps.drop_channels import drop_channels
from eegcli.preprocess.steps.filter import filter as filter_step
from eegcli.preprocess.steps.pick import pick
from eegcli.preprocess.steps.recover_reference import recover_reference
from eegcli.preprocess.steps.reference import reference
from eegcli.preprocess.steps.remove_baseline import remove_baseline
from eegcli.preprocess.steps.remove_drifts import remove_drifts
from eegcli.preprocess.steps.resample import resample
from eegcli.study.events import Events
from tests.kit.trees import NAMES, noise
from tests.preprocess.asr.conftest import mixture

DATA = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(3, 40)), elements=st.floats(-1e4, 1e4))
EVENTS = Events(np.array([1.0, 4.0, 9.0]), np.array([0.0, 3.0, 0.0]), np.array(["a", "BAD_x", "b"], dtype=object))


def make(data: np.ndarray | None = None, names: tuple[str, ...] = NAMES, sfreq: float = 128.0, **fields) -> Signal:
    data = noise() if data is None else data
    return Signal(data, names[: len(data)], sfreq, **fields)


def tone(frequency: float, sfreq: float = 500.0, seconds: float = 80.0) -> Signal:
    return make(np.cos(2 * np.pi * frequency * np.arange(round(seconds * sfreq)) / sfreq)[np.newaxis], sfreq=sfreq)


def rms_inside(signal: Signal) -> float:
    """Amplitude away from the ends."""
    quarter = signal.n_times // 4
    return float(np.sqrt(2 * np.mean(signal.data[:, quarter:-quarter] ** 2)))


@given(DATA)
@settings(max_examples=50, deadline=None)
def test_removing_the_baseline_leaves_channels_of_mean_zero_and_of_the_same_shape(data):
    result = remove_baseline(make(data)).data
    np.testing.assert_allclose(result.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(np.diff(result), np.diff(data), atol=1e-9)


@given(DATA)
@settings(max_examples=50, deadline=None)
def test_the_average_reference_sums_to_zero_and_does_nothing_twice(data):
    once = reference(make(data), channels=("average",))
    np.testing.assert_allclose(once.data.sum(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(reference(once, channels=("average",)).data, once.data, atol=1e-8)
    assert once.reference == "average"


def test_a_bad_channel_has_no_part_in_the_average_but_is_referenced_to_it():
    signal = make(bad_channels=("F3",))
    good = [row for row, name in enumerate(NAMES) if name != "F3"]
    np.testing.assert_allclose(reference(signal, channels=("average",)).data, signal.data - signal.data[good].mean(axis=0))
    with pytest.raises(RecordingError, match="every channel is marked bad"):
        reference(make(bad_channels=NAMES), channels=("average",))


@pytest.mark.parametrize(("names", "bad"), [(("Fp1",), ()), (("Fp1", "Fp2", "Cz"), ("Fp1", "Cz"))])
def test_the_average_of_one_channel_is_no_reference(names, bad):
    with pytest.raises(RecordingError, match="nothing would be left") as caught:
        reference(make(noise(len(names)), names, bad_channels=bad), channels=("average",))
    assert caught.value.cause == "one channel" and "--recipe minimal" in caught.value.message


def test_two_channels_are_mirror_images_after_their_average_which_is_said():
    found = reference(make(noise(2)), channels=("average",))
    np.testing.assert_allclose(found.data[0], -found.data[1])
    assert "mirror image" in found.remarks[0] and not reference(make(noise(3)), channels=("average",)).remarks


def test_a_bad_channel_that_is_the_reference_is_said():
    assert "spreads over all others: Fp1" in reference(make(bad_channels=("Fp1", "C4")), channels=("Fp1", "Fp2")).remarks[0]
    assert not reference(make(bad_channels=("C3",)), channels=("Fp1", "Fp2")).remarks


def test_flat_channels_in_a_reference_are_said_but_for_the_recording_s_own():
    data = noise()
    data[[1, 2]] = 0.0
    assert "mirror image afterwards: Fp2, F3" in reference(make(data), channels=("average",)).remarks[0]
    assert "mirror image afterwards: F3;" in reference(make(data, reference="Fp2"), channels=("average",)).remarks[0]
    assert not reference(make(data, reference="Fp2", bad_channels=("F3",)), channels=("average",)).remarks
    data[2] = 1.0 + noise(1)[0]
    assert "taken for the recording's reference, which nothing names: Fp2" in reference(make(data), channels=("average",)).remarks[0]
    assert not reference(make(data, reference="Fp2"), channels=("average",)).remarks
    assert "no reference: Fp2" in reference(make(data), channels=("Fp2", "F3")).remarks[0]
    assert not reference(make(data, reference="Fp2"), channels=("Fp2", "F3")).remarks


def test_asr_does_not_rebuild_a_channel_that_is_alone():
    with pytest.raises(RecordingError, match="alone") as caught:
        asr(make(noise(1, seconds=40.0)))
    assert caught.value.cause == "one channel"


@given(st.lists(st.sampled_from(range(10)), min_size=1, max_size=4, unique=True))
@settings(max_examples=30, deadline=None)
def test_a_named_reference_is_subtracted_and_dropped(rows):
    signal = make()
    names = tuple(NAMES[row] for row in rows)
    result = reference(signal, channels=names)
    others = [row for row in range(10) if row not in rows]
    np.testing.assert_allclose(result.data, signal.data[others] - np.mean([signal.data[row] for row in rows], axis=0), atol=1e-9)
    assert result.ch_names == tuple(NAMES[row] for row in others) and result.reference == ", ".join(names)
    kept = reference(signal, channels=names, keep=True)
    np.testing.assert_allclose(sum(kept.data[row] for row in rows), 0, atol=1e-9)


def test_the_average_before_a_named_reference_changes_nothing():
    # The published flow references to the average first and to the mastoids then; the first step cancels out.
    signal = make()
    twice = reference(reference(signal, channels=("average",)), channels=("P3", "P4"))
    np.testing.assert_allclose(twice.data, reference(signal, channels=("P3", "P4")).data, atol=1e-9)


def test_reference_and_drop_name_the_channels_that_are_not_there():
    with pytest.raises(RecordingError, match="reference channels are not there: E57"):
        reference(make(), channels=("E57", "O1"))
    with pytest.raises(RecordingError, match="channels to drop are not there: Oz"):
        drop_channels(make(), channels=("O1", "Oz"))
    assert drop_channels(make(bad_channels=("O1", "C3")), channels=("EEG O1", "o2")).ch_names == NAMES[:-2]


def test_a_recovered_reference_is_zero_against_itself_and_minus_the_mean_after():
    signal = recover_reference(make(), channel="Cz")
    assert signal.ch_names[-1] == "Cz" and not signal.data[-1].any()
    referenced = reference(signal, channels=("O1", "O2"))
    np.testing.assert_allclose(referenced.data[-1], -(signal.data[8] + signal.data[9]) / 2)


def test_a_flat_reference_channel_of_the_file_is_that_channel_under_its_name():
    names = ("E22", "E9", "E124", "E129")
    data = noise(4)
    data[3] = 0.0
    result = recover_reference(make(data, names, bad_channels=("E129",)), channel="Cz")
    assert result.ch_names == ("E22", "E9", "E124", "Cz") and result.bad_channels == ()
    with pytest.raises(RecordingError, match="E129 has a signal"):
        recover_reference(make(noise(4), names), channel="Cz")


@given(tmin=st.floats(0, 15), length=st.floats(0.1, 30))
@settings(max_examples=50, deadline=None)
def test_a_crop_keeps_the_stretch_and_its_events(tmin, length):
    signal = make(events=EVENTS)
    result = crop(signal, tmin=tmin, tmax=tmin + length)
    start, stop = round(tmin * 128), min(round((tmin + length) * 128), signal.n_times)
    np.testing.assert_array_equal(result.data, signal.data[:, start:stop])
    seconds = result.n_times / 128
    assert ((result.events.onset >= 0) & (result.events.onset + result.events.duration <= seconds + 1e-9)).all()
    for onset, value in ((1.0, "a"), (9.0, "b")):
        assert (value in result.events.value) == (start / 128 <= onset < stop / 128)
    assert ("BAD_x" in result.events.value) == (start / 128 < 7.0 and stop / 128 > 4.0)


def test_a_crop_beyond_the_end_is_an_error_and_a_late_end_is_the_end():
    assert crop(make(), tmax=1e6).n_times == make().n_times
    with pytest.raises(RecordingError, match=r"lasts 20.0 s, nothing is left after 30 s"):
        crop(make(), tmin=30.0)


def test_the_published_filter_has_6601_taps_and_half_amplitude_at_a_quarter_of_a_hertz_minus_half_the_band():
    # Truong et al.: order 6600 at 500 Hz, passband 0.25-25 Hz, -6 dB at 0.125 and 25.125 Hz.
    impulse = np.zeros((1, 20001))
    impulse[0, 10000] = 1.0
    response = filter_step(make(impulse, sfreq=500.0), l_freq=0.25, h_freq=25.0, l_trans_bandwidth=0.25, h_trans_bandwidth=0.25).data[0]
    support = np.flatnonzero(np.abs(response) > 1e-12)
    assert (support[0], support[-1]) == (10000 - 3300, 10000 + 3300)
    kernel = response[6700:13301]
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-12)  # zero phase
    _, gain = scipy_signal.freqz(kernel, worN=[0.0, 0.125, 0.25, 10.0, 25.0, 25.125, 25.25, 60.0], fs=500.0)
    decibel = 20 * np.log10(np.abs(gain))
    np.testing.assert_allclose(decibel[[1, 5]], -6.0, atol=0.1)
    np.testing.assert_allclose(decibel[[2, 3, 4]], 0.0, atol=0.05)
    assert (decibel[[0, 6, 7]] < -50).all()


def test_the_filter_is_a_convolution_with_its_kernel():
    signal = make(noise(2, seconds=120, sfreq=100.0), sfreq=100.0)
    impulse = np.zeros((2, 6001))
    impulse[:, 3000] = 1.0
    options = {"l_freq": 0.5, "h_freq": 20.0}
    kernel = filter_step(make(impulse, sfreq=100.0), **options).data[0]
    slow = np.stack([np.convolve(row, kernel, mode="same") for row in signal.data])
    # Away from the ends, where the data are reflected.
    np.testing.assert_allclose(filter_step(signal, **options).data[:, 1000:-1000], slow[:, 1000:-1000], atol=1e-8)


@pytest.mark.parametrize(("frequency", "gain"), [(0.0, 0.0), (0.125, 0.5), (5.0, 1.0), (20.0, 1.0), (40.0, 0.0)])
def test_the_default_band_passes_and_stops(frequency, gain):
    assert rms_inside(filter_step(tone(frequency), l_freq=0.25, h_freq=25.0)) == pytest.approx(gain, abs=0.02)


def test_a_notch_takes_the_line_and_leaves_its_neighbours():
    assert rms_inside(filter_step(tone(50.0), notch=(50.0,))) < 0.01
    assert rms_inside(filter_step(tone(47.0), notch=(50.0,))) == pytest.approx(1.0, abs=0.01)


def test_a_step_at_a_boundary_does_not_ring():
    data = noise(1, seconds=120)
    data[:, 60 * 128 :] += 5000.0
    boundary = Events(np.array([60.0]), np.zeros(1), np.array(["boundary"], dtype=object))
    with_it = filter_step(make(data, events=boundary), l_freq=0.25, h_freq=25.0).data
    assert np.abs(with_it).max() < 150
    assert np.abs(filter_step(make(data), l_freq=0.25, h_freq=25.0).data).max() > 1000


@pytest.mark.parametrize("onset", [0.01, 19.99, 0.0, 20.0])
def test_a_boundary_next_to_an_end_does_no_harm(onset):
    boundary = Events(np.array([onset]), np.zeros(1), np.array(["boundary"], dtype=object))
    assert np.isfinite(filter_step(make(events=boundary), l_freq=0.25, h_freq=25.0).data).all()


def test_an_edge_above_half_the_sampling_frequency_is_an_error():
    with pytest.raises(RecordingError, match="sampled at 128 Hz: a filter edge at 64 Hz"):
        filter_step(make(), h_freq=64.0)


@given(n=st.integers(50, 3000), old=st.sampled_from([100.0, 128.0, 160.0, 250.0, 500.0, 512.0]), new=st.sampled_from([64.0, 100.0, 128.0]))
@settings(max_examples=40, deadline=None)
def test_resampling_gives_the_length_that_the_frequencies_say(n, old, new):
    data = np.random.default_rng(0).standard_normal((2, n))
    result = resample(make(data, sfreq=old), sfreq=new)
    assert result.sfreq == new and result.n_times == round(n * new / old)


@pytest.mark.parametrize("n_times", [5000, 5001, 4999, 4373])
def test_resampling_leaves_a_pulse_at_its_time_whatever_the_length(n_times):
    pulse = np.exp(-0.5 * ((np.arange(n_times) / 500.0 - 4.0) / 0.05) ** 2)
    result = resample(make(pulse[np.newaxis], sfreq=500.0), sfreq=128.0).data[0]
    np.testing.assert_allclose(result, np.exp(-0.5 * ((np.arange(len(result)) / 128.0 - 4.0) / 0.05) ** 2), atol=1e-3)


def test_an_odd_sampling_frequency_is_brought_to_the_new_one_without_drift():
    old = 499.907
    wave = np.cos(2 * np.pi * 10 * np.arange(round(100 * old)) / old)
    result = resample(make(wave[np.newaxis], sfreq=old), sfreq=128.0)
    np.testing.assert_allclose(result.data[0, 128:-128], np.cos(2 * np.pi * 10 * np.arange(result.n_times) / 128.0)[128:-128], atol=5e-3)


def test_resampling_keeps_a_slow_wave_and_its_time():
    old, new = tone(10.0), resample(tone(10.0), sfreq=128.0)
    expected = np.cos(2 * np.pi * 10 * np.arange(new.n_times) / 128.0)
    np.testing.assert_allclose(new.data[0, 128:-128], expected[128:-128], atol=1e-3)
    assert resample(old, sfreq=500.0) is old


def test_nothing_above_the_new_half_frequency_folds_back():
    assert rms_inside(resample(tone(100.0), sfreq=128.0)) < 0.003
    assert rms_inside(resample(tone(65.0), sfreq=128.0)) < 0.003


def test_a_pick_orders_and_names_channels_as_asked():
    signal = make(names=("EEG O1", "Fc5.", "T3", "C3", "C4", "P3", "P4", "F3", "F4", "Fp1"), bad_channels=("T3",))
    result = pick(signal, channels=("FC5", "T7", "o1"))
    assert result.ch_names == ("FC5", "T7", "O1") and result.bad_channels == ("T7",)
    np.testing.assert_array_equal(result.data, signal.data[[1, 2, 0]])


def test_missing_channels_are_an_error_left_out_or_interpolated():
    signal = make()
    wanted = ("O1", "CP3", "Fp1")
    with pytest.raises(RecordingError, match=r"1 of 3 channels are missing \(CP3\). Use --missing-channels interpolate"):
        pick(signal, channels=wanted)
    assert pick(signal, channels=wanted, missing_channels="drop").ch_names == ("O1", "Fp1")
    result = pick(signal, channels=wanted, missing_channels="interpolate")
    assert result.ch_names == wanted and result.interpolated == ("CP3",)
    np.testing.assert_array_equal(result.data[[0, 2]], signal.data[[8, 0]])
    with pytest.raises(RecordingError, match="2 of 2 channels are missing"):
        pick(signal, channels=("CP3", "CP4"), missing_channels="interpolate")


def test_asr_leaves_bad_channels_as_they_are_and_notes_its_figures():
    data = mixture(8, 40.0, 128.0)
    data[5] = 0.0
    names = tuple(f"c{number}" for number in range(8))
    signal = make(data, names=names, bad_channels=("c5",))
    repaired = asr(signal, cutoff=5.0)
    np.testing.assert_array_equal(repaired.data[5], 0.0)
    good = [0, 1, 2, 3, 4, 6, 7]
    np.testing.assert_array_equal(repaired.data[good], repair(data[good], 128.0, cutoff=5.0).data)
    assert repaired.quality["asr_fraction_changed"] > 0.0
    assert 15.0 <= repaired.quality["asr_calibration_seconds"] <= 40.0
    assert repaired.quality["seconds_kept"] <= 40.0


def test_asr_names_the_flat_channels_and_what_to_do():
    data = mixture(4, 40.0, 128.0)
    data[2] = 0.0
    with pytest.raises(RecordingError, match=r"flat channels \(Pz\)") as error:
        asr(make(data, names=("Fz", "Cz", "Pz", "Oz")))
    assert "bad-channels" in error.value.message


def test_drifts_are_removed_below_the_band_and_nothing_above():
    for frequency, gain in [(0.1, 0.0), (0.2, 0.0), (1.0, 1.0), (10.0, 1.0)]:
        assert rms_inside(remove_drifts(tone(frequency, 100.0))) == pytest.approx(gain, abs=0.02)


def test_no_step_changes_what_it_is_given():
    signal = make(events=EVENTS)
    before = signal.data.copy()
    for changed in (
        remove_baseline(signal),
        reference(signal, channels=("average",)),
        filter_step(signal, l_freq=1.0, h_freq=20.0),
        resample(signal, sfreq=64.0),
        crop(signal, tmin=1.0),
        pick(signal, channels=("O1",)),
        recover_reference(signal, channel="Cz"),
    ):
        assert changed is not signal
    np.testing.assert_array_equal(signal.data, before)
