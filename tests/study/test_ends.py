"""Ends of segments: at the next event, the next of the same name, named events, or cuts only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.study.events import Events
from eegcli.study.segments import Segment, SegmentRule, find_segments, trace_segments

ROWS = [(1.0, "go"), (1.4, "key"), (2.5, "go"), (2.5, "mark"), (3.0, "BAD_x"), (3.5, "stop"), (4.0, "break cnt"), (6.0, "go")]


def events(rows) -> Events:
    onset, value = zip(*rows, strict=True)
    return Events(np.array(onset, float), np.zeros(len(onset)), np.array(value, dtype=object))


@pytest.mark.parametrize(
    ("until", "stops", "reasons"),
    [
        (("next-event",), [140, 350, 800], ["next event", "next event", "recording's end"]),
        (("same-name",), [250, 400, 800], ["next event", "boundary", "recording's end"]),
        (("boundary",), [400, 400, 800], ["boundary", "boundary", "recording's end"]),
        (("stop",), [350, 350, 800], ["next event", "next event", "recording's end"]),
        (("stop", "key"), [140, 350, 800], ["next event", "next event", "recording's end"]),
        (("same-name", "stop"), [250, 350, 800], ["next event", "next event", "recording's end"]),
    ],
)
def test_segments_end_where_the_rule_says_and_at_cuts_in_any_case(until, stops, reasons):
    found = find_segments(events(ROWS), [SegmentRule("s", "go", 0.0, 5.0, until=until)], sfreq=100.0, n_times=800)
    assert [segment.stop for segment in found] == stops
    assert [segment.ended for segment in found] == reasons


def test_what_is_left_of_a_segment_is_told_with_the_reason_even_if_it_is_nothing():
    rule = [SegmentRule("s", "go", 0.5, 1.0)]
    traced = trace_segments(events([(0.2, "go"), (0.5, "key"), (7.9, "go")]), rule, sfreq=100.0, n_times=800)
    assert [(segment.stop <= segment.start, segment.ended) for segment in traced] == [(True, "next event"), (True, "recording's end")]
    early = trace_segments(events([(0.1, "go")]), [SegmentRule("s", "go", -0.2, 0.8, trial=True)], sfreq=100.0, n_times=800)
    assert [(segment.start, segment.stop, segment.ended) for segment in early] == [(0, 90, "recording's begin")]


def test_annotations_without_a_duration_are_told_beside_those_that_have_one():
    marks = Events(np.array([1.0, 4.0]), np.array([2.0, 0.0]), np.array(["rest", "rest"], dtype=object))
    rule = SegmentRule("s", "rest", kind="annotation")
    assert [(s.start, s.stop, s.ended) for s in trace_segments(marks, [rule], sfreq=10.0, n_times=100)] == [
        (10, 30, ""),
        (40, 40, "no duration"),
    ]
    assert len(find_segments(marks, [rule], sfreq=10.0, n_times=100)) == 1


@given(
    st.lists(st.floats(2.0, 90.0), min_size=1, max_size=20, unique=True),
    st.integers(-1500, 500),
    st.integers(20, 2000),
    st.sampled_from([100.0, 128.0, 250.0, 256.0, 499.907]),
)
def test_trials_have_as_many_samples_each_and_the_event_at_the_same_one(onsets, tmin, length, sfreq):
    cues = events([(onset, "go") for onset in sorted(onsets)])
    rule = SegmentRule("s", "go", tmin / 1000, (tmin + length) / 1000, until=("boundary",), trial=True)
    found = find_segments(cues, [rule], sfreq=sfreq, n_times=round(100 * sfreq))
    samples = {segment.stop - segment.start for segment in found}
    assert len(samples) == 1 and abs(samples.pop() - length / 1000 * sfreq) <= 0.5001
    assert len({segment.start - int(np.floor(cues.onset[segment.cue] * sfreq + 0.5 + 1e-6)) for segment in found}) == 1


def test_segments_are_equal_whatever_ended_them():
    assert Segment("a", 0, 1, cue=3, ended="next event") == Segment("a", 0, 1)
