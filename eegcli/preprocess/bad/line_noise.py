"""Channels with more noise above 50 Hz, for their signal, than the others have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.dsp.linear_phase import both_ways, frequency_sampling
from eegcli.preprocess.dsp.medians import row_medians

MIN_SFREQ = 100.0  # Hz; up to it there is nothing above 50 Hz to look at
ORDER, PASS, STOP = 100, 45.0, 50.0  # of the low-pass filter; Hz
# With less than this above 50 Hz the signal was low-passed before: what is left is the filters' ripple, which tells nothing.
# Recordings that were not low-passed lie near 0.1.
MIN_RATIO = 1e-3
TINY = 1e-12  # in the unit of the data: a channel that is constant most of the time has a finite ratio, too
MAD_TO_SD = 1.4826  # the standard deviation of a normal distribution by its median absolute deviation


def split_noise(data: np.ndarray | Sequence[np.ndarray], sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Split a signal by a low-pass filter: what lies below 45 Hz, and how large the rest is against it.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), or a list of its rows
    sfreq : float, Hz

    Returns
    -------
    lowpassed : ndarray, shape (n_channels, n_times)
        `data` itself where the sampling frequency is at most 100 Hz.
    ratios : ndarray, shape (n_channels,)
        Median absolute deviation of the rest, by that of the low-passed signal; zero at 100 Hz and below.

    Raises
    ------
    RecordingError
        If the recording is not longer than the filter.
    """
    ratios = np.zeros(len(data))
    if sfreq <= MIN_SFREQ:
        return np.asarray(data), ratios
    if len(data[0]) <= ORDER:
        raise RecordingError(f"lasts {len(data[0]) / sfreq:.2f} s, less than the filter that finds line noise", cause="too short")
    taps = frequency_sampling((0.0, PASS, STOP, sfreq / 2), (1.0, 1.0, 0.0, 0.0), sfreq, np.hamming(ORDER + 1))
    lowpassed = both_ways(data, taps)
    for index, row in enumerate(data):
        ratios[index] = _deviation(row - lowpassed[index]) / max(_deviation(lowpassed[index]), TINY)
    return lowpassed, ratios


def outliers(ratios: np.ndarray, threshold: float) -> np.ndarray:
    """Find channels whose ratio is far above that of the others.

    Parameters
    ----------
    ratios : ndarray, shape (n_channels,)
        From `split_noise`.
    threshold : float
        In robust standard deviations above the median of the channels.

    Returns
    -------
    ndarray of bool, shape (n_channels,)

    Notes
    -----
    Bigdely-Shamlo, Mullen, Kothe, Su & Robbins 2015, Front. Neuroinform. 9:16.
    """
    middle = float(np.median(ratios))
    spread = MAD_TO_SD * float(np.median(np.abs(ratios - middle)))
    # Where half of the channels are copies of one another the spread is rounding, and anything would stand out.
    found: np.ndarray = (ratios - middle > threshold * max(spread, 1e-9 * middle)) & (ratios > MIN_RATIO)
    return found


def _deviation(row: np.ndarray) -> float:
    """Median absolute deviation from the median."""
    middle = row_medians(row[None].copy())
    return float(row_medians(np.abs(row - middle)[None])[0])
