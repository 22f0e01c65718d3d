"""Tally of segments: how many there are of each name, what ends them, and which are too short for a window and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eegcli.errors import counted
from eegcli.reporter import Reporter
from eegcli.study.ends import AT_EVENT, NEXT_EVENT, Ends
from eegcli.study.events import Events
from eegcli.study.segments import Segment, SegmentRule

MANY = 0.1  # share of segments that are too short: from here on what is left may be another sample than what was recorded
TOO_SHORT = "too short"


class Tally:
    """Counts segments, recording by recording.

    Parameters
    ----------
    rules : sequence of SegmentRule
    seconds : float
        Length of a window.
    """

    def __init__(self, rules: Sequence[SegmentRule], seconds: float) -> None:
        self._rules, self._seconds = tuple(rules), seconds
        self._of: Counter[str] = Counter()  # all counters by the segment's name
        self._at_event: Counter[str] = Counter()
        self._past_event: Counter[str] = Counter()
        self._lost: dict[str, Counter[str]] = {rule.name: Counter() for rule in rules}

    @property
    def lost(self) -> Counter[str]:
        """Reason -> number of segments too short for a window."""
        return sum(self._lost.values(), Counter[str]())

    def see(self, segments: Sequence[Segment], events: Events, *, n_times: int, sfreq: float) -> Counter[str]:
        """Count the segments of one recording, those included of which nothing remains.

        Parameters
        ----------
        segments : sequence of Segment
            Of `trace_segments`.
        events : Events
        n_times : int
            Samples of a window.
        sfreq : float
            Hz.

        Returns
        -------
        Counter
            Reason -> number of segments of this recording that are too short for a window.
        """
        lost: Counter[str] = Counter()
        ends = Ends(events) if any(NEXT_EVENT not in rule.until for rule in self._rules) else None
        for segment in segments:
            if segment.cue < 0:
                continue
            self._of[segment.name] += 1
            self._at_event[segment.name] += segment.ended == AT_EVENT
            if ends is not None and ends.after(segment.cue, (NEXT_EVENT,))[0] * sfreq < segment.stop - 1:
                self._past_event[segment.name] += 1
            if segment.stop - segment.start < n_times:
                reason = f"{TOO_SHORT}: {segment.ended}" if segment.ended else TOO_SHORT
                lost[reason] += 1
                self._lost[segment.name][reason] += 1
        return lost

    def tell(self, reporter: Reporter) -> None:
        """Tell where segments ended, and warn of names of which many are too short."""
        for name, n in self._of.items():
            at, past, lost = self._at_event[name], self._past_event[name], self._lost[name]
            if at:
                reporter.info(f"{at} of {counted(n, 'segment')} of {name} end at an event before TMAX; --until boundary lets them run on.")
            elif past and any(rule.name == name and rule.trial and NEXT_EVENT not in rule.until for rule in self._rules):
                reporter.info(f"{past} of {counted(n, 'segment')} of {name} run past other events; --until next-event ends them there.")
            if lost.total() > MANY * n:
                why = ", ".join(
                    f"{count} {reason.removeprefix(TOO_SHORT).lstrip(': ') or 'as they are'}" for reason, count in lost.most_common()
                )
                mend = "; --until boundary lets them run on" if any(AT_EVENT in reason for reason in lost) else ""
                reporter.warn(
                    f"{lost.total()} of {counted(n, 'segment')} of {name} are too short for a window of {self._seconds:g} s ({why}): "
                    f"those that are left may not stand for all{mend}"
                )
