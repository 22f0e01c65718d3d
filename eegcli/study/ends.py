"""Ends of segments: the next event, the next of the same name, the next of some names, or a cut of the recording."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eegcli.settings.epoch import RULES
from eegcli.study.events import Events, is_bad, is_boundary, is_cut

NEXT_EVENT, SAME_NAME, BOUNDARY = RULES
SAME_MOMENT = 0.001 + 1e-9  # s; tables are rounded to milliseconds, so that one moment may stand there as two
AT_CUT = "boundary"  # reasons, as they are counted
AT_EVENT = "next event"


class Ends:
    """Times at which a segment of one recording may end, for look-ups by time.

    A cut ends every segment. Before that, `until` decides: ``next-event``, ``same-name`` (the next event of the cue's name),
    ``boundary`` (nothing else), or names of events.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._cuts = events.onset[np.array([is_cut(str(value)) for value in events.value], dtype=bool)]
        self._boundaries = events.onset[np.array([is_boundary(str(value)) for value in events.value], dtype=bool)]
        self._moment = moments(events)
        self._moments = events.onset[self._moment]
        self._named: dict[frozenset[str], np.ndarray] = {}

    def after(self, cue: int, until: Sequence[str]) -> tuple[float, str]:
        """Time at which a segment ends at the latest (infinite if nothing ends it), and why.

        Parameters
        ----------
        cue : int
            Index of the event that begins it.
        until : sequence of str
            ``next-event``, ``same-name`` or ``boundary``, or names of events.
        """
        onset = float(self._events.onset[cue])
        if NEXT_EVENT in until:
            # A boundary ends a segment however near it is; what else stands within a millisecond is the same moment.
            event, cut = _next(self._moments, onset + SAME_MOMENT), _next(self._boundaries, onset)
            cut = min(cut, _next(self._cuts, onset + SAME_MOMENT))
        else:
            names = {str(self._events.value[cue]) if name == SAME_NAME else name for name in until} - {BOUNDARY}
            event, cut = _next(self._times(frozenset(names)), onset + SAME_MOMENT), _next(self._cuts, onset)
        return (event, AT_EVENT) if event < cut else (cut, AT_CUT)

    def cut_after(self, onset: float) -> tuple[float, str]:
        """Time of the next cut of the recording, and what it is."""
        return _next(self._cuts, onset), AT_CUT

    def _times(self, names: frozenset[str]) -> np.ndarray:
        if names not in self._named:
            fits = np.array([str(value) in names for value in self._events.value], dtype=bool)
            self._named[names] = self._events.onset[fits & self._moment]
        return self._named[names]


def moments(events: Events) -> np.ndarray:
    """Mark the events that are moments of the experiment, not stretches to reject."""
    return np.array([not is_bad(str(value)) for value in events.value], dtype=bool)


def _next(times: np.ndarray, after: float) -> float:
    place = int(np.searchsorted(times, after, side="right"))
    return float(times[place]) if place < len(times) else math.inf
