"""The dry run: segments and windows counted by the events alone, of a recordings artifact or of a BIDS tree that is not fetched."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eegcli.epoch.cutting import holds_cut, window_starts
from eegcli.epoch.tally import Tally
from eegcli.errors import counted, listed
from eegcli.reporter import Reporter
from eegcli.study.events import Events
from eegcli.study.segments import WHOLE, MatchHed, SegmentRule, find_cues, trace_segments

MAX_ROWS = 20  # of the table of irregular recordings
UNBOUNDED = sys.maxsize  # samples of a recording whose length nobody states


@dataclass(frozen=True)
class Counted:
    """Number of segments and windows in one recording.

    Attributes
    ----------
    name : str
    segments, cues : Counter
        By the segment's name.
    too_short : int
        Segments shorter than a window.
    n_windows : int
    lost : Counter
        Reason -> segments too short for a window, those included of which nothing remains.
    error : str
        Why nothing could be counted; empty where it could.
    """

    name: str
    segments: Counter[str]
    cues: Counter[str]
    too_short: int = 0
    n_windows: int = 0
    error: str = ""
    lost: Counter[str] = field(default_factory=Counter)


def count(
    name: str,
    events: Events,
    rules: Sequence[SegmentRule],
    *,
    sfreq: float,
    n_times: int,
    window: tuple[int, int],
    match_hed: MatchHed,
    tally: Tally,
) -> Counted:
    """Count the segments and windows of one recording.

    Parameters
    ----------
    name : str
    events : Events
    rules : sequence of SegmentRule
    sfreq : float
        Hz.
    n_times : int
        Samples of the recording; `UNBOUNDED` where nobody states it.
    window : (int, int)
        Samples of a window, and from one to the next.
    match_hed : callable
        As for `find_segments`.
    tally : Tally
        Of the cohort.
    """
    if not rules and n_times == UNBOUNDED:
        return Counted(name, Counter(), Counter(), error="its length is not stated")
    traced = trace_segments(events, rules, sfreq=sfreq, n_times=n_times, match_hed=match_hed)
    found = [segment for segment in traced if segment.stop > segment.start]
    cues = Counter({rule.name: 0 for rule in rules})
    for rule in rules:
        cues[rule.name] += len(find_cues(events, rule, match_hed))
    starts, _ = window_starts(found, *window)
    if rules:  # a segment that begins before its cue may reach back over a cut
        starts = starts[~holds_cut(events, sfreq, starts, starts + window[0])]
    return Counted(
        name,
        Counter(segment.name for segment in found),
        cues,
        too_short=sum(segment.stop - segment.start < window[0] for segment in found),
        n_windows=len(starts),
        lost=tally.see(traced, events, n_times=window[0], sfreq=sfreq),
    )


def summarise(counted: Iterable[Counted], rules: Sequence[SegmentRule]) -> dict[str, Any]:
    """Summarise a dry run: its figures over all recordings.

    Returns
    -------
    dict
        ``n_recordings``, ``segments`` {name: count}, ``segments_too_short``, ``lost_segments`` {reason: count},
        ``n_windows`` and ``irregular``: the recordings
        whose counts are not those of most, with the reason.
    """
    items = list(counted)
    names = list(dict.fromkeys(rule.name for rule in rules)) or [WHOLE]
    totals = Counter(dict.fromkeys(names, 0))
    for item in items:
        totals.update(item.segments)
    return {
        "n_recordings": len(items),
        "segments": dict(totals),
        "segments_too_short": sum(item.too_short for item in items),
        "lost_segments": dict(sum((item.lost for item in items), Counter[str]()).most_common()),
        "n_windows": sum(item.n_windows for item in items),
        "irregular": _irregular(items, names),
    }


def show_irregular(summary: dict[str, Any], reporter: Reporter) -> None:
    """Show the recordings whose counts are not those of most, a row for those that are alike."""
    alike: dict[tuple[str, str], list[str]] = {}
    for item in summary["irregular"]:
        alike.setdefault((_said(item["segments"]), item["reason"]), []).append(item["recording"])
    if not alike:
        return
    kinds = sorted(alike.items(), key=lambda kind: len(kind[1]))
    rows = [[listed(names, 1, count=True), *kind] for kind, names in kinds[:MAX_ROWS]]
    if len(kinds) > MAX_ROWS:
        rest = [name for _, names in kinds[MAX_ROWS:] for name in names]
        rows.append([listed(rest, 0, count=True), "", "--json lists them all"])
    title = f"Irregular: {len(summary['irregular'])} of {counted(summary['n_recordings'], 'recording')}"
    reporter.table(title, ("recording", "segments", "reason"), rows)


def _irregular(items: Sequence[Counted], names: Sequence[str]) -> list[dict[str, Any]]:
    counted = [item for item in items if not item.error]
    # Segments and cues apart: a cue too many, of which nothing is left, is worth a look, too.
    usual = _most_common([_numbers(item.segments, names) for item in counted], len(names))
    usual_cues = _most_common([_numbers(item.cues, names) for item in counted], len(names))
    return [
        {
            "recording": item.name,
            "segments": {name: item.segments[name] for name in names},
            "cues": {name: item.cues[name] for name in names if name in item.cues},
            "reason": _reason(item, names, usual, usual_cues),
        }
        for item in items
        if item.error or not any(usual) or (_numbers(item.segments, names), _numbers(item.cues, names)) != (usual, usual_cues)
    ]


def _reason(item: Counted, names: Sequence[str], usual: Sequence[int], usual_cues: Sequence[int]) -> str:
    if item.error:
        return item.error
    if item.cues and not any(item.cues.values()):
        return "no cue"
    said = []
    for name, most, most_cues in zip(names, usual, usual_cues, strict=True):
        cues, segments = item.cues[name], item.segments[name]
        if segments != most:
            said.append(f"{segments} {name} where most have {most}")
        elif cues != most_cues:
            said.append(f"{cues} cues of {name} where most have {most_cues}")
        if (segments, cues) != (most, most_cues) and cues > segments:
            said.append(f"of {cues - segments} nothing is left before the next event or the end")
    return "; ".join(said) or "no segment"


def _numbers(counts: Counter[str], names: Sequence[str]) -> tuple[int, ...]:
    return tuple(counts[name] for name in names)


def _most_common(patterns: Sequence[tuple[int, ...]], n_names: int) -> tuple[int, ...]:
    counts = Counter(patterns)
    return max(counts, key=lambda pattern: (counts[pattern], pattern), default=(0,) * n_names)


def _said(segments: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in segments.items())
