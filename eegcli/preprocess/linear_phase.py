"""Linear-phase FIR filters by frequency sampling, applied forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def frequency_sampling(edges: Sequence[float], gains: Sequence[float], sfreq: float, window: np.ndarray) -> np.ndarray:
    """Design a filter whose gain is given at some frequencies.

    Parameters
    ----------
    edges : sequence of float, Hz
        Rising, from 0 to half the sampling frequency.
    gains : sequence of float
        At the edges; between them a monotone cubic (pchip).
    sfreq : float, Hz
    window : ndarray, shape (n_taps,)
        Multiplies the taps; its length is the filter's, an odd number.

    Returns
    -------
    ndarray, shape (n_taps,)
        Symmetric.
    """
    from scipy.interpolate import PchipInterpolator

    n_taps = len(window)
    n_grid = max(512, 1 << math.ceil(math.log2(n_taps - 1)))
    # clean_rawdata moves the edges to the grid; where two would meet, at very high rates, they stay a point apart.
    points = np.floor(np.asarray(edges) / (sfreq / 2) * n_grid + 0.5)
    points = np.maximum.accumulate(points - np.arange(len(points))) + np.arange(len(points))
    wanted = PchipInterpolator(points, np.asarray(gains))(np.arange(n_grid + 1))
    delayed = wanted * np.exp(-0.5j * (n_taps - 1) * np.pi * np.arange(n_grid + 1) / n_grid)
    taps: np.ndarray = np.fft.irfft(delayed)[:n_taps] * window
    return taps


def both_ways(row: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Filter one channel forwards and backwards, so that nothing is delayed.

    Parameters
    ----------
    row : ndarray, shape (n_times,)
        Longer than the filter.
    taps : ndarray, shape (n_taps,)
        Symmetric.

    Returns
    -------
    ndarray of float64, shape (n_times,)

    Notes
    -----
    The ends are continued by point reflection. Both passes together are one convolution with the taps' own convolution:
    it reaches as far as the reflection, so that the result is the same at the ends, too.
    """
    from scipy.signal import oaconvolve

    reach = len(taps) - 1
    before, after = 2 * row[0] - row[reach:0:-1], 2 * row[-1] - row[-2 : -reach - 2 : -1]
    filtered: np.ndarray = oaconvolve(np.concatenate([before, row, after]), np.convolve(taps, taps), mode="valid")
    return filtered
