"""The steps bad-channels and interpolate, on a simulated net of 129 electrodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from eegcli.artifacts.recordings import open_recordings
from eegcli.bids.errors import RecordingError
from eegcli.preprocess.dsp.linear_phase import both_ways
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.bad_channels import bad_channels
from eegcli.preprocess.steps.filter import filter as filter_step
from eegcli.preprocess.steps.interpolate import interpolate
from eegcli.preprocess.steps.recover_reference import recover_reference
from eegcli.preprocess.steps.reference import reference
from eegcli.settings import PreprocessSettings
from tests.kit.heads import HYDROCEL, head_directions, pink, simulate
from tests.kit.trees import make_tree

FLAT_ONLY = {"line_noise": 0.0, "correlation": 0.0}
BROKEN = ("E12", "E40", "E77", "E100")


def broken(seed: int = 0, **options) -> Signal:
    """E12 goes flat, E40 is noisy, E77 hums, E100 shows somebody else."""
    signal = simulate(seed=seed, **options)
    rng, data, n_times = np.random.default_rng(100 + seed), signal.data, signal.n_times
    row = {name: HYDROCEL.index(name) for name in BROKEN}
    data[row["E12"], -round(8 * signal.sfreq) :] = 3.0
    data[row["E40"]] += 60 * rng.standard_normal(n_times)
    data[row["E77"]] += 60 * np.sin(2 * np.pi * 60 * np.arange(n_times) / signal.sfreq)
    data[row["E100"]] = 10 * pink(1, n_times, signal.sfreq, rng)[0]
    return signal


def unlike_mne(signal: Signal) -> Signal:
    """The same under names that say nothing."""
    return signal.renamed(tuple(f"X{n}" for n in range(len(signal.ch_names))))


@pytest.mark.parametrize("seed", [0, 1])
def test_each_kind_of_bad_channel_is_found_and_no_other(seed):
    result = bad_channels(broken(seed))
    assert result.bad_channels == BROKEN
    assert result.quality["flat_channels"] == "E12"
    assert result.quality["line_noise_channels"] == "E40,E77"
    assert result.quality["uncorrelated_channels"] == "E40,E100"
    assert result.quality["correlation_method"] == "ransac"


def test_the_location_free_test_finds_noise_and_calls_no_good_channel_bad():
    result = bad_channels(broken(), method="location-free")
    # Slow waves correlate by chance, so that E100 may pass.
    assert {"E12", "E40", "E77"} <= set(result.bad_channels) <= set(BROKEN)
    assert "E40,E77" in result.quality["uncorrelated_channels"] and result.quality["correlation_method"] == "location-free"


def test_a_criterion_of_zero_is_off_and_notes_nothing():
    result = bad_channels(broken(), flat_seconds=0.0, line_noise=0.0, correlation=0.0)
    assert result.bad_channels == () and result.quality == {}
    assert bad_channels(broken(), **FLAT_ONLY).quality == {"flat_channels": "E12"}
    assert set(bad_channels(broken(), correlation=0.0).bad_channels) == {"E12", "E40", "E77"}


def test_nothing_but_marks_and_notes_changes():
    signal = broken()
    before = signal.data.copy()
    result = bad_channels(signal)
    assert result.data is signal.data and signal.bad_channels == ()
    np.testing.assert_array_equal(signal.data, before)


def test_channels_marked_before_stay_bad_and_take_no_part():
    signal = broken()
    signal.data[9] = np.nan
    result = bad_channels(replace(signal, bad_channels=("E10", "E50")))
    assert result.bad_channels[:2] == ("E10", "E50") and set(result.bad_channels[2:]) == set(BROKEN)
    assert "E50" not in ",".join(str(value) for value in result.quality.values())


def test_seed_threads_repeats_and_the_recording_before_it():
    signal = broken()
    noisy = replace(
        signal, data=signal.data + 5 * np.linspace(0, 1, 129)[:, np.newaxis] * np.random.default_rng(3).standard_normal(signal.data.shape)
    )
    first = bad_channels(noisy, seed=4)
    bad_channels(broken(1), seed=9)
    with threadpool_limits(2):
        again = bad_channels(noisy, seed=4)
    assert first.bad_channels == again.bad_channels and first.quality == again.quality
    with threadpool_limits(1):
        one = interpolate(first).data
    with threadpool_limits(2):
        assert (interpolate(again).data == one).all()


def test_flat_is_found_before_the_filter_and_the_rest_after_it(real_data):
    # The reference's order on its own case: flat lines, drifts, channels; 3 goes, then 9 and 16 of the remaining 23.
    case = np.load(real_data / "asr-oracle" / "syn24bad_128.npz")
    names = tuple(f"X{n}" for n in range(24))
    signal = Signal(case["data"], names, float(case["srate"]), positions=case["pos"])
    flat = bad_channels(signal, **FLAT_ONLY)
    assert flat.bad_channels == ("X3",)
    filtered = replace(flat, data=both_ways(flat.data, case["hp_kernel"]))
    remaining = [name for name in names if name != "X3"]
    for method in ("ransac", "location-free"):
        result = bad_channels(filtered, method=method, flat_seconds=0.0)
        assert result.bad_channels == ("X3", remaining[9], remaining[16]), method
        assert result.quality["flat_channels"] == "X3"


def test_a_flat_line_in_microvolt_is_flat_after_filters_of_any_offset():
    signal = simulate(seconds=30.0)
    signal.data[7] = 5234.5678  # a filter leaves 1e-12 µV of it, more than 20 eps
    assert bad_channels(filter_step(signal, l_freq=1.0), **FLAT_ONLY).bad_channels == ("E8",)


def test_the_reference_electrode_is_not_flat_where_the_recording_names_it():
    signal = replace(simulate(seconds=30.0), reference="Cz")
    signal.data[-1] = 0.0
    assert bad_channels(signal).bad_channels == ()
    assert bad_channels(replace(signal, reference="unknown")).bad_channels == ("Cz",)


def test_a_recovered_reference_takes_part_after_a_re_reference_and_its_note_goes():
    signal = replace(simulate(seconds=30.0), reference="unknown")
    data = signal.data - signal.data[-1]
    flat = bad_channels(replace(signal, data=data), **FLAT_ONLY)
    assert flat.quality["flat_channels"] == "Cz"
    result = bad_channels(reference(recover_reference(flat, channel="Cz"), channels=("average",)))
    assert result.bad_channels == () and result.quality["flat_channels"] == ""


def test_positions_of_the_file_serve_where_names_say_nothing():
    signal = broken()
    placed = replace(unlike_mne(signal), positions=0.09 * head_directions(HYDROCEL) + [0, 0, 0.04])
    result = bad_channels(placed)
    assert result.quality["correlation_method"] == "ransac"
    assert set(result.bad_channels) == {f"X{HYDROCEL.index(name)}" for name in BROKEN}
    assert set(interpolate(result).interpolated) == set(result.bad_channels)


def test_without_positions_the_location_free_test_is_used_and_said():
    with pytest.warns(UserWarning, match=r"location-free test: the position of X0, X1, X2, X3, \.\.\. is not known"):
        result = bad_channels(unlike_mne(broken()))
    assert {"X11", "X39", "X76"} <= set(result.bad_channels) and result.quality["correlation_method"] == "location-free"
    with pytest.raises(RecordingError, match=r"RANSAC cannot be used: the position of X0"):
        bad_channels(unlike_mne(broken()), method="ransac")
    with pytest.warns(UserWarning), pytest.raises(RecordingError, match="sampled at 100 Hz: without electrode positions"):
        bad_channels(unlike_mne(broken(sfreq=100.0)))


def test_a_small_cap_gets_the_location_free_test():
    with pytest.warns(UserWarning, match="a share of 0.25 of 20 channels is fewer than 6"):
        assert bad_channels(simulate(HYDROCEL[:120:6])).quality["correlation_method"] == "location-free"
    assert bad_channels(simulate(HYDROCEL[:120:6]), method="ransac").quality["correlation_method"] == "ransac"


@pytest.mark.parametrize("sfreq", [100.0, 64.0])
def test_at_100_hz_and_below_line_noise_cannot_be_judged_and_that_is_said(sfreq):
    signal = simulate(sfreq=sfreq)
    signal.data[99] = 10 * pink(1, signal.n_times, sfreq, np.random.default_rng(1))[0]
    with pytest.warns(UserWarning, match="line noise could hardly be judged"):
        assert bad_channels(signal).bad_channels == ("E100",)


def test_after_a_low_pass_line_noise_can_hardly_be_judged_and_that_is_said():
    signal = filter_step(broken(), h_freq=25.0)
    with pytest.warns(UserWarning, match="line noise could hardly be judged"):
        result = bad_channels(signal)
    assert result.quality["line_noise_channels"] == "E77"  # the hum comes through the filter even so


def test_missing_samples_are_an_error_that_names_the_channels():
    signal = broken()
    signal.data[3, 100], signal.data[5, 7] = np.nan, np.inf
    with pytest.raises(RecordingError, match=r"samples are missing \(NaN or infinite\) in E4, E6"):
        bad_channels(signal)


@pytest.mark.parametrize("n", [1, 5])
def test_few_channels_cannot_be_compared(n):
    signal = simulate(HYDROCEL[-n:], seconds=20.0)
    with pytest.raises(RecordingError, match=rf"{n} channels? (is|are) too few .* correlation = 0") as caught:
        bad_channels(signal)
    assert caught.value.cause == "missing channels"
    assert bad_channels(signal, correlation=0.0).bad_channels == ()


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.0, "less than a window of 5 s"), (0.5, "less than the filter"), (1 / 128, "less than the filter")]
)
def test_a_recording_shorter_than_a_window_is_an_error(seconds, said):
    signal = simulate(seconds=10.0)
    short = replace(signal, data=signal.data[:, : round(seconds * 128)])
    with pytest.raises(RecordingError, match=said) as caught:
        bad_channels(short)
    assert caught.value.cause == "too short"


def test_a_recording_whose_channels_are_all_flat_is_an_error():
    signal = simulate(seconds=20.0)
    with pytest.raises(RecordingError, match=r"129 of 129 channels are bad \(129 flat\)") as caught:
        bad_channels(replace(signal, data=np.zeros_like(signal.data)))
    assert caught.value.cause == "bad channels"


def test_with_more_than_three_quarters_bad_the_recording_is():
    signal = simulate(seconds=20.0)
    signal.data[:97] = 0.0  # 75.2 %
    with pytest.raises(RecordingError, match=r"97 of 129 channels are bad \(97 flat\)"):
        bad_channels(signal, **FLAT_ONLY)
    signal.data[96] = simulate(seconds=20.0).data[96]
    assert len(bad_channels(signal, **FLAT_ONLY).bad_channels) == 96
    with pytest.raises(RecordingError, match=r"97 of 129 channels are bad \(96 flat, 1 marked before\)"):
        bad_channels(replace(signal, bad_channels=("Cz",)), **FLAT_ONLY)


def test_duplicate_channels_are_good():
    signal = simulate()
    signal.data[HYDROCEL.index("E5")] = signal.data[HYDROCEL.index("E6")]  # neighbours, bridged by gel
    assert bad_channels(signal).bad_channels == ()
    assert bad_channels(signal, method="location-free").bad_channels == ()


def test_interpolation_brings_broken_channels_near_to_what_they_were():
    true = simulate()
    signal = replace(true, data=true.data.copy(), bad_channels=("E36", "E62"), interpolated=("E3",))
    rows = [HYDROCEL.index(name) for name in signal.bad_channels]
    signal.data[rows] = np.nan
    result = interpolate(signal)
    assert result.bad_channels == () and result.interpolated == ("E3", "E36", "E62")
    for row in rows:
        assert np.corrcoef(result.data[row], true.data[row])[0, 1] > 0.9
    others = [row for row in range(129) if row not in rows]
    np.testing.assert_array_equal(result.data[others], true.data[others])
    assert interpolate(true) is true


def test_too_few_good_channels_or_no_position_cannot_be_interpolated():
    signal = simulate(HYDROCEL[60:70], seconds=1.0, bad_channels=HYDROCEL[60:65])
    with pytest.raises(RecordingError, match="only 5 channels with a known position"):
        interpolate(signal)
    odd = simulate(HYDROCEL[60:70], seconds=1.0).renamed((*HYDROCEL[60:69], "X1"))
    with pytest.raises(RecordingError, match="cannot interpolate X1: no known position"):
        interpolate(replace(odd, bad_channels=("X1",)))


def test_the_commands_seed_is_the_steps_unless_the_recipe_has_one(tmp_path):
    recipe = ({"step": "bad-channels"}, {"step": "interpolate"})
    assert sequence_of_steps(PreprocessSettings(bids=tmp_path, steps=recipe, seed=7))[0].options["seed"] == 7
    assert (
        sequence_of_steps(PreprocessSettings(bids=tmp_path, steps=({"step": "bad-channels", "seed": 3},), seed=7))[0].options["seed"] == 3
    )


def test_a_cohorts_table_says_what_was_bad_and_why(run, tmp_path):
    tree = make_tree(tmp_path / "ds", subjects=("01",))
    steps = (
        {"step": "bad-channels", "flat_seconds": 0.0, "line_noise": 0.0, "location_free_correlation": 0.0},
        {"step": "interpolate"},
    )
    table = open_recordings(run(tree, steps=steps).output).table
    assert table["status"].tolist() == ["ok"] and table["correlation_method"].tolist() == ["location-free"]
    assert table["uncorrelated_channels"].tolist() == [""] and table["flat_channels"].tolist() == [None]


def test_ransac_takes_digitised_positions_of_a_cap_whose_names_nobody_knows():
    names = tuple(f"{letter}{n}" for letter in "ABCD" for n in range(1, 33))  # BioSemi's 128
    signal = simulate(HYDROCEL[:128])
    lettered = replace(signal, ch_names=names)
    with pytest.warns(UserWarning, match="the position of A1"):
        assert bad_channels(lettered, seed=1).quality["correlation_method"] == "location-free"
    where = 0.09 * head_directions(HYDROCEL[:128]) + [0.0, 0.01, 0.04]
    noisy = lettered.data.copy()
    noisy[20] = 30 * np.random.default_rng(0).standard_normal(noisy.shape[1])
    digitised = replace(lettered, data=noisy, positions=where, located="digitised", centre=(0.0, 0.01, 0.04))
    found = bad_channels(digitised, line_noise=0.0, seed=1)
    assert found.quality["correlation_method"] == "ransac" and found.bad_channels == (names[20],)
