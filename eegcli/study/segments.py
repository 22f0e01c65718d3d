"""Segments: stretches of a recording, found by its events."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from eegcli.errors import UsageError
from eegcli.study.conditions import marks
from eegcli.study.ends import NEXT_EVENT, SAME_MOMENT, Ends, moments
from eegcli.study.events import Events

ROUNDING = 1e-6  # samples: what seconds as floating point numbers lose, and more
WHOLE = "all"  # name of the segment that is the whole recording
NO_DURATION = "no duration"  # reason for which an annotation holds no window
_CUES = {
    "event": "event {}",
    "hed": "event that fits HED {}",
    "annotation": "annotation with a duration {}",
    "condition": "event with {}",
}

MatchHed = Callable[[str, Events], np.ndarray]


@dataclass(frozen=True)
class SegmentRule:
    """Rule that names segments: from and to which time around which events.

    Attributes
    ----------
    name : str
    event : str
        Name of the event or annotation, the HED query, or the condition on columns of events.
    tmin, tmax : float, s
        After the event; an annotation has its own extent.
    kind : {"event", "hed", "annotation", "condition"}
        What `event` is.
    until : tuple of str
        Where a segment ends before `tmax`, as `Ends` has it.
    trial : bool
        True where a segment is one window: the event then stands at the same sample of all segments, and all have as many samples.
    said : str
        What the user wrote, where that is not `event`.
    """

    name: str
    event: str
    tmin: float = 0.0
    tmax: float = math.inf
    kind: Literal["event", "hed", "annotation", "condition"] = "event"
    until: tuple[str, ...] = (NEXT_EVENT,)
    trial: bool = False
    said: str = ""

    @property
    def cue(self) -> str:
        """Event, HED query, annotation or condition that the rule looks for, in words."""
        return _CUES[self.kind].format(self.said or self.event)


@dataclass(frozen=True)
class Segment:
    """Stretch of one recording, in samples: [start, stop).

    Attributes
    ----------
    name : str
    start, stop : int
        First sample, and the one after the last.
    cue : int
        Which event began it; -1 for the whole recording.
    ended : str
        Reason why it is shorter than its rule says; empty where it is not.
    """

    name: str
    start: int
    stop: int
    cue: int = field(default=-1, compare=False)
    ended: str = field(default="", compare=False)


def parse_rule(text: str, *, where: str = "--segment") -> SegmentRule:
    """Read ``NAME=EVENT:TMIN:TMAX``; the event's name may hold colons.

    Parameters
    ----------
    text : str
        The rule, seconds after the event.
    where : str
        What an error calls the place that it stands in.

    Raises
    ------
    UsageError
        If it reads otherwise, or TMAX is not after TMIN.
    """
    return _timed(text, "event", where, "NAME=EVENT:TMIN:TMAX", "closed=instructed_toCloseEyes:3:37")


def parse_rules(
    texts: Sequence[str], *, hed: Sequence[str] = (), annotation: Sequence[str] = (), where: str = "--segment"
) -> tuple[SegmentRule, ...]:
    """Read several rules. Two of one name add up: a condition may have several cues.

    Parameters
    ----------
    texts : sequence of str
        ``NAME=EVENT:TMIN:TMAX``
    hed : sequence of str
        ``NAME=QUERY:TMIN:TMAX``; quotes around a whole query go.
    annotation : sequence of str
        ``NAME=DESCRIPTION``
    where : str
        What an error calls the place that `texts` stand in.
    """
    rules = [parse_rule(text, where=where) for text in texts]
    rules += [_timed(text, "hed", "--hed", 'NAME="QUERY":TMIN:TMAX', 'closed="Label/now-close-your-eyes":3:37') for text in hed]
    for text in annotation:
        name, _, description = text.partition("=")
        if not name or not description:
            raise UsageError(f"--annotation {text}: NAME=DESCRIPTION is needed", hint="For example rest=T0")
        rules.append(SegmentRule(name, description, kind="annotation"))
    return tuple(rules)


def _timed(text: str, kind: Literal["event", "hed"], where: str, form: str, example: str) -> SegmentRule:
    name, _, rest = text.partition("=")
    parts = rest.rsplit(":", 2)
    try:
        event, tmin, tmax = parts[0], float(parts[1]), float(parts[2])
    except (IndexError, ValueError) as error:
        raise UsageError(f"{where} {text}: {form} is needed", hint=f"For example {example}") from error
    if kind == "hed":
        event = _unquoted(event)
    if event.startswith("="):
        raise UsageError(f"{where} {text}: a condition needs a name before it, {form}", hint=f"For example hit={name.strip()} ={rest}")
    if not name or not event or not np.isfinite([tmin, tmax]).all() or tmax <= tmin:
        raise UsageError(f"{where} {text}: TMAX has to come after TMIN, and NAME and {kind.upper()} cannot be empty")
    return SegmentRule(name, event, tmin, tmax, kind)


def _unquoted(query: str) -> str:
    """A query without quotes around the whole of it; around one tag they belong to the query: that tag, none below it."""
    inner = query[1:-1] if len(query) > 1 and query[0] == query[-1] == '"' else ""
    whole = '"' not in inner and any(letter in inner for letter in " &|~()[]{}")
    return inner.strip() if inner and whole else query.strip()


def find_segments(
    events: Events, rules: Sequence[SegmentRule], *, sfreq: float, n_times: int, match_hed: MatchHed | None = None
) -> tuple[Segment, ...]:
    """Find the segments of one recording, in order of their start: those of `trace_segments` of which anything remains."""
    found = trace_segments(events, rules, sfreq=sfreq, n_times=n_times, match_hed=match_hed)
    return tuple(segment for segment in found if segment.stop > segment.start)


def trace_segments(
    events: Events, rules: Sequence[SegmentRule], *, sfreq: float, n_times: int, match_hed: MatchHed | None = None
) -> tuple[Segment, ...]:
    """Find the segments of one recording, in order of their start, those included of which nothing remains.

    A segment after a cue ends where its rule says (`Ends`): by default at the next event, for a closed block must not run into the next
    task. One that is an annotation ends where the annotation does. All end at a cut of the recording and at its ends. Events named `bad…`
    mark stretches, not moments of the experiment, and end nothing. Events at most a millisecond apart are one moment: a cue that was
    written twice is one cue, and what stands beside it does not end it.

    Parameters
    ----------
    events : Events
        s, from the first sample.
    rules : sequence of SegmentRule
        None at all means the whole recording.
    sfreq : float
        Hz.
    n_times : int
        Samples of the recording.
    match_hed : callable, optional
        Marks the events that fit a HED query; needed where a rule has one.

    Returns
    -------
    tuple of Segment
    """
    if not rules:
        return (Segment(WHOLE, 0, n_times),)
    ends = Ends(events)
    found: dict[tuple[int, int, str], Segment] = {}  # what several rules of one name find at one place is one segment
    for rule in rules:
        cues = find_cues(events, rule, match_hed)
        if rule.kind == "annotation" and cues:
            cues = [int(index) for index in np.flatnonzero(events.value == rule.event)]  # those without a duration are lost, and counted
        for index in cues:
            segment = _segment(rule, index, events, ends, sfreq, n_times)
            found.setdefault((segment.start, segment.stop, segment.name), segment)
    return tuple(found[place] for place in sorted(found))


def _segment(rule: SegmentRule, index: int, events: Events, ends: Ends, sfreq: float, n_times: int) -> Segment:
    onset = float(events.onset[index])
    if rule.kind == "annotation":
        wanted, (limit, why) = onset + float(events.duration[index]), ends.cut_after(onset)
        start, stop = _nearest_sample(onset, sfreq), _nearest_sample(min(wanted, limit), sfreq)
    else:
        wanted, (limit, why) = onset + rule.tmax, ends.after(index, rule.until)
        if rule.trial:
            start = _nearest_sample(onset, sfreq) + _nearest_sample(rule.tmin, sfreq)
            stop = start + _nearest_sample(rule.tmax - rule.tmin, sfreq)
            stop = stop if limit >= wanted else min(stop, _nearest_sample(limit, sfreq))
        else:
            start, stop = _nearest_sample(onset + rule.tmin, sfreq), _nearest_sample(min(wanted, limit), sfreq)
    ended = why if limit < wanted else NO_DURATION if rule.kind == "annotation" and wanted <= onset else ""
    if stop > n_times or (stop <= start and start >= n_times):
        stop, ended = n_times, "recording's end"
    if start < 0:
        start, ended = 0, ended or "recording's begin"
    return Segment(rule.name, start, stop, index, ended)


def find_cues(events: Events, rule: SegmentRule, match_hed: MatchHed | None = None) -> list[int]:
    """Indices of the events that begin a segment of a rule; of those at one moment the first."""
    if rule.kind == "hed":
        if match_hed is None:
            raise TypeError("a rule with a HED query needs match_hed")
        fits = match_hed(rule.event, events)
    elif rule.kind == "condition":
        fits = marks(rule.event, events)
    else:
        fits = events.value == rule.event
    if rule.kind == "annotation":
        return [int(index) for index in np.flatnonzero(fits & (events.duration > 0))]
    cues: list[int] = []
    for index in np.flatnonzero(fits & moments(events)):
        if not cues or events.onset[index] - events.onset[cues[-1]] > SAME_MOMENT:
            cues.append(int(index))
    return cues


def _nearest_sample(time: float, sfreq: float) -> int:
    # Half a sample always counts up, whatever the last bits say: equal rules give segments of equal length, and one that a boundary ends
    # (which stands between two samples) has all samples before it.
    return math.floor(time * sfreq + 0.5 + ROUNDING)
