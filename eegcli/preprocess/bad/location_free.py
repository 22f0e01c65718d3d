"""Channels that correlate with no other: a test that needs no positions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.compute.threads import limited
from eegcli.preprocess.dsp.linear_phase import both_ways, frequency_sampling

WINDOW_SECONDS = 2.0
EXCLUDED = 0.1  # of the channels, rounded up: those most like the channel, itself among them; bridged pairs must not vouch for each other
MIN_SFREQ = 110.0  # Hz; the notch needs a pass band above it
NOTCH = (45.0, 50.0, 55.0)  # Hz
ATTENUATION = 60.0  # dB, of the Kaiser window


def uncorrelated_channels(
    data: np.ndarray | Sequence[np.ndarray], sfreq: float, *, correlation: float = 0.45, max_bad_time: float = 0.5
) -> np.ndarray:
    """Find channels that most of the time correlate with no other.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times), or a list of its rows
        Finite; high-passed.
    sfreq : float, Hz
        Above 110.
    correlation : float
        In a window of 2 s a channel is bad if all its absolute correlations are below this, but for the highest tenth.
    max_bad_time : float
        A channel is bad if more than this share of its windows is.

    Returns
    -------
    ndarray of bool, shape (n_channels,)

    Raises
    ------
    RecordingError
        If the recording is shorter than one window, or sampled at 110 Hz or less.

    Notes
    -----
    The criterion of EEGLAB's clean_rawdata for recordings without positions (C. Kothe). Line noise that all channels share would make
    them correlate, so that 50 Hz is taken out first.
    """
    if sfreq <= MIN_SFREQ:
        raise RecordingError(
            f"sampled at {sfreq:g} Hz: without electrode positions, bad channels can be found above {MIN_SFREQ:g} Hz only",
            cause="sampling frequency",
            hint="Switch this criterion off with correlation = 0, or resample later.",
        )
    length = round(WINDOW_SECONDS * sfreq)
    n_channels, n_times = len(data), len(data[0])
    n_windows = n_times // length
    if not n_windows:
        raise RecordingError(f"lasts {n_times / sfreq:.1f} s, less than a window of {WINDOW_SECONDS:g} s", cause="too short")
    filtered = both_ways(data, _notch(sfreq))
    highest = max(n_channels - math.ceil(n_channels * EXCLUDED) - 1, 0)
    n_bad = np.zeros(n_channels, dtype=int)
    with limited(1):
        for start in range(0, n_windows * length, length):
            found = _correlations(filtered[:, start : start + length])
            n_bad += np.partition(found, highest, axis=1)[:, highest] < correlation
    return n_bad > max_bad_time * n_windows


def _notch(sfreq: float) -> np.ndarray:
    transition = 2 * (NOTCH[1] - NOTCH[0]) / sfreq
    n_taps = round((ATTENUATION - 7.95) / (2 * np.pi * 2.285 * transition)) + 1
    window = np.kaiser(n_taps + (n_taps + 1) % 2, 0.1102 * (ATTENUATION - 8.7))  # an odd number of taps delays by whole samples
    return frequency_sampling((0.0, *NOTCH, sfreq / 2), (1.0, 1.0, 0.0, 1.0, 1.0), sfreq, window)


def _correlations(window: np.ndarray) -> np.ndarray:
    """Absolute correlations between channels; zero with a channel that does not change."""
    centred = window - window.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    found: np.ndarray = np.abs(unit @ unit.T)
    return found
