"""Step keep-segments: which stretches are kept, where they are joined, and what it does to the windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.artifacts.recordings import Recording
from eegcli.bids.errors import RecordingError
from eegcli.epoch.cutting import cut
from eegcli.errors import UsageError
from eegcli.preprocess.sequence import sequence_of_steps
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.crop import crop
from eegcli.preprocess.steps.keep_segments import keep_segments
from eegcli.preprocess.steps.resample import resample
from eegcli.settings import PreprocessSettings
from eegcli.study.events import Events
from eegcli.study.segments import find_segments, parse_rules

CLOSED = ("closed=close:3:37",)


def signal(n_times: int, *events: tuple[float, float, str], sfreq: float = 128.0) -> Signal:
    """Two channels that count their samples, so that every value says whence it came."""
    count = np.arange(n_times, dtype=float)
    onset, duration, value = zip(*events, strict=True) if events else ((), (), ())
    return Signal(
        np.stack([count, -count]),
        ("Fz", "Pz"),
        sfreq,
        events=Events(np.array(onset, float), np.array(duration, float), np.array(value, dtype=object)),
    )


def hbn(blocks: int, sfreq: float = 128.0, start: float = 7.318) -> Signal:
    """HBN's course: 20 s with open, 40 s with closed eyes, and a last short open block."""
    cues: list[tuple[float, float, str]] = []
    for block in range(blocks):
        cues += [(start + 60 * block, 0, "open"), (start + 60 * block + 20, 0, "close")]
    cues.append((start + 60 * blocks, 0, "open"))
    rng = np.random.default_rng(0)
    wave = signal(round((start + 60 * blocks + 4.6) * sfreq), *((round(t * 500) / 500, d, name) for t, d, name in cues), sfreq=sfreq)
    return Signal(20 * rng.standard_normal((2, wave.n_times)), wave.ch_names, sfreq, events=wave.events)


def windows(kept: Signal, rules: tuple[str, ...]) -> int:
    """Count the windows of 2 s that `epoch` cuts."""
    recording = Recording(kept.data.astype(np.float32), kept.ch_names, kept.sfreq, "Cz", kept.events)
    segments = find_segments(kept.events, parse_rules(rules), sfreq=kept.sfreq, n_times=kept.n_times)
    n = round(2 * kept.sfreq)
    return len(cut(recording, segments, n_times=n, step=n, keep_dead=False).x)


def listed(events: Events) -> list[tuple[float, float, str]]:
    return [(round(t, 6), round(d, 6), name) for t, d, name in zip(events.onset, events.duration, events.value, strict=True)]


# The published counts: 81 for five blocks of 40 s, 49 for three, 33 for two (arXiv:2105.04762 and the authors' stored outputs).
@pytest.mark.parametrize(("blocks", "published"), [(5, 81), (3, 49), (2, 33), (4, 65), (6, 97), (1, 17)])
@pytest.mark.parametrize("rules", [("closed=closed:0:34",), ()], ids=["by-event", "whole"])
def test_the_published_numbers_of_windows_come_out(blocks, published, rules):
    assert windows(keep_segments(hbn(blocks), segments=CLOSED), rules) == published


@pytest.mark.parametrize(("blocks", "published"), [(5, 81), (3, 49), (2, 33)])
@pytest.mark.parametrize("start", [6.0, 6.502, 8.998])
def test_they_come_out_after_resampling_from_500_hz_wherever_the_cues_lie(blocks, published, start):
    recording = resample(hbn(blocks, sfreq=500.0, start=start), sfreq=128.0)
    assert windows(keep_segments(recording, segments=CLOSED), ("closed=closed:0:34",)) == published
    assert windows(keep_segments(hbn(blocks, 500.0, start), segments=CLOSED), ("closed=closed:0:34",)) == published


@pytest.mark.parametrize("sfreq", [128.0, 500.0, 100.0])
@pytest.mark.parametrize("rules", [("closed=closed:0:34",), ()], ids=["by-event", "whole"])
def test_a_boundary_between_the_stretches_costs_no_window(sfreq, rules):
    assert windows(keep_segments(hbn(5, sfreq), segments=CLOSED, boundary="between"), rules) == 5 * 17


