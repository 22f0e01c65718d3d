"""Segments: rules, clipping, repeated and missing cues."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.artifacts.recordings import Events
from eegcli.artifacts.segments import Segment, SegmentRule, find_segments, parse_rule
from eegcli.errors import UsageError

CLOSED = SegmentRule("closed", "close", 3.0, 37.0)


def events(*pairs: tuple[float, str]) -> Events:
    return Events(np.array([p[0] for p in pairs], float), np.zeros(len(pairs)), np.array([p[1] for p in pairs], dtype=object))


def test_a_rule_is_name_event_and_two_times():
    assert parse_rule("closed=instructed_toCloseEyes:3:37") == SegmentRule("closed", "instructed_toCloseEyes", 3.0, 37.0)
    assert parse_rule("go=Stimulus:S 1:-0.5:1") == SegmentRule("go", "Stimulus:S 1", -0.5, 1.0)


@pytest.mark.parametrize(
    "text", ["closed", "closed=close", "closed=close:3", "=close:3:37", "closed=:3:37", "c=close:37:3", "c=close:a:b", "c=close:0:inf"]
)
def test_a_rule_that_reads_otherwise_is_a_usage_error(text):
    with pytest.raises(UsageError, match="--segment"):
        parse_rule(text)


def test_an_hbn_block_of_40_s_gives_3_to_37_s():
    found = find_segments(events((10.0, "close"), (50.0, "open")), [CLOSED], sfreq=128.0, n_times=100 * 128)
    assert found == (Segment("closed", 13 * 128, 47 * 128),)


def test_a_segment_is_clipped_at_the_next_event_and_at_the_end():
    found = find_segments(events((10.0, "close"), (30.0, "video_start"), (60.0, "close")), [CLOSED], sfreq=100.0, n_times=7000)
    assert found == (Segment("closed", 1300, 3000), Segment("closed", 6300, 7000))


def test_bad_stretches_clip_nothing():
    found = find_segments(events((10.0, "close"), (20.0, "BAD_clipped")), [CLOSED], sfreq=100.0, n_times=10_000)
    assert found == (Segment("closed", 1300, 4700),)


def test_a_cue_written_twice_is_one_cue():
    assert len(find_segments(events((10.0, "close"), (10.0, "close"), (50.0, "open")), [CLOSED], sfreq=100.0, n_times=10_000)) == 1


def test_no_cue_no_segment():
    assert find_segments(events((10.0, "other")), [CLOSED], sfreq=100.0, n_times=10_000) == ()
    assert find_segments(Events(), [CLOSED], sfreq=100.0, n_times=10_000) == ()


def test_two_conditions_come_in_order_of_time():
    rules = [CLOSED, SegmentRule("open", "open", 2.0, 18.0)]
    found = find_segments(events((0.0, "open"), (20.0, "close"), (60.0, "open")), rules, sfreq=10.0, n_times=1000)
    assert [segment.name for segment in found] == ["open", "closed", "open"]


def test_no_rule_is_the_whole_recording():
    assert find_segments(events((1.0, "x")), [], sfreq=10.0, n_times=77) == (Segment("all", 0, 77),)


@given(
    st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["close", "open", "boundary", "BAD_x"])), max_size=12),
    st.floats(-5, 10),
    st.floats(0.1, 50),
    st.sampled_from([1.0, 100.0, 128.0, 500.0]),
    st.integers(1, 60_000),
)
def test_segments_lie_inside_the_recording_and_never_reach_past_the_next_event(pairs, tmin, length, sfreq, n_times):
    cues = events(*sorted(pairs))
    for segment in find_segments(cues, [SegmentRule("s", "close", tmin, tmin + length)], sfreq=sfreq, n_times=n_times):
        assert 0 <= segment.start < segment.stop <= n_times
        onsets = [t for t, name in pairs if name == "close" and abs(max((t + tmin) * sfreq, 0) - segment.start) <= 0.5001]
        nexts = [min([u for u, name in pairs if u > t and not name.startswith("BAD_")], default=np.inf) for t in onsets]
        assert any(segment.stop <= min(u, 1e9) * sfreq + 0.5001 for u in nexts)


@pytest.mark.parametrize("sfreq", [100.0, 128.0, 250.0, 499.907])
def test_equal_rules_give_segments_of_equal_length_wherever_the_cue_lies(sfreq):
    # A cue of 1000 Hz lies half between two samples of 100 Hz in one of ten cases.
    for onset in np.arange(200) / 1000 + 5:
        (found,) = find_segments(events((onset, "close")), [CLOSED], sfreq=sfreq, n_times=100_000)
        assert abs(found.stop - found.start - 34 * sfreq) < 1 and (34 * sfreq % 1 or found.stop - found.start == 34 * sfreq)


@pytest.mark.parametrize("sfreq", [100.0, 128.0, 500.0])
def test_a_boundary_ends_a_segment_after_all_samples_before_it(sfreq):
    for n in range(1000, 1500):
        found = find_segments(events((0.0, "close"), ((n - 0.5) / sfreq, "boundary")), [CLOSED], sfreq=sfreq, n_times=100_000)
        assert found == (Segment("closed", round(3 * sfreq), n),) or n <= 3 * sfreq
