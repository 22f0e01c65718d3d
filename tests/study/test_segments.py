"""Segments: rules, clipping, repeated and missing cues."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.errors import UsageError
from eegcli.study.events import Events
from eegcli.study.segments import Segment, SegmentRule, find_segments, parse_rule, parse_rules

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


def test_a_cue_written_twice_within_rounding_is_one_cue_and_does_not_end_itself():
    for gap in (0.0004, 0.001):
        found = find_segments(events((10.0, "close"), (10.0 + gap, "close"), (50.0, "open")), [CLOSED], sfreq=500.0, n_times=50_000)
        assert found == (Segment("closed", 6500, 23_500),)


def test_a_cue_given_again_before_another_ends_the_first_and_begins_its_own():
    found = find_segments(events((10.0, "close"), (18.0, "close"), (58.0, "open")), [CLOSED], sfreq=100.0, n_times=10_000)
    assert found == (Segment("closed", 1300, 1800), Segment("closed", 2100, 5500))


def test_a_cue_of_the_next_task_ends_the_last_block():
    cues = events((10.0, "open"), (15.5, "seqLearning_start"), (16.0, "dot_no1_ON"))
    assert find_segments(cues, [SegmentRule("open", "open", 0.0, 20.0)], sfreq=100.0, n_times=10_000) == (Segment("open", 1000, 1550),)


@pytest.mark.parametrize("cut", ["boundary", "break cnt"])
def test_a_boundary_and_an_amplifier_break_end_segments_of_every_kind(cut):
    marks = Events(np.array([10.0, 14.5]), np.array([20.0, 0.0]), np.array(["open", cut], dtype=object))
    rules = [SegmentRule("cue", "open", 0.0, 20.0), SegmentRule("mark", "open", kind="annotation")]
    found = find_segments(marks, rules, sfreq=100.0, n_times=10_000)
    assert found == (Segment("cue", 1000, 1450), Segment("mark", 1000, 1450))


def test_a_boundary_ends_a_segment_however_near_and_another_event_at_the_moment_of_the_cue_does_not():
    rule = [SegmentRule("s", "close", 0.0, 5.0)]
    assert find_segments(events((1.0, "close"), (1.0005, "boundary")), rule, sfreq=100.0, n_times=1000) == ()
    assert find_segments(events((1.0, "close"), (1.0005, "trigger")), rule, sfreq=100.0, n_times=1000) == (Segment("s", 100, 600),)


def test_the_last_block_without_an_end_ends_after_tmax_or_with_the_recording():
    rule = [SegmentRule("open", "open", 3.0, 17.0)]
    assert find_segments(events((10.0, "open")), rule, sfreq=100.0, n_times=10_000) == (Segment("open", 1300, 2700),)
    assert find_segments(events((10.0, "open")), rule, sfreq=100.0, n_times=2000) == (Segment("open", 1300, 2000),)
    assert find_segments(events((10.0, "open")), rule, sfreq=100.0, n_times=1300) == ()


def test_an_annotation_has_its_own_extent_which_no_event_inside_ends():
    marks = Events(np.array([2.0, 3.0, 8.0]), np.array([4.0, 0.0, 9.0]), np.array(["T0", "key press", "T0"], dtype=object))
    found = find_segments(marks, parse_rules((), annotation=("rest=T0",)), sfreq=100.0, n_times=1000)
    assert found == (Segment("rest", 200, 600), Segment("rest", 800, 1000))


def test_an_event_without_duration_is_no_annotation():
    assert find_segments(events((2.0, "T0")), parse_rules((), annotation=("rest=T0",)), sfreq=100.0, n_times=1000) == ()


def test_rules_of_all_kinds_read_as_documented():
    rules = parse_rules(
        ("a=go:0:1",), hed=('b="Sensory-event && Label/x":0:1', 'c="Event":0:1', "d={Cue: Label/x}:-1:2"), annotation=("e=eyes: open=1",)
    )
    assert rules == (
        SegmentRule("a", "go", 0.0, 1.0),
        SegmentRule("b", "Sensory-event && Label/x", 0.0, 1.0, "hed"),
        SegmentRule("c", '"Event"', 0.0, 1.0, "hed"),  # the quotes of one tag mean: that tag, none below it
        SegmentRule("d", "{Cue: Label/x}", -1.0, 2.0, "hed"),
        SegmentRule("e", "eyes: open=1", kind="annotation"),
    )
    for wrong in ({"hed": ("b=Event",)}, {"hed": ("=Event:0:1",)}, {"annotation": ("T0",)}, {"annotation": ("rest=",)}):
        with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
            parse_rules((), **wrong)


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
        # Within a millisecond two rows are one moment; a boundary counts however near.
        nexts = [
            min(
                [u for u, name in pairs if not name.startswith("BAD_") and (u > t if name == "boundary" else u > t + 0.00101)],
                default=np.inf,
            )
            for t in onsets
        ]
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


def slow_segments(rows, rules, rate, n_times):
    """The documented rules in whole milliseconds, a cue and an event at a time."""
    found = set()
    for name, kind, cue, tmin, tmax in rules:
        last = None
        for onset, duration, value in rows:
            if value != cue:
                continue
            if kind == "annotation":
                begin, end = onset, onset + duration
                enders = [other for other, _, what in rows if what in ("boundary", "break cnt") and other > onset]
            else:
                if last is not None and onset - last <= 1:
                    continue
                last = onset
                begin, end = onset + tmin, onset + tmax
                enders = [
                    other
                    for other, _, what in rows
                    if not what.startswith("BAD_") and (other > onset if what == "boundary" else other - onset > 1)
                ]
            end = min([end, *enders])
            first, stop = ((2 * moment * rate + 1000) // 2000 for moment in (begin, end))  # half a sample counts up
            first, stop = max(first, 0), min(stop, n_times)
            if stop > first:
                found.add((first, stop, name))
    return [Segment(name, first, stop) for first, stop, name in sorted(found)]


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 900), st.sampled_from(["close", "open", "key", "boundary", "break cnt", "BAD_x"])),
        max_size=14,
    ),
    st.integers(-500, 500),
    st.integers(1, 2000),
    st.sampled_from([100, 125, 128, 500, 1000]),
    st.integers(1, 4000),
)
def test_segments_of_all_kinds_are_those_of_a_slow_search(rows, tmin, length, rate, n_times):
    rows = sorted(rows, key=lambda row: row[0])
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    marks = Events(np.array(columns[0]) / 1000, np.array(columns[1]) / 1000, np.array(columns[2], dtype=object))
    kinds = [("c", "event", "close", tmin, tmin + length), ("o", "event", "open", 0, length), ("k", "annotation", "key", 0, 0)]
    rules = [
        SegmentRule(name, cue, low / 1000, high / 1000) if kind == "event" else SegmentRule(name, cue, kind="annotation")
        for name, kind, cue, low, high in kinds
    ]
    assert list(find_segments(marks, rules, sfreq=float(rate), n_times=n_times)) == slow_segments(rows, kinds, rate, n_times)


def test_a_condition_without_a_name_before_it_is_told():
    with pytest.raises(UsageError, match="a condition needs a name before it") as caught:
        parse_rule("value == 3:0:1")
    assert caught.value.hint == "For example hit=value == 3:0:1"
    assert parse_rule('hit=kind == "a:b" and rt < 0.5:-0.2:0.8') == SegmentRule("hit", 'kind == "a:b" and rt < 0.5', -0.2, 0.8)
