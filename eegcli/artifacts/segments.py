"""Segments: stretches of a recording, found by its events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.artifacts.recordings import Events, is_bad
from eegcli.errors import UsageError

ROUNDING = 1e-6  # samples: what seconds as floating point numbers lose, and more
WHOLE = "all"  # name of the segment that is the whole recording


@dataclass(frozen=True)
class SegmentRule:
    """Cut `name` from `tmin` to `tmax` seconds after each `event`."""

    name: str
    event: str
    tmin: float
    tmax: float


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
    name, _, rest = text.partition("=")
    parts = rest.rsplit(":", 2)
    try:
        event, tmin, tmax = parts[0], float(parts[1]), float(parts[2])
    except (IndexError, ValueError) as error:
        raise UsageError(
            f"{where} {text}: NAME=EVENT:TMIN:TMAX is needed", hint="For example closed=instructed_toCloseEyes:3:37"
        ) from error
    if not name or not event or not np.isfinite([tmin, tmax]).all() or tmax <= tmin:
        raise UsageError(f"{where} {text}: TMAX has to come after TMIN, and NAME and EVENT cannot be empty")
    return SegmentRule(name, event, tmin, tmax)


def parse_rules(texts: Sequence[str], *, where: str = "--segment") -> tuple[SegmentRule, ...]:
    """Read several rules. Two of one name add up: a condition may have several cues."""
    return tuple(parse_rule(text, where=where) for text in texts)


def find_segments(events: Events, rules: Sequence[SegmentRule], *, sfreq: float, n_times: int) -> tuple[Segment, ...]:
    """Find the segments of one recording, in order of their start.

    Each is clipped at the next event after its cue (a closed block must not run into the next task), and at the
    recording's ends. Events named `bad…` mark stretches, not moments of the experiment, and clip nothing.

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

    Returns
    -------
    tuple of Segment
        Those of which anything remains.
    """
    if not rules:
        return (Segment(WHOLE, 0, n_times),)
    cue = np.array([not is_bad(str(value)) for value in events.value], dtype=bool)
    onsets, values = events.onset[cue], events.value[cue]
    found: set[tuple[int, int, str]] = set()  # a cue that was written twice is one cue
    for rule in rules:
        for onset in onsets[values == rule.event]:
            later = onsets[onsets > onset]
            end = min(onset + rule.tmax, later.min() if later.size else np.inf)
            start = max(_nearest_sample(onset + rule.tmin, sfreq), 0)
            stop = min(_nearest_sample(end, sfreq), n_times)
            if stop > start:
                found.add((start, stop, rule.name))
    return tuple(Segment(name, start, stop) for start, stop, name in sorted(found))


def _nearest_sample(time: float, sfreq: float) -> int:
    # Half a sample always counts up, whatever the last bits say: equal rules give segments of equal length, and one that a boundary ends
    # (which stands between two samples) has all samples before it.
    return math.floor(time * sfreq + 0.5 + ROUNDING)
