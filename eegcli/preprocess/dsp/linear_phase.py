"""Linear-phase FIR filters by frequency sampling, applied forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eegcli.preprocess.dsp.fir import CHANNELS_AT_ONCE, filter_resample


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


def both_ways(data: np.ndarray | Sequence[np.ndarray], taps: np.ndarray) -> np.ndarray:
    """Filter channels forwards and backwards, so that nothing is delayed.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), or a list of its rows
    taps : ndarray, shape (n_taps,)
        Symmetric.

    Returns
    -------
    ndarray of float64, shape (n_channels, n_times)

    Notes
    -----
    Both passes together are one convolution with the taps' own convolution, over the ends' odd reflection.
    """
    twice = np.convolve(taps, taps)
    filtered = np.empty((len(data), len(data[0])))
    for first in range(0, len(data), CHANNELS_AT_ONCE):  # a list of rows as one array would be a copy of the recording
        rows = np.asarray(data[first : first + CHANNELS_AT_ONCE])
        # Without a change of the sampling frequency its value plays no part.
        filtered[first : first + len(rows)] = filter_resample(rows, 1.0, [twice])
    return filtered
