"""RANSAC (random sample consensus): bad channels are those that random subsets of the others do not predict."""

from __future__ import annotations

import math

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.compute.threads import limited
from eegcli.study.spline import kernel, solve_weights, unit_vectors

WINDOW_SECONDS = 5.0
CHUNK = 64  # samples whose predictions are made at once: small enough to stay in the cache
# Predictions are made in single precision; a correlation this near to the criterion is computed again in double.
DOUBT = 1e-3


def uncorrelated_channels(
    data: np.ndarray,
    sfreq: float,
    positions: np.ndarray,
    *,
    correlation: float = 0.8,
    max_bad_time: float = 0.5,
    n_samples: int = 50,
    subset: float = 0.25,
    seed: int = 0,
) -> np.ndarray:
    """Find channels that most of the time do not look like their prediction from random others.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_times)
        High-passed, finite; `line_noise.split_noise` gives the low-passed copy that the criterion is meant for.
    sfreq : float, Hz
    positions : ndarray, shape (n_channels, 3)
        Seen from the centre of the head.
    correlation : float
        A window of 5 s below it is bad. The correlation is about zero: the mean of a window is not taken away.
    max_bad_time : float
        A channel is bad if more than this share of its windows is.
    n_samples : int
        Random subsets of the channels.
    subset : float
        Share of the channels in each.
    seed : int
        Of the subsets; equal seeds give equal subsets on any machine.

    Returns
    -------
    ndarray of bool, shape (n_channels,)

    Raises
    ------
    RecordingError
        If the recording is shorter than one window.

    Notes
    -----
    Bigdely-Shamlo, Mullen, Kothe, Su & Robbins 2015, Front. Neuroinform. 9:16, in the form of EEGLAB's clean_rawdata. A channel's windows
    are looked at in order, and only until its verdict is certain: for most that is half of them.
    """
    length = round(WINDOW_SECONDS * sfreq)
    n_windows = data.shape[1] // length
    if not n_windows:
        raise RecordingError(f"lasts {data.shape[1] / sfreq:.1f} s, less than a window of {WINDOW_SECONDS:g} s", cause="too short")
    subsets = random_subsets(len(data), n_samples, subset, seed)
    allowed = max_bad_time * n_windows
    n_bad = np.zeros(len(data), dtype=int)
    undecided = np.arange(len(data))
    with limited(1):
        predictor = _Predictor(subsets, prediction_weights(positions, subsets))
        for window in range(n_windows):
            n_bad[undecided] += predictor.below(correlation, data[:, window * length : (window + 1) * length], undecided)
            left = n_windows - window - 1
            undecided = np.flatnonzero((n_bad <= allowed) & (n_bad + left > allowed))
            if not len(undecided):
                break
    bad: np.ndarray = n_bad > allowed
    return bad


def random_subsets(n_channels: int, n_samples: int, subset: float, seed: int) -> np.ndarray:
    """Draw channels without replacement.

    Returns
    -------
    ndarray of int, shape (n_samples, subset_size)
        Sorted rows.
    """
    # Sorting uniform numbers relies on nothing but the generator's bits; the ways of numpy's own draws may change between versions.
    drawn = np.random.default_rng(seed).random((n_samples, n_channels)).argsort(axis=1, kind="stable")
    return np.sort(drawn[:, : subset_size(n_channels, subset)], axis=1)


def subset_size(n_channels: int, subset: float) -> int:
    """Number of channels in a subset: half is rounded up."""
    return max(math.floor(subset * n_channels + 0.5), 1)


def prediction_weights(positions: np.ndarray, subsets: np.ndarray) -> np.ndarray:
    """Spherical splines from each subset to all channels.

    Parameters
    ----------
    positions : ndarray, shape (n_channels, 3)
    subsets : ndarray of int, shape (n_samples, subset_size)

    Returns
    -------
    ndarray of float64, shape (n_samples, n_channels, subset_size)
    """
    unit = unit_vectors(positions)
    between = kernel(unit @ unit.T)
    return solve_weights(between[subsets[:, :, np.newaxis], subsets[:, np.newaxis, :]], np.swapaxes(between[subsets], 1, 2))


class _Predictor:
    """Medians of the subsets' predictions, compared with the channels."""

    def __init__(self, subsets: np.ndarray, weights: np.ndarray) -> None:
        self.subsets, self.weights = subsets, weights
        self.element = math.floor(len(subsets) / 2 + 0.5) - 1  # of the sorted predictions
        self.cast: np.ndarray = weights.astype(np.float32)

    def below(self, criterion: float, window: np.ndarray, channels: np.ndarray) -> np.ndarray:
        """Mark channels that correlate less than the criterion in this window."""
        with np.errstate(over="ignore", invalid="ignore"):
            found = self.correlations(window.astype(np.float32), channels, self.cast)
        doubtful = np.flatnonzero(~(np.abs(found - criterion) > DOUBT))
        if len(doubtful):
            found[doubtful] = self.correlations(window, channels[doubtful], self.weights)
        below: np.ndarray = found < criterion
        return below

    def correlations(self, window: np.ndarray, channels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Correlation about zero of each channel with the median of its predictions; zero where one of them is zero throughout."""
        n_samples = len(self.subsets)
        asked = weights if len(channels) == weights.shape[1] else weights[:, channels]
        cross, power = np.zeros(len(channels)), np.zeros(len(channels))
        for start in range(0, window.shape[1], CHUNK):
            chunk = window[:, start : start + CHUNK]
            predictions = np.matmul(asked, chunk[self.subsets])  # (n_samples, n_channels, n_times)
            in_rows = np.ascontiguousarray(predictions.reshape(n_samples, -1).T)
            in_rows.partition(self.element, axis=1)
            median = in_rows[:, self.element].reshape(len(channels), -1)
            cross += np.einsum("ij,ij->i", chunk[channels], median, dtype=float)
            power += np.einsum("ij,ij->i", median, median, dtype=float)
        own = window[channels]
        norm = np.sqrt(np.einsum("ij,ij->i", own, own, dtype=float) * power)
        found: np.ndarray = np.divide(cross, norm, out=np.zeros(len(channels)), where=norm != 0)
        return found
