"""Statistics of each channel: nine of each of ten segments, and of the whole window."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import Band
from eegcli.errors import InputError, counted
from eegcli.representations import Representation, Signals

Floats = NDArray[np.float64]

STATISTICS = ("mean", "median", "maximum", "minimum", "standard deviation", "variance", "range", "skewness", "kurtosis")
N_SEGMENTS = 10
N_FEATURES = len(STATISTICS) * (N_SEGMENTS + 1)
ROWS = 32  # channels at once: what is computed of them stays in the processor's cache, and calls are few
SECONDS_PER_SAMPLE = 1.0e-8  # `benchmarks/importing.py`


class Moments(NamedTuple):
    """Moments of stretches of a signal: means, extremes, and central moments of the second to fourth order; shape (...) each."""

    mean: Floats
    low: Floats
    high: Floats
    second: Floats
    third: Floats
    fourth: Floats

    def statistics(self, median: Floats) -> Floats:
        """Nine statistics in the order of `STATISTICS`, shape (..., 9); NaN for skewness and kurtosis of what does not vary."""
        # The mean of equal values is rounded, and they would seem to vary.
        variance = np.where(self.high > self.low, self.second, 0.0)
        deviation = np.sqrt(variance)
        with np.errstate(invalid="ignore", divide="ignore"):
            skewness = np.where(variance > 0, self.third / (variance * deviation), np.nan)
            kurtosis = np.where(variance > 0, self.fourth / variance**2 - 3.0, np.nan)
        return np.stack([self.mean, median, self.high, self.low, deviation, variance, self.high - self.low, skewness, kurtosis], axis=-1)


def moments(x: NDArray[np.floating], work: Floats) -> Moments:
    """Moments of the last axis; `work` is memory of shape (2, *x.shape): fresh memory costs as much time as what is done in it."""
    centred, square = work
    mean = x.mean(axis=-1, dtype=np.float64)
    np.subtract(x, mean[..., np.newaxis], out=centred)
    np.multiply(centred, centred, out=square)
    third, fourth = (np.einsum("...i,...i->...", square, other) / x.shape[-1] for other in (centred, square))
    return Moments(mean, x.min(axis=-1).astype(np.float64), x.max(axis=-1).astype(np.float64), square.mean(axis=-1), third, fourth)


def whole(parts: Moments, shares: Floats) -> Moments:
    """Moments of all parts together, from those of each: shape (..., n_parts), and their shares of the samples, shape (n_parts,)."""
    mean = parts.mean @ shares
    d = parts.mean - mean[..., np.newaxis]
    return Moments(
        mean,
        parts.low.min(axis=-1),
        parts.high.max(axis=-1),
        (parts.second + d**2) @ shares,
        (parts.third + 3 * d * parts.second + d**3) @ shares,
        (parts.fourth + 4 * d * parts.third + 6 * d**2 * parts.second + d**4) @ shares,
    )


def middles(x: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Lower and upper middle value of the last axis, whose mean is the median; the order of the values is lost."""
    middle = x.shape[-1] // 2
    x.partition(middle, axis=-1)
    upper = x[..., middle].astype(np.float64)
    return (upper if x.shape[-1] % 2 else x[..., :middle].max(axis=-1).astype(np.float64)), upper


def medians_between(x: NDArray[np.floating], low: Floats, high: Floats) -> Floats:
    """Medians of rows, shape (n_rows, n_times), whose middle values lie between two bounds each: only the few values there are sorted."""
    low, high = low[:, np.newaxis].astype(x.dtype), high[:, np.newaxis].astype(x.dtype)
    inside = (x >= low) & (x <= high)
    between, ends = x[inside], np.cumsum(np.count_nonzero(inside, axis=1)).tolist()
    middle = x.shape[1] // 2 - np.count_nonzero(x < low, axis=1)
    result = np.empty(len(x))
    for row, (begin, end, place) in enumerate(zip([0, *ends], ends, middle.tolist(), strict=False)):
        values = between[begin:end]
        values.sort()
        known = place < len(values)  # not so where a value is not finite
        result[row] = (
            (float(values[place]) if x.shape[1] % 2 else (float(values[place - 1]) + float(values[place])) / 2) if known else np.nan
        )
    return result


