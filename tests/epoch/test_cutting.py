"""Windows of one recording: which are whole, which are left out and why."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.artifacts.recordings import Recording
from eegcli.epoch.cutting import cut, window_starts
from eegcli.study.events import Events
from eegcli.study.segments import Segment


def recording(data: np.ndarray, *events: tuple[float, float, str]) -> Recording:
    columns = list(zip(*events, strict=True)) if events else [(), (), ()]
    names = tuple(f"E{i}" for i in range(len(data)))
    return Recording(
        data.astype(np.float32),
        names,
        100.0,
        "average",
        Events(np.array(columns[0], float), np.array(columns[1], float), np.array(columns[2], dtype=object)),
    )


def noise(n_channels: int = 4, n_times: int = 1000) -> np.ndarray:
    return 10 * np.random.default_rng(0).standard_normal((n_channels, n_times))


WHOLE = [Segment("all", 0, 1000)]


def test_windows_are_the_stretches_they_say():
    data = noise()
    piece = cut(recording(data), [Segment("a", 50, 460), Segment("b", 700, 1000)], n_times=200, step=100, keep_dead=False)
    assert piece.start.tolist() == [50, 150, 250, 700, 800]
    assert piece.segment.tolist() == ["a", "a", "a", "b", "b"]
    for x, start in zip(piece.x, piece.start, strict=True):
        np.testing.assert_array_equal(x, data[:, start : start + 200].astype(np.float32))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=4), st.integers(1, 100), st.integers(1, 100))
def test_there_are_as_many_windows_as_fit(pairs, n_times, step):
    segments = [Segment("s", a, a + b) for a, b in pairs]
    starts, _ = window_starts(segments, n_times, step)
    expected = sum(len([s for s in range(seg.start, seg.stop, step) if s + n_times <= seg.stop]) for seg in segments)
    assert len(starts) == expected


def test_a_window_constant_in_most_channels_is_dead():
    data = noise()
    data[:3, 200:400] = 7.0
    data[0, 600:800] = 0.0  # one flat channel of four is a bad channel, not a dead window
    piece = cut(recording(data), WHOLE, n_times=200, step=200, keep_dead=False)
    assert piece.start.tolist() == [0, 400, 600, 800]
    assert dict(piece.left_out) == {"dead": 1}
    assert len(cut(recording(data), WHOLE, n_times=200, step=200, keep_dead=True).x) == 5


def test_a_window_that_is_not_finite_is_never_trained_on():
    data = noise()
    data[1, 250], data[:, 450] = np.nan, np.inf
    piece = cut(recording(data), WHOLE, n_times=200, step=200, keep_dead=False)
    assert piece.start.tolist() == [0, 600, 800]
    assert dict(piece.left_out) == {"not finite": 1, "dead": 1}


def test_a_window_over_a_boundary_is_left_out_even_if_the_dead_are_kept():
    piece = cut(recording(noise(), (3.0, 0, "boundary"), (4.0, 0, "boundary")), WHOLE, n_times=200, step=200, keep_dead=True)
    assert piece.start.tolist() == [0, 400, 600, 800]  # the cut at 4 s lies between two windows
    assert dict(piece.left_out) == {"boundary": 1}


def test_a_window_in_which_the_amplifier_saturated_is_left_out():
    piece = cut(recording(noise(), (3.9, 0.2, "BAD_clipped"), (9.0, 0.1, "BAD_muscle")), WHOLE, n_times=200, step=200, keep_dead=False)
    assert piece.start.tolist() == [0, 600]
    assert dict(piece.left_out) == {"clipped": 2, "muscle": 1}


@pytest.mark.parametrize(("place", "bad"), [(99.95, 99), (100.05, 99), (100.3, 100), (100.5, 100), (100.9, 100), (99.5, 99)])
def test_no_window_holds_a_sample_of_both_sides_of_a_cut_wherever_resampling_puts_it(place, bad):
    """The samples before the cut are those whose time is before it; of windows of two samples, the one with both kinds goes."""
    piece = cut(recording(noise(), (place / 100.0, 0.0, "boundary")), WHOLE, n_times=2, step=1, keep_dead=False)
    assert sorted(set(range(999)) - set(piece.start.tolist())) == [bad]


@pytest.mark.parametrize("sfreq", [100.0, 125.0, 500.0])
def test_a_boundary_half_a_sample_before_a_window_lies_between_two_wherever_it_is(sfreq):
    # In seconds and back, (n - 0.5) / 500 * 500 is a little more or less than n - 0.5 for some n.
    n_windows = 400
    onsets = (np.arange(1, n_windows) * 20 - 0.5) / sfreq
    data = noise(1, 20 * n_windows).astype(np.float32)
    cuts = Events(onsets, np.zeros(len(onsets)), np.full(len(onsets), "boundary", dtype=object))
    piece = cut(Recording(data, ("E0",), sfreq, "Cz", cuts), [Segment("all", 0, data.shape[1])], n_times=20, step=20, keep_dead=False)
    assert len(piece.x) == n_windows and not piece.left_out


@pytest.mark.parametrize("name", ["BAD", "bad_segment", "BAD movement"])
def test_stretches_that_mne_would_reject_are_left_out(name):
    piece = cut(recording(noise(), (3.0, 0.5, name)), WHOLE, n_times=200, step=200, keep_dead=False)
    assert piece.start.tolist() == [0, 400, 600, 800]


@pytest.mark.parametrize("name", ["boundary", "Boundary", "BAD boundary", "EDGE boundary"])
def test_mne_s_names_of_a_cut_are_cuts(name):
    piece = cut(recording(noise(), (3.0, 0.0, name)), WHOLE, n_times=200, step=200, keep_dead=False)
    assert dict(piece.left_out) == {"boundary": 1}


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 50), st.integers(1, 50))
def test_kept_and_left_out_add_up(seed, n_times, step):
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((3, 300)) * (rng.random((1, 300)) > 0.5) * 5
    piece = cut(recording(data, (rng.uniform(0, 3), 0, "boundary")), [Segment("all", 0, 300)], n_times=n_times, step=step, keep_dead=False)
    assert len(piece.x) + piece.left_out.total() == len(window_starts([Segment("all", 0, 300)], n_times, step)[0])
    assert (np.ptp(piece.x, axis=2) > 0).sum(axis=1).min(initial=3) >= 2


@pytest.mark.parametrize("length", [199, 0])
def test_a_recording_shorter_than_a_window_gives_none(length):
    piece = cut(recording(noise(n_times=max(length, 1))), [Segment("all", 0, length)], n_times=200, step=200, keep_dead=False)
    assert piece.x.shape == (0, 4, 200) and not piece.left_out
