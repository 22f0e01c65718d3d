"""Clean windows: stretches of a recording in which no channel, or few, have unusual power."""

from __future__ import annotations

import math

import numpy as np

from eegcli.preprocess.asr.distribution import fit_clean

OVERLAP = 0.66
SECONDS = 1.0


def clean_samples(
    data: np.ndarray, sfreq: float, *, max_bad_channels: float = 0.2, tolerances: tuple[float, float] = (-3.5, 5.0)
) -> np.ndarray:
    """Find the samples that lie in clean windows only.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
        Without drifts, finite.
    sfreq : float, Hz
    max_bad_channels : float
        Of the channels, the share that may be out of range in a clean window.
    tolerances : (float, float)
        Range of the power, in standard deviations of the channel's clean power from its mean.

    Returns
    -------
    ndarray of bool, shape (n_times,)

    Raises
    ------
    ValueError
        If a channel's power cannot be fitted: it is constant, or the recording is too short.

    Notes
    -----
    Windows of 1 s with an overlap of 66 %. Mullen et al. 2015, doi:10.1109/TBME.2015.2481482.
    """
    length = round(SECONDS * sfreq)
    starts = window_starts(data.shape[1], length)
    power = window_rms(data, starts, length)
    mean, deviation = fit_clean(power)
    scores = np.sort((power - mean[:, None]) / deviation[:, None], axis=0)
    n_bad = math.floor(len(data) * max_bad_channels + 0.5)
    low, high = tolerances
    bad = np.zeros(len(starts), bool)
    if n_bad < len(data):
        bad = (scores[len(data) - 1 - n_bad] > high) | (scores[n_bad] < low)
    clean = np.ones(data.shape[1], bool)
    for start in starts[bad]:
        clean[start : start + length] = False
    return clean


def window_starts(n_times: int, length: int) -> np.ndarray:
    """First samples of overlapping windows; the reference counts from one and rounds, halves up."""
    step = length * (1.0 - OVERLAP)
    n_windows = max(math.floor((n_times - length - 1) / step * (1.0 + 1e-15)) + 1, 0)
    starts: np.ndarray = np.floor(1.0 + step * np.arange(n_windows) + 0.5).astype(np.int64) - 1
    return starts


def window_rms(data: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Root mean square of each channel in each window, shape (n_channels, n_windows)."""
    # Sums from each start to its end; the sums between an end and the next start are left out.
    pairs = np.stack([starts, starts + length], axis=1).ravel()
    return np.stack([np.sqrt(np.add.reduceat(channel * channel, pairs)[::2] / length) for channel in data])
