"""Stretches of 2 s of a recording as read, and what they tell of its amplitude and drift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SECONDS = 2.0  # a resolution of 0.5 Hz
MAX_STRETCHES = 20  # spread evenly: all of a recording of 6 minutes would take nine times as long, for nearly the same medians
MAX_CHANNELS = 64  # of a larger net every so many-th: a median over them is that over all


def stretches(data: np.ndarray, rows: Sequence[int], sfreq: float) -> np.ndarray:
    """Cut stretches of 2 s out of a recording, spread evenly over it.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), µV
    rows : sequence of int
        Channels that count.
    sfreq : float, Hz

    Returns
    -------
    ndarray of float32, shape (n_stretches, n_chosen, n_samples), µV
        Of at most 64 of the channels, without their linear trend; empty where the recording is shorter than 2 s.
    """
    length = round(SECONDS * sfreq)
    if length < 2 or data.shape[1] < length or not rows:
        return np.empty((0, 0, 0), np.float32)
    n_stretches = min(MAX_STRETCHES, data.shape[1] // length)
    starts = np.linspace(0, data.shape[1] - length, n_stretches).astype(int)
    time = np.arange(length) - (length - 1) / 2
    time /= np.sqrt((time**2).sum())
    rows = list(rows)[:: -(-len(rows) // MAX_CHANNELS)]
    cut = np.empty((n_stretches, len(rows), length), np.float32)
    whole = list(rows) == list(range(len(data)))
    for start, piece in zip(starts, cut, strict=True):
        stretch = data[:, start : start + length] if whole else data[list(rows), start : start + length]
        centred = stretch - stretch.mean(axis=1, keepdims=True, dtype=np.float64)
        piece[:] = centred - np.outer(centred @ time, time)
    return cut


def amplitude(pieces: np.ndarray) -> float:
    """Standard deviation within 2 s, median over channels and stretches (µV).

    Parameters
    ----------
    pieces : ndarray, shape (n_stretches, n_rows, n_samples), µV
        From `stretches`.
    """
    return float(np.median(np.sqrt(np.einsum("sct,sct->sc", pieces, pieces, dtype=np.float64) / pieces.shape[2])))


def means(data: np.ndarray, rows: Sequence[int], sfreq: float) -> np.ndarray:
    """Means of successive 2 s of channels, over the whole recording.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), µV
    rows : sequence of int
    sfreq : float, Hz

    Returns
    -------
    ndarray, shape (n_rows, n_means), µV
        A row that holds a number that is not finite lacks samples.
    """
    length = max(round(SECONDS * sfreq), 1)
    n_means = data.shape[1] // length
    return np.array([data[row, : n_means * length].reshape(n_means, length).mean(axis=1) for row in rows]).reshape(len(rows), n_means)


def drift(of_stretches: np.ndarray) -> float:
    """Standard deviation of the means of successive 2 s, median over channels (µV); NaN below 4 s.

    Parameters
    ----------
    of_stretches : ndarray, shape (n_rows, n_means), µV
        From `means`.
    """
    return float(np.median(np.std(of_stretches, axis=1, dtype=np.float64))) if of_stretches.shape[1] > 1 else float("nan")
