"""Repair: components of a short window that are too strong are rebuilt from the others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eegcli.preprocess.asr.calibration import Calibration
from eegcli.preprocess.asr.spectral import spectral_filter

MIN_WINDOW = 0.5  # s
WINDOW_PER_CHANNEL = 1.5  # samples: a covariance of C channels needs more than C samples
MAX_DIMENSIONS = 0.66  # of the components, at most this share is rebuilt


@dataclass(frozen=True)
class Projection:
    """x - vectors · (weights · x): the signal without some components, which are rebuilt from the rest.

    Attributes
    ----------
    vectors : ndarray, shape (n_channels, n_removed)
    weights : ndarray, shape (n_removed, n_channels)
    """

    vectors: np.ndarray
    weights: np.ndarray

    def removed(self, data: np.ndarray) -> np.ndarray:
        """What is taken away, shape (n_channels, n_times)."""
        return self.vectors @ (self.weights @ data)


@dataclass(frozen=True)
class Repaired:
    """A repaired recording.

    Attributes
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
    changed : ndarray of bool, shape (n_times,)
        Samples that were rewritten.
    dimensions : float
        Components removed, mean over the updates.
    """

    data: np.ndarray
    changed: np.ndarray
    dimensions: float


def process(data: np.ndarray, sfreq: float, calibration: Calibration) -> Repaired:
    """Repair a recording window by window.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
        Without drifts, finite.
    sfreq : float, Hz
    calibration : Calibration

    Returns
    -------
    Repaired

    Notes
    -----
    Every half window the covariance of the window is decomposed; between two updates the projection fades from the old to the new.
    A covariance is made at updates only, never as a running sum. Mullen et al. 2015, doi:10.1109/TBME.2015.2481482.
    """
    n_channels, n_times = data.shape
    seconds = max(MIN_WINDOW, WINDOW_PER_CHANNEL * n_channels / sfreq)
    length = math.floor(seconds * sfreq + 0.5)
    step = math.floor(sfreq * seconds / 2.0)
    ahead = math.floor(seconds / 2.0 * sfreq + 0.5)
    filtered = _filtered(data, sfreq, ahead, calibration.state)
    updates = np.unique([1, *range(step, n_times + ahead, step), n_times + ahead])
    find = _Finder(calibration)
    repaired, changed = data.copy(), np.zeros(n_times, bool)
    previous: Projection | None = None
    last, dimensions = 0, 0
    for update in updates.tolist():
        window = filtered[:, max(update - length, 0) : update]
        projection = find(window @ window.T / length)
        dimensions += projection.vectors.shape[1] if projection else 0
        # An update looks ahead by half a window: what it says of the filtered signal holds that much earlier.
        begin, stop = max(last - ahead, 0), update - ahead
        if stop > begin and (projection or previous):
            fade = (1.0 - np.cos(np.pi * np.arange(begin + ahead - last + 1, update - last + 1) / (update - last))) / 2.0
            part = data[:, begin:stop]
            if previous:
                repaired[:, begin:stop] -= (1.0 - fade) * previous.removed(part)
            if projection:
                repaired[:, begin:stop] -= fade * projection.removed(part)
            changed[begin:stop] = True
        previous, last = projection, update
    return Repaired(repaired, changed, dimensions / len(updates))


def _filtered(data: np.ndarray, sfreq: float, ahead: int, state: np.ndarray) -> np.ndarray:
    """The spectrally filtered signal, continued beyond its end by odd reflection."""
    from scipy.signal import lfilter

    b, a = spectral_filter(sfreq)
    n_times = data.shape[1]
    filtered = np.empty((len(data), n_times + ahead))
    padded = np.empty(n_times + ahead)
    for row, channel in enumerate(data):
        padded[:n_times] = channel
        padded[n_times:] = 2.0 * channel[-1] - channel[-2 : -2 - ahead : -1]
        filtered[row], _ = lfilter(b, a, padded, zi=state[row])
    return filtered


class _Finder:
    """Finds the projection for the covariance of a window."""

    def __init__(self, calibration: Calibration) -> None:
        self.threshold = calibration.threshold
        self.limit = calibration.threshold.T @ calibration.threshold
        n_channels = len(self.limit)
        self.first = n_channels - math.floor(MAX_DIMENSIONS * n_channels + 0.5) - 1
        power, vectors = np.linalg.eigh(calibration.covariance)
        self.rounding = n_channels * np.finfo(float).eps
        there = power > self.rounding * power[-1]
        # Square root of the pseudo-inverse: directions without signal (an average reference leaves one) take no part.
        self.whitening = (vectors[:, there] / np.sqrt(power[there])).T

    def __call__(self, covariance: np.ndarray) -> Projection | None:
        """The projection, or None where no component is too strong."""
        from scipy.linalg.lapack import dpotrf

        excess = self.limit - covariance
        # Where the limit exceeds the covariance in every direction, so it does along every component: no decomposition is needed.
        if excess.diagonal().min() > 0.0 and dpotrf(excess, lower=1, clean=0)[1] == 0:
            return None
        power, vectors = np.linalg.eigh(covariance)
        projected = self.threshold @ vectors
        removed = power >= np.einsum("kc,kc->c", projected, projected)
        removed[: max(self.first, 0)] = False
        removed &= power > self.rounding * power[-1]
        if not removed.any():
            return None
        chosen = vectors[:, removed]
        white = self.whitening @ chosen
        gram = white.T @ white
        weights = np.linalg.solve(gram, white.T @ self.whitening)
        return Projection(chosen, weights)