def _features(x: NDArray[np.floating], n_segment: int, work: Floats) -> Floats:
    """Statistics of ten segments and of the whole of some channels, shape (n_rows, 99)."""
    n_rows, n_times = x.shape
    n_equal = (N_SEGMENTS - 1) * n_segment
    pieces = [x[:, :n_equal].reshape(n_rows, N_SEGMENTS - 1, n_segment), x[:, n_equal:].reshape(n_rows, 1, -1)]
    of_pieces = [moments(piece, work[:, : piece.size].reshape(2, *piece.shape)) for piece in pieces]
    parts = Moments(*(np.concatenate(pair, axis=-1) for pair in zip(*of_pieces, strict=True)))
    shares = np.array([*[n_segment] * (N_SEGMENTS - 1), n_times - n_equal]) / n_times
    lower, upper = (np.concatenate(pair, axis=-1) for pair in zip(*(middles(piece.copy()) for piece in pieces), strict=True))
    # At least half of each segment lies at or above its lower middle value, and half at or below the upper: so does the whole.
    of_all = medians_between(x, lower.min(axis=-1), upper.max(axis=-1))
    found = [parts.statistics((lower + upper) / 2).reshape(n_rows, -1), whole(parts, shares).statistics(of_all)]
    return np.concatenate(found, axis=-1)


def stats99(x: NDArray[np.floating], segment_samples: int, normalise: Literal["trial", "channel", "none"] = "trial") -> Floats:
    """Statistics of ten segments of each channel, then of the whole.

    Parameters
    ----------
    x : ndarray, shape (n, n_channels, n_times), µV
        Trials.
    segment_samples : int
        Samples of each of the first nine segments; the tenth is what remains.
    normalise : {"trial", "channel", "none"}
        z-scores (ddof 0) over all values of a trial, over those of each channel, or none.

    Returns
    -------
    ndarray of float64, shape (n, n_channels, 99)
        Segment by segment, the statistics of each in the order of `STATISTICS`.

    Notes
    -----
    Features of Tripathi et al. 2017 (AAAI 31, 4746-4752) for DEAP (Koelstra et al. 2012, doi:10.1109/T-AFFC.2011.15): 32 channels of 8064 samples, nine segments of 807 and one of 801. A report on them lists global z-scores
    and such per channel; its code makes one per trial, over 32 x 99 values.
    """
    rows = x.reshape(-1, x.shape[-1])
    features, work = np.empty((len(rows), N_FEATURES)), np.empty((2, ROWS * rows.shape[-1]))
    for start in range(0, len(rows), ROWS):
        features[start : start + ROWS] = _features(rows[start : start + ROWS], segment_samples, work)
    features = features.reshape(*x.shape[:-1], N_FEATURES)
    if normalise == "none":
        return features
    axes = (-2, -1) if normalise == "trial" else (-1,)
    scores: Floats = (features - features.mean(axis=axes, keepdims=True)) / features.std(axis=axes, keepdims=True)
    return scores


def prepare(
    signals: Signals,
    *,
    bands: tuple[Band, ...],
    montage: str,
    segment_samples: int | None = None,
    stats_normalise: Literal["trial", "channel", "none"] = "trial",
) -> Representation:
    """Windows (n_channels, 99).

    Raises
    ------
    InputError
        If ten segments of that length do not make the window.
    """
    length = segment_samples or -(-signals.n_times // N_SEGMENTS)
    last = signals.n_times - (N_SEGMENTS - 1) * length
    if not 2 <= last <= length:
        least, most = -(-signals.n_times // N_SEGMENTS), (signals.n_times - 2) // (N_SEGMENTS - 1)
        fitting = f"--segment-samples from {least} to {most} fits them" if 2 <= least <= most else "cut longer windows"
        raise InputError(
            f"windows of {counted(signals.n_times, 'sample')} are no nine segments of {length} and a tenth of 2 to {length}",
            hint=f"{fitting.capitalize()}.",
        )
    return Representation(
        "stats99",
        signals,
        (len(signals.ch_names), N_FEATURES),
        lambda x: stats99(x, length, stats_normalise),
        seconds_per_sample=SECONDS_PER_SAMPLE,
        units="uV, uV^2, 1" if stats_normalise == "none" else "",
    )
