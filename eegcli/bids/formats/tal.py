"""Time-stamped annotation lists of EDF+ and BDF+: annotations, and when each record was recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from eegcli.bids.events import join, make_events
from eegcli.bids.formats.clock import Clock
from eegcli.bids.formats.text import NOT_UTF8, decoded
from eegcli.study.events import Events

_HEAD = re.compile(rb"([+-]\d+\.?\d*)(?:\x15(\d+\.?\d*|\.\d+)?)?")
_BETWEEN, _END = b"\x14", b"\x00"
OUTSIDE = "annotations of the file that lie where nothing was recorded are left out"
BROKEN = "annotations of the file that have no time are left out"


def read_annotations(
    columns: Sequence[Sequence[bytes]], seconds: float, interval: float, names: Sequence[str]
) -> tuple[Events, Clock | None, tuple[str, ...]]:
    """Read annotations, and where the recording was interrupted.

    Parameters
    ----------
    columns : sequence of sequence of bytes
        Of each annotation signal, its part of each record.
    seconds : float
        Length of a record.
    interval : float, s
        From one sample to the next, of the fastest channel.
    names : sequence of str
        Channels, which an annotation may name after ``@@``.

    Returns
    -------
    events : Events
        In seconds of the data; a boundary at each gap.
    clock : Clock or None
        None where there are no gaps.
    warnings : tuple of str
    """
    if not columns:
        return make_events([], [], []), None, ()
    stamps: list[bytes | None] = [None] * len(columns[0])
    found: dict[tuple[float, float, str, int], None] = {}
    guessed = broken = False
    for number, column in enumerate(columns):
        for record, content in enumerate(column):
            for place, tal in enumerate(part for part in content.split(_END) if part):
                head, *texts = tal.split(_BETWEEN)
                match = _HEAD.fullmatch(head)
                if match is None:
                    broken = broken or any(texts)
                    continue
                if number == 0 and place == 0 and texts and not texts[0]:
                    stamps[record] = match[1]
                for text in filter(None, texts):
                    value, wrong = decoded(text)
                    guessed = guessed or wrong
                    value, at, channel = value.partition("@@")
                    shared = bool(at) and channel in names
                    value = value if shared else f"{value}{at}{channel}"
                    # An annotation of several channels is written once for each of them.
                    found[float(match[1]), float(match[2] or 0), value, 0 if shared else len(found) + 1] = None
    begin = float(next((stamp for stamp in stamps if stamp is not None), b"0"))
    clock = _clock(stamps, begin, seconds, interval)
    listed = list(found)
    placed, length, there = clock.placed([key[0] - begin for key in listed], [key[1] for key in listed])
    kept = np.flatnonzero(there).tolist()
    events = make_events(placed[kept].tolist(), length[kept].tolist(), [listed[index][2] for index in kept])
    warned = [text for text, wrong in ((NOT_UTF8, guessed), (OUTSIDE, not there.all()), (BROKEN, broken)) if wrong]
    return join(events, clock.boundaries), clock if clock.cut.any() else None, tuple(warned)


def _clock(stamps: Sequence[bytes | None], begin: float, seconds: float, interval: float) -> Clock:
    """Clock of records: recording was interrupted where a record's time is not that of the end of the one before."""
    n_records = len(stamps)
    digits = max((len(stamp.partition(b".")[2]) for stamp in stamps if stamp), default=0)
    exact = abs(seconds * 10**digits - round(seconds * 10**digits)) < 1e-6
    tolerance = interval / 2 if exact else max(interval / 2, 10.0**-digits)
    same = len({stamp for stamp in stamps if stamp}) < 2  # a program that writes the same time everywhere says nothing
    time = np.zeros(n_records)
    for record in range(1, n_records):
        stamp = stamps[record]
        time[record] = time[record - 1] + seconds if stamp is None or same else float(stamp) - begin
    place = np.arange(n_records) * seconds
    cut = np.append(False, np.abs(np.diff(time) - seconds) > tolerance)
    # Records are stretches of their own only where the clock drifts against the samples: else whole stretches are as exact.
    starts = np.flatnonzero(np.append(True, cut[1:]))
    drift = time - place - np.repeat((time - place)[starts], np.diff([*starts, n_records]))
    kept = np.arange(n_records) if np.abs(drift).max() > tolerance else starts
    return Clock(time[kept], place[kept], np.diff([*place[kept], n_records * seconds]), cut[kept])
