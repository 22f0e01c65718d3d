"""Windows of one recording: where they start, and which are left out."""

from __future__ import annotations

import math
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
EXACT = 1e-6  # samples: what seconds as floating point numbers lose, and more
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
    cue : ndarray of int, shape (n,)
        Which event began its segment; -1 for the whole recording.
    """

    x: np.ndarray
    start: np.ndarray
    segment: np.ndarray
    left_out: Counter[str]
    cue: np.ndarray


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
    starts = _starts(segments, n_times, step)
    names = [np.full(len(part), segment.name, dtype=object) for part, segment in zip(starts, segments, strict=True)]
    return (np.concatenate(starts), np.concatenate(names)) if starts else (np.zeros(0, int), np.zeros(0, object))


def _starts(segments: Sequence[Segment], n_times: int, step: int) -> list[np.ndarray]:
    return [np.arange(segment.start, segment.stop - n_times + 1, step) for segment in segments]


def cut(
    recording: Recording,
    segments: Sequence[Segment],
    *,
    n_times: int,
    step: int,
    keep_dead: bool,
    baseline: tuple[float, float] | None = None,
    reject: float | None = None,
    buffer: Buffer | None = None,
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
    baseline : (float, float), optional
        s after the segment's event, both included: each channel's mean there is subtracted. What was said of a window goes for the
        stretch from its baseline to its end.
    reject : float, optional
        µV: leave out windows in which a channel's values are further apart.
    buffer : Buffer, optional
        Where the windows are put: they hold until the next ones are put there.
    """
    starts, names = window_starts(segments, n_times, step)
    which = np.repeat(np.arange(len(segments)), [len(part) for part in _starts(segments, n_times, step)])
    cue = np.array([segment.cue for segment in segments], dtype=np.int64)[which]
    if not len(starts):
        return Cut(np.zeros((0, len(recording.data), n_times), np.float32), starts, names, Counter(), cue)
    x = (buffer or Buffer()).array((len(starts), len(recording.data), n_times), np.float32)
    for window, start in zip(x, starts.tolist(), strict=True):
        window[:] = recording.data[:, start : start + n_times]
    reason = np.full(len(starts), None, dtype=object)
    first, stop = starts, starts + n_times
    if baseline is not None:
        begin, end = baseline_samples(recording, segments, baseline)
        reason[(end <= begin)[which]] = "no baseline"
        first, stop = np.minimum(first, begin[which]), np.maximum(stop, end[which])
        _subtract(x, recording.data, starts, which, begin, end)
    largest, smallest = x.max(axis=2), x.min(axis=2)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = largest - smallest
        constant = ~(apart > CONSTANT_UV)
    if reject is not None:
        reason[(apart > reject).any(axis=1)] = "peak to peak"
    if not keep_dead:
        # One pass for each: what is not finite shows in the largest or in the smallest value.
        finite = np.isfinite(largest) & np.isfinite(smallest)
        alive = finite & ~constant
        reason[~finite.all(axis=1)] = "not finite"
        reason[2 * alive.sum(axis=1) < x.shape[1]] = "dead"
        for name, bad in _bad_stretches(recording.events, recording.sfreq, first, stop).items():
            reason[bad] = name
    reason[holds_cut(recording.events, recording.sfreq, first, stop)] = "boundary"
    keep = np.array([why is None for why in reason], dtype=bool)
    if keep.all():
        return Cut(x, starts, names, Counter(), cue)
    return Cut(x[keep], starts[keep], names[keep], Counter(reason[~keep].tolist()), cue[keep])


def holds_cut(events: Events, sfreq: float, first: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Mark stretches of samples [first, stop) that have a cut of the recording inside."""
    cuts = np.array([is_cut(str(value)) for value in events.value], dtype=bool)
    # The first sample after each cut: a boundary between two samples, where resampling puts it, or half a sample before a window.
    after = np.ceil(events.onset[cuts] * sfreq - ROUNDING)
    return np.asarray(((after[None, :] > first[:, None]) & (after[None, :] < stop[:, None])).any(axis=1))


def baseline_samples(recording: Recording, segments: Sequence[Segment], baseline: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """First sample of each segment's baseline, and the one after its last, inside the segment.

    Of the samples around the event's own, those count whose time lies between both ends or on one, as in MNE.
    """
    tmin, tmax = (time * recording.sfreq for time in baseline)
    zero = np.floor(recording.events.onset[[segment.cue for segment in segments]] * recording.sfreq + 0.5 + EXACT).astype(np.int64)
    begin = np.maximum(zero + math.ceil(tmin - EXACT), [segment.start for segment in segments])
    end = np.minimum(zero + math.floor(tmax + EXACT) + 1, [segment.stop for segment in segments])
    return begin, end


def _subtract(x: np.ndarray, data: np.ndarray, starts: np.ndarray, which: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
    """Subtract from each window the mean of its segment's baseline, in double precision."""
    means = [
        data[:, low:high].mean(axis=1, dtype=np.float64, keepdims=True) if high > low else 0.0 for low, high in zip(begin, end, strict=True)
    ]
    for window, start, segment in zip(x, starts.tolist(), which.tolist(), strict=True):
        window[:] = data[:, start : start + x.shape[2]] - means[segment]


def _bad_stretches(events: Events, sfreq: float, first: np.ndarray, stop: np.ndarray) -> dict[str, np.ndarray]:
    """Mark windows that overlap a stretch to reject, by its name without `bad`."""
    result: dict[str, np.ndarray] = {}
    for onset, duration, value in zip(events.onset, events.duration, events.value, strict=True):
        if is_bad(str(value)):
            overlaps = (first < (onset + duration) * sfreq) & (stop > onset * sfreq)
            name = str(value)[len("bad") :].lstrip("_ ") or "bad"
            result[name] = result.get(name, np.zeros(len(first), bool)) | overlaps
    return result