def test_the_stretches_are_joined_in_order_of_time_and_marked():
    recording = signal(120 * 100, (10, 0, "close"), (50, 0, "open"), (70, 0, "close"), sfreq=100.0)
    kept = keep_segments(recording, segments=("closed=close:3:37", "open=open:1:5"), boundary="between")
    expected = np.r_[1300:4700, 5100:5500, 7300:10700]
    np.testing.assert_array_equal(kept.data, np.stack([expected, -expected]))
    assert listed(kept.events) == [
        (0, 34, "closed"),
        (33.995, 0, "boundary"),
        (34, 4, "open"),
        (37.995, 0, "boundary"),
        (38, 34, "closed"),
    ]
    early = keep_segments(recording, segments=("closed=close:3:37", "open=open:1:5"))
    assert [t for t, _, name in listed(early.events) if name == "boundary"] == [33.985, 37.985]


def test_events_inside_are_kept_at_their_new_time_and_cut_to_the_stretch():
    recording = signal(
        6000, (2, 0, "before"), (10, 0, "close"), (12, 2, "BAD_a"), (20, 1, "BAD_b"), (46, 9, "BAD_c"), (55, 0, "after"), sfreq=100.0
    )
    kept = keep_segments(recording, segments=CLOSED)
    assert listed(kept.events) == [(0, 34, "closed"), (0, 1, "BAD_a"), (7, 1, "BAD_b"), (33, 1, "BAD_c")]


def test_a_bad_stretch_over_two_blocks_is_in_both():
    recording = signal(12000, (10, 0, "close"), (40, 40, "BAD_x"), (50, 0, "open"), (70, 0, "close"), sfreq=100.0)
    bad = [row for row in listed(keep_segments(recording, segments=CLOSED).events) if row[2] == "BAD_x"]
    assert bad == [(27, 7, "BAD_x"), (34, 7, "BAD_x")]


def test_stretches_that_overlap_are_kept_once_and_have_no_boundary_between_them():
    recording = signal(6000, (10, 0, "close"), (50, 0, "open"), sfreq=100.0)
    kept = keep_segments(recording, segments=("early=close:3:20", "late=close:10:37", "last=close:37:39"))
    np.testing.assert_array_equal(kept.data[0], np.arange(1300, 4900))
    assert listed(kept.events) == [(0, 17, "early"), (7, 27, "late"), (34, 2, "last")]


def test_a_cue_written_twice_is_one_cue():
    recording = signal(6000, (10, 0, "close"), (10, 0, "close"), (50, 0, "open"), sfreq=100.0)
    assert keep_segments(recording, segments=CLOSED).n_times == 3400


def test_a_boundary_that_was_there_stays_where_it_is_in_the_signal():
    recording = signal(6000, (8, 0, "boundary"), (9.995, 0, "boundary"), (10, 0, "close"), (50, 0, "open"), sfreq=100.0)
    kept = keep_segments(recording, segments=("closed=close:-4:37",))
    assert listed(kept.events) == [(0, 41, "closed"), (2, 0, "boundary"), (3.995, 0, "boundary"), (4, 0, "close")]
    # The one at the stretch's first sample, half a sample before it, is no longer inside.
    assert "boundary" not in keep_segments(recording, segments=("closed=close:0:37",)).events.value


def test_a_stretch_ends_at_the_next_event_and_at_the_end_of_the_recording():
    recording = signal(6000, (10, 0, "close"), (30, 0, "boundary"), (40, 0, "close"), sfreq=100.0)
    kept = keep_segments(recording, segments=CLOSED)
    np.testing.assert_array_equal(kept.data[0], np.r_[1300:3000, 4300:6000])


def test_a_recording_without_the_cue_is_said_so():
    with pytest.raises(RecordingError, match="no event close") as caught:
        keep_segments(signal(6000, (10, 0, "open")), segments=CLOSED)
    assert caught.value.cause == "no cue"
    with pytest.raises(RecordingError, match="no event close"):
        keep_segments(signal(6000), segments=CLOSED)


