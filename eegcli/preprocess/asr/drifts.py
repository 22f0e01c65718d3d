"""Drifts removed by a linear-phase FIR filter run forwards and backwards."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from eegcli.preprocess.dsp.linear_phase import both_ways, frequency_sampling

TRANSITION = (0.25, 0.75)  # Hz; at the first nothing passes, at the second everything
ATTENUATION = 80.0  # dB


def remove_drifts(data: np.ndarray, sfreq: float, *, transition: tuple[float, float] = TRANSITION) -> np.ndarray:
    """Filter slow drifts away without shifting phases, as ASR needs its input.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        In any unit.
    sfreq : float, Hz
    transition : (float, float), Hz
        Transition band of the high-pass filter.

    Returns
    -------
    ndarray of float64, shape (n_channels, n_times)

    Raises
    ------
    ValueError
        If the recording is shorter than two samples or the band does not fit the sampling frequency.

    Notes
    -----
    Forwards and backwards is one pass with the kernel's own convolution. Beyond the edges the signal is continued by odd reflection.
    """
    data = np.ascontiguousarray(data, dtype=float)
    if data.ndim != 2 or data.shape[1] < 2:
        raise ValueError(f"channels x samples are needed, two samples at least, not {data.shape}")
    return both_ways(data, drift_kernel(float(sfreq), transition))


@cache
def drift_kernel(sfreq: float, transition: tuple[float, float] = TRANSITION) -> np.ndarray:
    """The kernel, by frequency sampling with a Kaiser window.

    Parameters
    ----------
    sfreq : float, Hz
    transition : (float, float), Hz

    Returns
    -------
    ndarray of float64, shape (n_taps,)
        Symmetric, of odd length.

    Raises
    ------
    ValueError
        If the transition band does not lie between 0 and half the sampling frequency.

    Notes
    -----
    Kaiser 1974, for the window's shape and length at a given attenuation.
    """
    low, high = transition
    nyquist = sfreq / 2.0
    if not 0.0 < low < high < nyquist:
        raise ValueError(f"a transition band of {low:g}-{high:g} Hz does not lie between 0 and {nyquist:g} Hz")
    n_taps = math.ceil((ATTENUATION - 7.95) / (2.0 * math.pi * 2.285 * (high - low) / nyquist)) | 1
    kernel = frequency_sampling((0.0, low, high, nyquist), (0.0, 0.0, 1.0, 1.0), sfreq, np.kaiser(n_taps, 0.1102 * (ATTENUATION - 8.7)))
    kernel.flags.writeable = False
    return kernel
