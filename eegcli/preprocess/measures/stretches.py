"""Stretches of 2 s of a recording as read, and what they tell of its amplitude and drift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SECONDS = 2.0  # a resolution of 0.5 Hz
MAX_STRETCHES = 40  # spread evenly: all of a recording of 6 minutes would take four times as long, for the same medians


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
    ndarray of float32, shape (n_stretches, n_rows, n_samples), µV
        Without their linear trend; empty where the recording is shorter than 2 s.
    """
    length = round(SECONDS * sfreq)
    if length < 2 or data.shape[1] < length or not rows:
        return np.empty((0, 0, 0), np.float32)
    n_stretches = min(MAX_STRETCHES, data.shape[1] // length)
    starts = np.linspace(0, data.shape[1] - length, n_stretches).astype(int)
    time = np.arange(length) - (length - 1) / 2
    time /= np.sqrt((time**2).sum())
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


def drift(data: np.ndarray, rows: Sequence[int], sfreq: float) -> float:
    """Standard deviation of the means of successive 2 s over the whole recording, median over channels (µV); NaN below 4 s.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), µV
    rows : sequence of int
    sfreq : float, Hz
    """
    length = round(SECONDS * sfreq)
    n_means = data.shape[1] // length
    if n_means < 2:
        return float("nan")
    means = [data[row, : n_means * length].reshape(n_means, length).mean(axis=1, dtype=np.float64) for row in rows]
    return float(np.median(np.std(means, axis=1)))
