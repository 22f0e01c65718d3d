"""Repair: components of a short window that are too strong are rebuilt from the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.preprocess.asr.calibration import Calibration
from eegcli.preprocess.asr.spectral import spectral_filter

MIN_WINDOW = 0.5  # s
WINDOW_PER_CHANNEL = 1.5  # samples: a covariance of C channels needs more than C samples
CHUNK = 4096  # samples filtered at a time
MAX_DIMENSIONS = 0.66  # of the components, at most this share is rebuilt


@dataclass(frozen=True)
class Projection:
    """x - vectors · (weights · x): the signal without some components, which are rebuilt from the rest.

    Attributes
    ----------
    vectors : ndarray, shape (n_channels, n_removed)
    weights : ndarray, shape (n_removed, n_channels)
    n_strong : int
        Of the components removed, those that were too strong; the others hold no clean signal.
    """

    vectors: np.ndarray
    weights: np.ndarray
    n_strong: int

    def removed(self, data: np.ndarray) -> np.ndarray:
        """Signal that is taken away, shape (n_channels, n_times)."""
        removed: np.ndarray = self.vectors @ (self.weights @ data)
        return removed


@dataclass(frozen=True)
class Repaired:
    """Recording repaired by ASR.

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


def process_stretches(data: np.ndarray, sfreq: float, calibration: Calibration, stretches: Sequence[tuple[int, int]]) -> Repaired:
    """Repair stretches of a recording one by one, so that nothing of one reaches into another.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
    sfreq : float, Hz
    calibration : Calibration
    stretches : sequence of (int, int)
        First and last sample (exclusive), in order, without a gap.

    Returns
    -------
    Repaired
    """
    if len(stretches) == 1:
        return process(data, sfreq, calibration)
    repaired, changed, dimensions = np.empty_like(data), np.zeros(data.shape[1], bool), 0.0
    for start, stop in stretches:
        part = process(np.ascontiguousarray(data[:, start:stop]), sfreq, calibration)
        repaired[:, start:stop], changed[start:stop] = part.data, part.changed
        dimensions += part.dimensions * (stop - start) / data.shape[1]
    return Repaired(repaired, changed, dimensions)


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
    updates = np.unique([1, *range(step, n_times + ahead, step), n_times + ahead])
    find = _Finder(calibration)
    covariance = _Covariance(_Filtered(data, sfreq, ahead, calibration.state, length), length, step)
    repaired, changed = data.copy(), np.zeros(n_times, bool)
    previous: Projection | None = None
    last, dimensions = 0, 0
    for update in updates.tolist():
        projection = find(covariance(update))
        dimensions += projection.n_strong if projection else 0
        # An update looks ahead by half a window: what it says of the filtered signal holds that much earlier.
        begin, stop = max(last - ahead, 0), update - ahead
        if stop > begin and (projection or previous):
            fade = (1.0 - np.cos(np.pi * np.arange(begin + ahead - last + 1, update - last + 1) / (update - last))) / 2.0
            part = data[:, begin:stop]
            if previous:
                repaired[:, begin:stop] -= (1.0 - fade) * previous.removed(part)
            if projection:
                repaired[:, begin:stop] -= fade * projection.removed(part)
            changed[begin:stop] = (repaired[:, begin:stop] != part).any(axis=0)
        previous, last = projection, update
    return Repaired(repaired, changed, dimensions / len(updates))


class _Filtered:
    """The spectrally filtered signal, continued beyond its end by odd reflection; made as it is asked for, never held as a whole."""

    def __init__(self, data: np.ndarray, sfreq: float, ahead: int, state: np.ndarray, length: int) -> None:
        self.data, self.state, self.length = data, state.copy(), length
        self.b, self.a = spectral_filter(sfreq)
        self.tail = _reflected(data, ahead)
        self.made = np.empty((len(data), 0))
        self.start = 0

    def between(self, begin: int, end: int) -> np.ndarray:
        """Samples of a window of at most `length`, shape (n_channels, end - begin); no later call asks for an earlier end."""
        if end > self.start + self.made.shape[1]:
            self._make(max(end - self.length, 0), end)
        return self.made[:, begin - self.start : end - self.start]

    def _make(self, begin: int, end: int) -> None:
        from scipy.signal import lfilter

        done = self.start + self.made.shape[1]
        n_times = self.data.shape[1]
        stop = min(max(end, done + CHUNK), n_times + self.tail.shape[1])
        made = np.empty((len(self.data), stop - begin))
        made[:, : done - begin] = self.made[:, begin - self.start :]
        part = self.data[:, done:stop]
        if stop > n_times:
            part = np.concatenate([part, self.tail[:, max(done - n_times, 0) : stop - n_times]], axis=1)
        made[:, done - begin :], self.state = lfilter(self.b, self.a, part, zi=self.state)
        self.made, self.start = made, begin