def test_a_cue_too_late_for_anything_is_said_so():
    with pytest.raises(RecordingError, match="nothing of the segments after close lies inside the recording") as caught:
        keep_segments(signal(6000, (59, 0, "close"), sfreq=100.0), segments=CLOSED)
    assert caught.value.cause == "too short"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"segments": []}, "no segment is named"),
        ({"segments": "closed"}, "step keep-segments: closed: NAME=EVENT:TMIN:TMAX is needed"),
        ({"segments": ["closed=close:37:3"]}, "step keep-segments: closed=close:37:3: TMAX has to come after TMIN"),
        ({"segments": ["a=b:0:1"], "boundary": "none"}, "no value of step keep-segments: boundary is named 'none'"),
        ({}, "step keep-segments needs segments"),
    ],
)
def test_what_cannot_be_is_said_before_a_recording_is_read(options, said):
    with pytest.raises(UsageError, match=said):
        sequence_of_steps(PreprocessSettings(bids="b", steps=({"step": "keep-segments", **options},)))


@given(
    st.lists(st.tuples(st.integers(0, 5999), st.sampled_from(["close", "open", "boundary", "BAD_x"])), max_size=12),
    st.lists(st.tuples(st.sampled_from(["close", "open"]), st.integers(-500, 1000), st.integers(1, 3000)), min_size=1, max_size=3),
    st.sampled_from(["eeglab", "between"]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_kept_is_what_epoch_would_cut_once_each_sample_in_order(pairs, rules, boundary):
    events = sorted((sample / 100, 1.0 if name == "BAD_x" else 0.0, name) for sample, name in pairs)
    recording = signal(6000, *events, sfreq=100.0)
    texts = tuple(f"{name}_{i}={name}:{start / 100}:{(start + length) / 100}" for i, (name, start, length) in enumerate(rules))
    found = find_segments(recording.events, parse_rules(texts), sfreq=100.0, n_times=6000)
    wanted = np.zeros(6000, bool)
    for segment in found:
        wanted[segment.start : segment.stop] = True
    if not found:
        with pytest.raises(RecordingError):
            keep_segments(recording, segments=texts)
        return
    kept = keep_segments(recording, segments=texts, boundary=boundary)
    np.testing.assert_array_equal(kept.data[0], np.flatnonzero(wanted))
    jumps = np.flatnonzero(np.diff(kept.data[0]) > 1)
    added = sum(name == "boundary" for name in kept.events.value) - sum(wanted[sample] for sample, name in pairs if name == "boundary")
    assert added == len(jumps)
    assert (np.diff(kept.events.onset) >= 0).all() and (kept.events.onset >= 0).all()
    assert (kept.events.onset + kept.events.duration <= kept.n_times / 100 + 1e-9).all()
    for segment in found:  # each one's event stands at its first sample
        place = np.searchsorted(kept.data[0], segment.start) / 100
        assert any(abs(t - place) < 1e-9 and name == segment.name for t, name in zip(kept.events.onset, kept.events.value, strict=True))


def test_columns_of_events_go_with_them_and_a_block_has_those_of_its_cue():
    cues = signal(60 * 128, (1.0, 0.0, "close"), (5.0, 0.0, "key"), (20.0, 0.0, "close"), (25.0, 0.0, "open"))
    file = np.array(["a", None, "c", "d"], dtype=object)
    cues = replace(cues, events=replace(cues.events, columns={"code": np.array([1, 2, 3, 4]), "file": file}))
    kept = keep_segments(cues, segments=("closed=close:3:10",), boundary="between").events
    assert list(zip(kept.value, kept.columns["file"], strict=True)) == [("closed", "a"), ("boundary", None), ("closed", "c")]
    np.testing.assert_array_equal(kept.columns["code"], [1, np.nan, 3])
    chosen = keep_segments(cues, segments=("late=code == 3:0:2",)).events
    assert chosen.value.tolist() == ["late", "close"] and chosen.columns["code"].tolist() == [3, 3]


def test_crop_keeps_the_columns_of_what_it_keeps():
    cues = signal(30 * 128, (1.0, 0.0, "a"), (5.0, 0.0, "b"), (20.0, 0.0, "c"))
    cues = replace(cues, events=replace(cues.events, columns={"code": np.array([1, 2, 3])}))
    assert crop(cues, tmin=4.0, tmax=10.0).events.columns["code"].tolist() == [2]
