"""Step `keep-segments`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.events import make_events
from eegcli.errors import UsageError
from eegcli.preprocess.definition import Definition, Options
from eegcli.preprocess.signal import Signal
from eegcli.study.events import Events, rows_or_missing
from eegcli.study.segments import Segment, find_segments, parse_rules
from eegcli.study.vocabulary import survey

# Where the boundary between two stretches lies, in samples before the first of the later one. Between two samples is right;
# EEGLAB's eeg_epoch2continuous counts from one and takes half a sample away, which is before the last sample of the earlier stretch.
BOUNDARY = {"between": 0.5, "eeglab": 1.5}


def keep_segments(signal: Signal, *, segments: tuple[str, ...], boundary: Literal["eeglab", "between"] = "eeglab") -> Signal:
    """Keep some stretches of the recording only, joined in order of time.

    Parameters
    ----------
    signal : Signal
    segments : tuple of str
        ``NAME=EVENT:TMIN:TMAX``, seconds after the event: the words of `epoch --segment`, conditions on columns of the recording's events
        included, and the same stretches as with ``--until next-event``. Each ends at the next event and at the recording's end. Stretches that overlap are kept once.
    boundary : {'eeglab', 'between'}
        Where a `boundary` marks the join. ``eeglab``: before the last sample of the earlier stretch, as EEGLAB's
        `eeg_epoch2continuous` has it, so that the last window of each stretch but the last is lost to it when the stretches are cut
        into windows without a gap. ``between``: between the two stretches, where it costs no window.

    Returns
    -------
    Signal
        Other events inside the stretches are kept, at their new time and cut to the stretch; an event named after the segment, as
        long as its stretch, stands at each one's first sample, with the columns of the event that began it.

    Raises
    ------
    RecordingError
        If the recording has no such event, or nothing of the stretches lies inside it.
    """
    rules = survey([signal.events]).resolve(parse_rules(segments, where="step keep-segments:"))
    found = find_segments(signal.events, rules, sfreq=signal.sfreq, n_times=signal.n_times)
    if not found:
        cues = sorted({rule.event for rule in rules})
        if set(cues) & set(signal.events.value):
            raise RecordingError(f"nothing of the segments after {' or '.join(cues)} lies inside the recording", cause="too short")
        raise RecordingError(f"no event {' or '.join(cues)}", cause="no cue", hint="`eegcli info` lists the events of a data set.")
    stretches = _joined(found)
    return replace(signal.keep(stretches), events=_events(signal, found, stretches, BOUNDARY[boundary]))


def _joined(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    """First and last sample (exclusive) of each stretch; segments that overlap or touch are one."""
    stretches: list[tuple[int, int]] = []
    for segment in segments:  # in order of their start
        if stretches and segment.start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], segment.stop))
        else:
            stretches.append((segment.start, segment.stop))
    return stretches


def _events(signal: Signal, segments: Sequence[Segment], stretches: Sequence[tuple[int, int]], before: float) -> Events:
    """The events of the joined recording. Times are in samples until the last line."""
    onset, duration = signal.events.onset * signal.sfreq, signal.events.duration * signal.sfreq
    rows: list[tuple[float, float, str, str, int]] = []  # onset, duration, name, HED, and which event it was (-1: none)
    offset = 0  # first sample of the stretch in the joined recording
    for start, stop in stretches:
        if offset:
            rows.append((max(offset - before, 0.0), 0.0, "boundary", "", -1))
        rows += [
            (float(segment.start - start + offset), float(segment.stop - segment.start), segment.name, "", segment.cue)
            for segment in segments
            if start <= segment.start < stop
        ]
        begin, end = np.maximum(onset, start), np.minimum(onset + duration, stop)
        # A moment belongs to the sample that it is nearest to; a boundary half a sample before the stretch is no longer one.
        moment = (onset > start - 0.5) & (onset < stop - 0.5)
        for row in np.flatnonzero(moment | (end > begin)):
            length = max(end[row] - begin[row], 0.0)
            rows.append((begin[row] - start + offset, length, str(signal.events.value[row]), str(signal.events.hed[row]), int(row)))
        offset += stop - start
    rate = signal.sfreq
    onsets, lengths, values, hed, which = zip(*rows, strict=True)
    columns = rows_or_missing(signal.events.columns, which)
    events = make_events([time / rate for time in onsets], [time / rate for time in lengths], values, hed, columns)
    return replace(events, definitions=signal.events.definitions, hed_version=signal.events.hed_version)


def _check(options: Options) -> None:
    if not options["segments"]:
        raise UsageError("step keep-segments: no segment is named", hint="For example closed=instructed_toCloseEyes:3:37")
    parse_rules(options["segments"], where="step keep-segments:")


STEP = Definition(keep_segments, check=_check)