def _reflected(data: np.ndarray, n: int) -> np.ndarray:
    """The next samples by odd reflection at the end; of a stretch that is shorter than that, there and back."""
    if data.shape[1] > n:
        tail: np.ndarray = 2.0 * data[:, -1:] - data[:, -2 : -2 - n : -1]
        return tail
    return np.pad(data, ((0, 0), (0, n)), mode="reflect", reflect_type="odd")[:, data.shape[1] :]


class _Covariance:
    """Uncentred covariance of the window that ends at an update; before the recording's start the signal is zero."""

    def __init__(self, filtered: _Filtered, length: int, step: int) -> None:
        self.filtered, self.length, self.step = filtered, length, step
        self.known: tuple[int, np.ndarray] | None = None

    def __call__(self, end: int) -> np.ndarray:
        """Compute the covariance of the window, shape (n_channels, n_channels)."""
        if self.length != 2 * self.step or end < self.length:
            return self._products(end - self.length, end) / self.length
        # Two steps make a window, so that each step is multiplied once for the two windows it belongs to.
        middle = end - self.step
        older = self.known[1] if self.known and self.known[0] == middle else self._products(end - self.length, middle)
        newer = self._products(middle, end)
        self.known = end, newer
        covariance: np.ndarray = (older + newer) / self.length
        return covariance

    def _products(self, begin: int, end: int) -> np.ndarray:
        part = self.filtered.between(max(begin, 0), end)
        products: np.ndarray = part @ part.T
        return products


class _Finder:
    """Finds the projection for the covariance of a window."""

    def __init__(self, calibration: Calibration) -> None:
        self.threshold = calibration.threshold
        self.limit = calibration.threshold.T @ calibration.threshold
        self.lowest = float(np.linalg.eigvalsh(self.limit)[0]) * (1.0 - 1e-9)
        n_channels = len(self.limit)
        self.first = n_channels - math.floor(MAX_DIMENSIONS * n_channels + 0.5) - 1
        power, vectors = np.linalg.eigh(calibration.covariance)
        self.rounding = n_channels * np.finfo(float).eps
        there = power > self.rounding * power[-1]
        # Square root of the pseudo-inverse: directions without clean signal (an average reference leaves one) rebuild nothing.
        self.whitening = (vectors[:, there] / np.sqrt(power[there])).T
        self.empty = vectors[:, ~there]

    def __call__(self, covariance: np.ndarray) -> Projection | None:
        """Find the projection; None where no component is too strong."""
        from scipy.linalg.lapack import dpotrf

        excess = self.limit - covariance
        # Where the limit exceeds the covariance in every direction, so it does along every component: no decomposition is needed.
        if excess.diagonal().min() > 0.0 and dpotrf(excess, lower=1, clean=0)[1] == 0:
            return None
        power, vectors = np.linalg.eigh(covariance)
        # Below the lowest limit of all, and within rounding of nothing, a component is not too strong.
        first = max(self.first, 0, int(np.searchsorted(power, max(self.lowest, self.rounding * power[-1]))))
        power, vectors = power[first:], vectors[:, first:]
        projected = self.threshold @ vectors
        removed = power >= np.einsum("kc,kc->c", projected, projected)
        if not removed.any():
            return None
        chosen = vectors[:, removed]
        white = self.whitening @ chosen
        gram, known = white.T @ white, white.T @ self.whitening
        if not self.empty.size:
            return Projection(chosen, np.linalg.solve(gram, known), chosen.shape[1])
        # Nothing tells what belongs where the clean signal has nothing: it is taken away.
        weights = np.linalg.pinv(gram, rcond=self.rounding, hermitian=True) @ known
        return Projection(np.hstack([chosen, self.empty]), np.vstack([weights, self.empty.T]), chosen.shape[1])
