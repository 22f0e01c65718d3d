"""Signatures of windows: short vectors that stay the same when a recording is filtered, re-referenced or scaled in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOW, HIGH = 4.0, 20.0  # Hz: what hardly any cleaning of EEG removes
LENGTH = 64  # of a signature: its correlations are those of the windows within 0.03 where they are 0.9, and within 0.5 where they are 0
_AT_ONCE = 1024  # windows in memory


def basis(n_times: int, sfreq: float) -> Floats:
    """Cosines and sines of the bins from 4 to 20 Hz, shape (n_times, 2 * n_bins); of all but the mean where there is none."""
    freqs = np.fft.rfftfreq(n_times, 1 / sfreq)
    chosen = np.flatnonzero((freqs >= LOW) & (freqs <= HIGH))
    chosen = chosen if len(chosen) else np.arange(1, len(freqs))
    angle = 2 * np.pi * np.outer(np.arange(n_times), chosen) / n_times
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def in_band(x: NDArray[np.floating], waves: Floats) -> Floats:
    """Windows of average reference within a band, each of length 1 and shape (n_windows, n_features).

    Parameters
    ----------
    x : ndarray, shape (n_windows, n_channels, n_times)
    waves : ndarray, shape (n_times, n_waves)
        As `basis` gives them.

    Returns
    -------
    ndarray of float32
        Zeros for a window that is constant.
    """
    values = np.nan_to_num(np.asarray(x, dtype=np.float32))
    size = np.sqrt(np.einsum("wct,wct->w", values, values, dtype=np.float64))[:, None]
    if values.shape[1] > 1:
        values = values - values.mean(axis=1, keepdims=True)
    flat = (values @ waves).reshape(len(values), -1)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(
        np.divide(flat, norm, out=np.zeros_like(flat), where=norm > 1e-5 * size)
    )  # what is left of an offset by rounding is less


def signatures(x: Any, rows: NDArray[np.int64], waves: Floats) -> Floats:
    """Project windows at random onto a few numbers, so that all can be held against all.

    Parameters
    ----------
    x : array-like, shape (n, n_channels, n_times)
        Windows; rows are taken from it a thousand at a time.
    rows : ndarray of int, shape (n_windows,)
    waves : ndarray
        As for `in_band`.

    Returns
    -------
    ndarray of float32, shape (n_windows, 64)
        Of length 1, zeros for constant windows: products are correlations.

    Notes
    -----
    Johnson & Lindenstrauss 1984; the projection is drawn with a fixed seed, the same for windows of the same shape.
    """
    found = np.zeros((len(rows), LENGTH), dtype=np.float32)
    projection: Floats | None = None
    for start in range(0, len(rows), _AT_ONCE):
        block = in_band(np.asarray(x[rows[start : start + _AT_ONCE]]), waves)
        if projection is None:
            projection = np.random.default_rng(0).standard_normal((block.shape[1], LENGTH), dtype=np.float32)
        short = block @ projection
        norm = np.linalg.norm(short, axis=1, keepdims=True)
        found[start : start + len(block)] = np.divide(short, norm, out=np.zeros_like(short), where=norm > 0)
    return found
