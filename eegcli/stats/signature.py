"""Signatures of windows: short vectors that stay the same when a recording is filtered, re-referenced or scaled in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOW, HIGH = 4.0, 20.0  # Hz: what hardly any cleaning of EEG removes
LENGTH = 64  # of a signature: its correlations are those of the windows within 0.03 where they are 0.9, and within 0.5 where they are 0
SOURCES = 16  # mixtures of channels whose covariances are taken
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


def signatures(x: Any, rows: NDArray[np.int64], waves: Floats, recording: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Project windows at random onto a few numbers, so that all can be held against all; and add up the covariances of each recording.

    Parameters
    ----------
    x : array-like, shape (n, n_channels, n_times)
        Windows; rows are taken from it a thousand at a time.
    rows : ndarray of int, shape (n_windows,)
    waves : ndarray
        As for `in_band`.
    recording : ndarray of int, shape (n_windows,)
        Number of the recording of each window.

    Returns
    -------
    ndarray of float32, shape (n_windows, 64)
        Of length 1, zeros for constant windows: products are correlations.
    ndarray of float32, shape (n_recordings, n_sources**2)
        Of length 1 likewise: covariance of channels, or of 16 mixtures of them where there are more. It is the same wherever the windows begin.

    Notes
    -----
    Johnson & Lindenstrauss 1984; the projections are drawn with a fixed seed, the same for windows of the same shape.
    """
    random = np.random.default_rng(0)
    n_channels = x.shape[1]
    projection = random.standard_normal((n_channels * waves.shape[1], LENGTH), dtype=np.float32)
    mixing = (
        random.standard_normal((SOURCES, n_channels), dtype=np.float32) if n_channels > SOURCES else np.eye(n_channels, dtype=np.float32)
    )
    short = np.zeros((len(rows), LENGTH), dtype=np.float32)
    covariance = np.zeros((int(recording.max(initial=-1)) + 1, len(mixing) ** 2), dtype=np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        block = in_band(np.asarray(x[rows[part]]), waves)
        short[part] = block @ projection
        mixed = mixing @ block.reshape(len(block), n_channels, -1)
        np.add.at(covariance, recording[part], (mixed @ mixed.transpose(0, 2, 1)).reshape(len(block), -1))
    return _of_length_1(short), _of_length_1(covariance)


def _of_length_1(vectors: Floats) -> Floats:
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0))
