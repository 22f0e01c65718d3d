"""Preview of a recording: an excerpt kept from before the steps, compared with the cleaned signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from eegcli.artifacts.preview import LEVELS, Preview
from eegcli.bids.montage import channel_set, resolve
from eegcli.preprocess.definition import Step
from eegcli.preprocess.signal import Signal

SEGMENT_SECONDS = 2.0  # a resolution of 0.5 Hz
STRETCH_SEGMENTS = 4  # 8 s of traces: 2.2 % of a recording of 6 minutes
MAX_TRACES = 24  # more cannot be told apart on a page
MAX_SEGMENTS = 60  # of a spectrum: two minutes, spread evenly
MAX_FREQUENCY = 100.0  # Hz; both line frequencies are below
SLACK_SECONDS = 0.1  # resampling rounds the length
MARGIN_SECONDS = 1.0  # of signal on both sides of what is resampled
MAX_DENOMINATOR = 1000  # of the ratio of the frequencies: an error of 1e-6, 8 µs in a stretch


@dataclass(frozen=True)
class Before:
    """Excerpt of a recording as read, kept while the steps are done.

    Attributes
    ----------
    data : ndarray of float32, shape (n_held, n_times), µV
        Mean removed.
    rows : tuple of int
        Which channels these are: indices into `ch_names`.
    ch_names : tuple of str
        All channels of the recording, for they tell the net, and so which electrode each name means.
    sfreq : float, Hz
    reference : str
    """

    data: np.ndarray
    rows: tuple[int, ...]
    ch_names: tuple[str, ...]
    sfreq: float
    reference: str


@dataclass(frozen=True)
class _Segments:
    """Stretches of 2 s that lie in one piece: their first samples before and after, and which piece of the recording each is of."""

    before: np.ndarray
    after: np.ndarray
    piece: np.ndarray

    def __len__(self) -> int:
        return len(self.piece)


def hold(signal: Signal, steps: Sequence[Step]) -> Before:
    """Keep what the preview needs of a recording: the channels that a step `pick` will leave, in half the memory.

    Parameters
    ----------
    signal : Signal
        As read.
    steps : sequence of Step
        What will be done with it.
    """
    picked = [step.options["channels"] for step in steps if step.name == "pick"]
    found = resolve(channel_set(picked[-1]), signal.ch_names) if picked else range(len(signal.ch_names))
    rows = list(dict.fromkeys(row for row in found if row is not None))
    data = np.empty((len(rows), signal.n_times), np.float32)
    # Row by row: a difference of all rows at once would be another copy of the recording.
    for row, kept in zip(rows, data, strict=True):
        np.subtract(signal.data[row], signal.data[row].mean(), out=kept, casting="same_kind")
    return Before(data, tuple(rows), signal.ch_names, signal.sfreq, signal.reference)


def preview(before: Before, signal: Signal) -> tuple[Preview | None, dict[str, float]]:
    """Compare a cleaned recording with its excerpt from before the steps.

    Parameters
    ----------
    before : Before
    signal : Signal
        The same recording after the steps.

    Returns
    -------
    preview : Preview or None
        None where fewer than 2 s are left, or no channel of those that were recorded.
    figures : dict of str to float
        ``amplitude`` and ``amplitude_max`` (µV) for recordings.parquet; empty where fewer than 2 s are left.

    Notes
    -----
    The stretch is the 8 s in which the standard deviation within 2 s, mean over channels, changed most: cleaning that
    changes all of a recording alike (a filter, a reference) decides nothing, a burst that was removed does.
    """
    segments = _segments(before, signal)
    if not len(segments):
        return None, {}
    deviations = _deviations(signal.data, segments.after, signal.sfreq)
    figures = {"amplitude": float(np.median(deviations)), "amplitude_max": float(np.median(deviations, axis=0).max())}
    held = {row: index for index, row in enumerate(before.rows)}
    pairs = [(here, held[row]) for here, row in enumerate(resolve(signal.ch_names, before.ch_names)) if row in held]
    if not pairs:
        return None, figures
    here, there = (np.array(rows) for rows in zip(*pairs, strict=True))
    if not np.array_equal(there, np.arange(len(before.data))):  # a copy that most recipes do not need
        before = replace(before, data=before.data[there])
    change = np.nan_to_num(np.abs(_deviations(before.data, segments.before, before.sfreq) - deviations[here]))
    start, stop = _most_changed(change.mean(axis=0), segments.piece)
    shown = np.sort(np.argsort(-change[:, start:stop].mean(axis=1), kind="stable")[:MAX_TRACES])
    n_samples = (stop - start) * round(SEGMENT_SECONDS * signal.sfreq)
    frequencies = np.arange(0.0, min(MAX_FREQUENCY, max(before.sfreq, signal.sfreq) / 2) + 1e-6, 1 / SEGMENT_SECONDS)
    made = Preview(
        frequencies=frequencies,
        spectrum_before=_spectrum(before.data, segments.before, before.sfreq, frequencies),
        spectrum_after=_spectrum(
            signal.data if len(here) == len(signal.data) else signal.data[here], segments.after, signal.sfreq, frequencies
        ),
        onset=float(segments.after[start] / signal.sfreq),
        ch_names=tuple(signal.ch_names[row] for row in here[shown]),
        trace_before=_resampled(before, shown, int(segments.before[start]), n_samples, signal.sfreq),
        reference=before.reference,
    )
    return made, figures


def _segments(before: Before, signal: Signal) -> _Segments:
    """Segments that lie within one piece of the recording as read, whole in both signals."""
    n_before, n_after = round(SEGMENT_SECONDS * before.sfreq), round(SEGMENT_SECONDS * signal.sfreq)
    origin = signal.origin or ((0.0, before.data.shape[1] / before.sfreq),)
    if abs(sum(duration for _, duration in origin) - signal.n_times / signal.sfreq) > SLACK_SECONDS:
        raise ValueError("a step cut the recording without Signal.keep: nobody can tell which samples are left")
    found, passed = [], 0.0
    for piece, (onset, duration) in enumerate(origin):
        for number in range(int(duration / SEGMENT_SECONDS + 1e-6)):
            into = number * SEGMENT_SECONDS
            first, then = round((onset + into) * before.sfreq), round((passed + into) * signal.sfreq)
            if first + n_before <= before.data.shape[1] and then + n_after <= signal.n_times:
                found.append((first, then, piece))
        passed += duration
    columns = np.array(found, dtype=int).reshape(-1, 3).T
    return _Segments(*columns)


def _deviations(data: np.ndarray, starts: np.ndarray, sfreq: float) -> np.ndarray:
    """Standard deviation within each segment, shape (n_channels, n_segments)."""
    n_samples = round(SEGMENT_SECONDS * sfreq)
    return np.stack([data[:, start : start + n_samples].std(axis=1) for start in starts], axis=1).astype(float)


def _most_changed(change: np.ndarray, piece: np.ndarray) -> tuple[int, int]:
    """First segment, and the one after the last, of the stretch in one piece with the greatest sum."""
    stretches = []
    for start in range(len(piece)):
        same = np.flatnonzero(piece[start : start + STRETCH_SEGMENTS] != piece[start])
        stretches.append((start, start + int(same[0]) if same.size else min(start + STRETCH_SEGMENTS, len(piece))))
    sums = [change[start:stop].sum() for start, stop in stretches]
    return stretches[int(np.argmax(sums))]


def _spectrum(data: np.ndarray, starts: np.ndarray, sfreq: float, frequencies: np.ndarray) -> np.ndarray:
    """Quantiles over channels of the power spectral density (Welch 1967, doi:10.1109/TAU.1967.1161901), shape (4, n_freqs)."""
    import scipy.fft

    n_samples = round(SEGMENT_SECONDS * sfreq)
    finite = np.isfinite(data).all(axis=1)
    data = data if finite.all() else data[finite]
    if not len(data):
        return np.full((len(LEVELS), len(frequencies)), np.nan)
    # Every so many-th segment: half the time for the same curve, in a recording of 6 minutes.
    chosen = starts[:: -(-len(starts) // MAX_SEGMENTS)]
    window = np.hanning(n_samples + 1)[:-1].astype(np.float32)
    n_freqs = min(n_samples // 2, int(MAX_FREQUENCY * n_samples / sfreq) + 1) + 1
    power = np.zeros((len(data), n_freqs))
    for start in chosen:
        segment = data[:, start : start + n_samples].astype(np.float32)
        transform = scipy.fft.rfft((segment - segment.mean(axis=1, keepdims=True)) * window, axis=1, workers=1)[:, :n_freqs]
        power += transform.real**2 + transform.imag**2
    power *= 2 / (sfreq * float((window.astype(float) ** 2).sum()) * len(chosen))
    if n_freqs == n_samples / 2 + 1:
        power[:, -1] /= 2  # half the sampling frequency stands for itself only
    levels = np.quantile(power, LEVELS, axis=0)
    own = np.arange(n_freqs) * sfreq / n_samples
    return np.stack([np.interp(frequencies, own, level, right=np.nan) for level in levels])


def _resampled(before: Before, rows: np.ndarray, start: int, n_samples: int, sfreq: float) -> np.ndarray:
    """A stretch of the signal as read, mean removed, at the other sampling frequency."""
    from scipy.signal import resample_poly

    ratio = Fraction(sfreq / before.sfreq).limit_denominator(MAX_DENOMINATOR)
    margin = min(round(MARGIN_SECONDS * before.sfreq), start)
    stop = start + round((n_samples / sfreq + MARGIN_SECONDS) * before.sfreq)
    stretch = before.data[rows, start - margin : stop]
    if ratio != 1:
        stretch = resample_poly(stretch, ratio.numerator, ratio.denominator, axis=1, padtype="edge")
    first = round(margin * sfreq / before.sfreq)
    trace = stretch[:, first : first + n_samples]
    centred: np.ndarray = trace - trace.mean(axis=1, keepdims=True)
    return centred
