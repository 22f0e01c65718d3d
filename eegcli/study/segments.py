"""Segments: stretches of a recording, found by its events."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eegcli.errors import UsageError
from eegcli.study.events import Events, is_bad, is_boundary, is_cut

ROUNDING = 1e-6  # samples: what seconds as floating point numbers lose, and more
SAME_MOMENT = 0.001 + 1e-9  # s; tables are rounded to milliseconds, so that one moment may stand there as two
WHOLE = "all"  # name of the segment that is the whole recording

MatchHed = Callable[[str, Events], np.ndarray]


@dataclass(frozen=True)
class SegmentRule:
    """Rule that names segments: from and to which time around which events.

    Attributes
    ----------
    name : str
    event : str
        Name of the event or annotation, or the HED query.
    tmin, tmax : float, s
        After the event; an annotation has its own extent.
    kind : {"event", "hed", "annotation"}
        What `event` is.
    """

    name: str
    event: str
    tmin: float = 0.0
    tmax: float = math.inf
    kind: Literal["event", "hed", "annotation"] = "event"

    @property
    def cue(self) -> str:
        """Event, HED query or annotation that the rule looks for, in words."""
        return {"event": "event", "hed": "event that fits HED", "annotation": "annotation with a duration"}[self.kind] + f" {self.event}"


@dataclass(frozen=True)
class Segment:
    """A stretch of one recording, in samples: [start, stop)."""

    name: str
    start: int
    stop: int


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
    """Find the segments of one recording, in order of their start.

    A segment after a cue ends at the next event (a closed block must not run into the next task), one that is an annotation
    where the annotation does; both end at a cut of the recording and at its ends. Events named `bad…` mark stretches, not moments of
    the experiment, and end nothing. Events at most a millisecond apart are one moment: a cue that was written twice is one cue, and what
    stands beside it does not end it.

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
        Those of which anything remains.
    """
    if not rules:
        return (Segment(WHOLE, 0, n_times),)
    ends = Ends(events)
    found: set[tuple[int, int, str]] = set()  # what several rules of one name find at one place is one segment
    for rule in rules:
        for index in find_cues(events, rule, match_hed):
            onset = float(events.onset[index])
            if rule.kind == "annotation":
                begin, end = onset, min(onset + float(events.duration[index]), ends.cut_after(onset))
            else:
                begin, end = onset + rule.tmin, min(onset + rule.tmax, ends.event_after(onset))
            start, stop = max(_nearest_sample(begin, sfreq), 0), min(_nearest_sample(end, sfreq), n_times)
            if stop > start:
                found.add((start, stop, rule.name))
    return tuple(Segment(name, start, stop) for start, stop, name in sorted(found))


def find_cues(events: Events, rule: SegmentRule, match_hed: MatchHed | None = None) -> list[int]:
    """Indices of the events that begin a segment of a rule; of those at one moment the first."""
    if rule.kind == "hed":
        if match_hed is None:
            raise TypeError("a rule with a HED query needs match_hed")
        fits = match_hed(rule.event, events)
    else:
        fits = events.value == rule.event
    if rule.kind == "annotation":
        return [int(index) for index in np.flatnonzero(fits & (events.duration > 0))]
    cues: list[int] = []
    for index in np.flatnonzero(fits & _moments(events)):
        if not cues or events.onset[index] - events.onset[cues[-1]] > SAME_MOMENT:
            cues.append(int(index))
    return cues


class Ends:
    """Times at which a segment of one recording may end, for look-ups by time."""

    def __init__(self, events: Events) -> None:
        self._cuts = events.onset[np.array([is_cut(str(value)) for value in events.value], dtype=bool)]
        self._boundaries = events.onset[np.array([is_boundary(str(value)) for value in events.value], dtype=bool)]
        self._moments = events.onset[_moments(events)]

    def event_after(self, onset: float) -> float:
        """Time of the next event (infinite if there is none); a boundary ends a segment however near it is."""
        return min(_next(self._moments, onset + SAME_MOMENT), _next(self._boundaries, onset))

    def cut_after(self, onset: float) -> float:
        """Time of the next cut of the recording."""
        return _next(self._cuts, onset)


def _next(times: np.ndarray, after: float) -> float:
    place = int(np.searchsorted(times, after, side="right"))
    return float(times[place]) if place < len(times) else math.inf


def _moments(events: Events) -> np.ndarray:
    return np.array([not is_bad(str(value)) for value in events.value], dtype=bool)


def _nearest_sample(time: float, sfreq: float) -> int:
    # Half a sample always counts up, whatever the last bits say: equal rules give segments of equal length, and one that a boundary ends
    # (which stands between two samples) has all samples before it.
    return math.floor(time * sfreq + 0.5 + ROUNDING)
