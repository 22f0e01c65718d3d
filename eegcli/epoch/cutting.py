"""Windows of one recording: where they start, and which are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.artifacts.hdf5 import Buffer
from eegcli.artifacts.recordings import Recording
from eegcli.study.events import Events, is_bad, is_cut
from eegcli.study.segments import Segment

# No amplifier resolves less, and no scalp is that quiet: what stays within it is constant.
CONSTANT_UV = 0.01
ROUNDING = 0.1  # samples; onsets in seconds are rounded, to a tenth of a millisecond in HBN's tables


@dataclass(frozen=True)
class Cut:
    """The windows of one recording.

    Attributes
    ----------
    x : ndarray of float32, shape (n, n_channels, n_times), µV
    start : ndarray of int, shape (n,)
        First sample of each.
    segment : ndarray of object, shape (n,)
        Name of its segment.
    left_out : Counter
        Reason -> number of windows.
    """

    x: np.ndarray
    start: np.ndarray
    segment: np.ndarray
    left_out: Counter[str]


def window_starts(segments: Sequence[Segment], n_times: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """First samples of all whole windows, and the names of their segments.

    Parameters
    ----------
    segments : sequence of Segment
    n_times : int
        Samples of a window.
    step : int
        Samples from one window's start to the next.
    """
    starts = [np.arange(segment.start, segment.stop - n_times + 1, step) for segment in segments]
    names = [np.full(len(part), segment.name, dtype=object) for part, segment in zip(starts, segments, strict=True)]
    return (np.concatenate(starts), np.concatenate(names)) if starts else (np.zeros(0, int), np.zeros(0, object))


def cut(
    recording: Recording, segments: Sequence[Segment], *, n_times: int, step: int, keep_dead: bool, buffer: Buffer | None = None
) -> Cut:
    """Cut one recording into windows and leave out what must never be trained on.

    A window is left out if a `boundary` or a `break cnt` lies inside it, if it overlaps a stretch named `bad…` (`BAD_clipped` where the
    amplifier saturated), or if it is dead: constant or not finite in most channels. A window that is not finite
    in a few channels is left out as ``not finite``.

    Parameters
    ----------
    recording : Recording
    segments : sequence of Segment
    n_times, step : int
        Samples of a window, and from one to the next.
    keep_dead : bool
        Keep dead and clipped windows (never those cut by a boundary: they are no stretch of time).
    buffer : Buffer, optional
        Where the windows are put: they hold until the next ones are put there.
    """
    starts, names = window_starts(segments, n_times, step)
    if not len(starts):
        return Cut(np.zeros((0, len(recording.data), n_times), np.float32), starts, names, Counter())
    x = (buffer or Buffer()).array((len(starts), len(recording.data), n_times), np.float32)
    for window, start in zip(x, starts.tolist(), strict=True):
        window[:] = recording.data[:, start : start + n_times]
    reason = np.full(len(starts), None, dtype=object)
    if not keep_dead:
        # One pass for each: what is not finite shows in the largest or in the smallest value.
        largest, smallest = x.max(axis=2), x.min(axis=2)
        finite = np.isfinite(largest) & np.isfinite(smallest)
        with np.errstate(invalid="ignore", over="ignore"):
            alive = finite & (largest - smallest > CONSTANT_UV)
        reason[~finite.all(axis=1)] = "not finite"
        reason[2 * alive.sum(axis=1) < x.shape[1]] = "dead"
        for name, bad in _bad_stretches(recording.events, recording.sfreq, starts, n_times).items():
            reason[bad] = name
    cuts = np.array([is_cut(str(value)) for value in recording.events.value], dtype=bool)
    boundaries = recording.events.onset[cuts] * recording.sfreq
    # A boundary between two windows stands half a sample before the second.
    first, last = starts[:, None] + 0.5 + ROUNDING, starts[:, None] + n_times - 0.5 - ROUNDING
    inside = (boundaries[None, :] > first) & (boundaries[None, :] < last)
    reason[inside.any(axis=1)] = "boundary"
    keep = np.array([why is None for why in reason], dtype=bool)
    if keep.all():
        return Cut(x, starts, names, Counter())
    return Cut(x[keep], starts[keep], names[keep], Counter(reason[~keep].tolist()))


def _bad_stretches(events: Events, sfreq: float, starts: np.ndarray, n_times: int) -> dict[str, np.ndarray]:
    """Mark windows that overlap a stretch to reject, by its name without `bad`."""
    result: dict[str, np.ndarray] = {}
    for onset, duration, value in zip(events.onset, events.duration, events.value, strict=True):
        if is_bad(str(value)):
            overlaps = (starts < (onset + duration) * sfreq) & (starts + n_times > onset * sfreq)
            name = str(value)[len("bad") :].lstrip("_ ") or "bad"
            result[name] = result.get(name, np.zeros(len(starts), bool)) | overlaps
    return result
