"""Probe: what closed-form features of windows tell of labels, of persons who were left out, and of labels that mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.bands import FILTER_BANK_HALF_OPEN
from eegcli.engine.closed import inner_folds
from eegcli.errors import InputError
from eegcli.models.bandpass import BandCovariance
from eegcli.models.spd import half_vector, matrix_log
from eegcli.stats.metrics import auc_within_folds, pearson_r
from eegcli.stats.permutation import p_value

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CHANNELS = 24  # of a covariance: of more channels their first principal components
FOLDS = 5
RIDGE = 1.0  # of kernels whose mean diagonal is 1: strong, for persons are few (the demo and eegmat are told better than with 0.1 and 0.01)
TYPICAL = 10.0  # µV: windows of any unit are scaled to it, so that the floor of the logarithms lies far below them
FAR = 1e4  # µV: of windows so scaled, beyond which values are cut off
BINS = 16  # of the waveform of a window: potentials that follow an event


@dataclass(frozen=True)
class Told:
    """Reading of labels off features.

    Attributes
    ----------
    value : float
        Of persons who were left out: AUC (of more classes the mean of one-versus-rest), or r of a number.
    score : ndarray, shape (n_windows, n_outputs)
        Out of fold.
    """

    value: float
    score: Floats


@dataclass(frozen=True)
class Probe:
    """Features of windows as kernels, and persons.

    Attributes
    ----------
    kernels : mapping of str to ndarray, shape (n_windows, n_windows)
        Of band power, covariance and waveform, centred, each with a mean diagonal of 1; without those that do not vary.
    power : ndarray, shape (n_windows, n_channels, n_features)
        Logarithm of the power in bands, and the waveform, channel by channel, standardised; empty for windows that are no signals.
    person : ndarray of int, shape (n_windows,)
    """

    kernels: Mapping[str, Floats]
    power: Floats
    person: Ints

    @cached_property
    def kernel(self) -> Floats:
        """Mean of the kernels."""
        return np.asarray(sum(self.kernels.values()) / len(self.kernels))

    @cached_property
    def recentred(self) -> Floats:
        """The kernel without the mean of each person: what differs within people."""
        return without_means(self.kernel, self.person)

    def some(self, chosen: NDArray[np.bool_]) -> Probe:
        """The same of some windows."""
        kernels = {name: kernel[np.ix_(chosen, chosen)] for name, kernel in self.kernels.items()}
        return Probe(kernels, self.power[chosen], self.person[chosen])

    def kernel_of(self, channels: Ints) -> Floats:
        """Kernel of some channels alone, of band power and waveform."""
        own = self.power[:, channels].reshape(len(self.power), -1)
        return _normalised(own @ own.T)


def probe_of(x: np.ndarray, sfreq: float, person: Ints, *, raw: bool) -> Probe | None:
    """Compute the features of windows.

    Parameters
    ----------
    x : ndarray of float32, shape (n_windows, ...)
        Signals, (n_channels, n_times) each; or anything else, of which the values themselves are features. NaN and infinities count as 0.
    sfreq : float
        Hz.
    person : ndarray of int, shape (n_windows,)
    raw : bool
        True for signals.

    Returns
    -------
    Probe or None
        None where no feature varies.
    """
    if len(x) < 2:
        return None
    x = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
    parts: dict[str, Floats] = {}
    power = np.empty((len(x), 0, 0))
    if raw:
        spread = x.std(axis=2, dtype=np.float64)
        typical = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
        # What lies beyond a thousand times the typical spread is no signal, and its square would be no number.
        x = np.clip(x.astype(np.float64) * (TYPICAL / typical), -FAR, FAR).astype(np.float32)
        waves = _waveform(x)
        try:
            parts["covariance"] = _covariance(x, sfreq)
            bands = _band_power(x, sfreq)
            parts["power"] = bands.reshape(len(x), -1)
        except InputError:  # so short that no band holds a frequency
            bands = np.log(np.maximum(x.var(axis=2, dtype=np.float64), 1e-6))[..., None]
            parts["power"] = bands[..., 0]
        parts["waveform"] = waves.reshape(len(x), -1)
        power = np.concatenate([_standardised(bands) / np.sqrt(bands.shape[2]), _standardised(waves) / np.sqrt(waves.shape[2])], axis=2)
    else:
        parts["values"] = _standardised(x.reshape(len(x), -1).astype(np.float64))
    kernels = {name: _normalised(own @ own.T) for name, own in ((name, part - part.mean(axis=0)) for name, part in parts.items())}
    kernels = {name: kernel for name, kernel in kernels.items() if np.isfinite(kernel).all() and np.trace(kernel) > 0}
    return Probe(kernels, power, person) if kernels else None


def without_means(kernel: Floats, group: Ints) -> Floats:
    """Kernel of features without the mean of each group, shape (n, n), with a mean diagonal of 1."""
    number = np.unique(group, return_inverse=True)[1]
    return _normalised(_rows_centred(_rows_centred(kernel, number).T, number))


@dataclass(frozen=True)
class Reader:
    """Ridge regressions that read labels off windows, each fitted to all folds but one: made once, they read any labelling.

    Attributes
    ----------
    hats : list of (ndarray, ndarray of int, ndarray of int)
        Matrix that makes scores of a fold of the centred labels of the others, and the places of both.
    fold : ndarray of int, shape (n,)
    person : ndarray of int, shape (n,)
    """

    hats: list[tuple[Floats, Ints, Ints]]
    fold: Ints
    person: Ints

    @classmethod
    def of(cls, kernel: Floats, fold: Ints, person: Ints) -> Reader:
        """Reader of windows of a kernel, shape (n, n), by folds of persons."""
        return cls(_hats(kernel, fold), fold, person)

    def tell(self, y: Floats, n_classes: int) -> Told:
        """Predict labels (index of the class; a number where there are 0 classes), shape (n,), out of fold."""
        target = outputs(y, n_classes)
        score = np.zeros_like(target)
        for hat, test, train in self.hats:
            mean = target[train].mean(axis=0)
            score[test] = hat @ (target[train] - mean) + mean
        if n_classes:
            return Told(float(auc_within_folds(y.astype(np.int64), score, self.fold, self.person)), score)
        return Told(float(pearson_r(y, score[:, 0])), score)

    def chance(self, labellings: list[Floats], n_classes: int) -> float:
        """P value of the first of several labellings, the true one: how many of the others are told as well out of fold.

        Notes
        -----
        The statistic is the covariance of score and label within folds, as in `eegcli.stats.confounding.tell`.
        """
        targets = np.stack([outputs(y, n_classes) for y in labellings], axis=1)  # (n, n_labellings, n_outputs)
        total = np.zeros(len(labellings))
        for hat, test, train in self.hats:
            known = targets[train] - targets[train].mean(axis=0)
            score = (hat @ known.reshape(len(train), -1)).reshape(len(test), len(labellings), -1)
            total += ((targets[test] - targets[test].mean(axis=0)) * score).sum(axis=(0, 2))
        return p_value(float(total[0]), total[1:])


def outputs(y: Floats, n_classes: int) -> Floats:
    """Indicators of the classes, or the standardised number, shape (n, n_outputs)."""
    if n_classes:
        return np.asarray(np.eye(n_classes)[y.astype(np.int64)])
    spread = y.std()
    return np.asarray(((y - y.mean()) / (spread if spread > 0 else 1.0))[:, None])


def folds_of(y: Floats, person: Ints) -> Ints:
    """Folds of persons, alike in their mean label, shape (n,)."""
    return inner_folds(y, person, FOLDS)


def _hats(kernel: Floats, fold: Ints) -> list[tuple[Floats, Ints, Ints]]:
    """Matrix that makes scores of a fold of the centred labels of the others, with the places of both."""
    found = []
    for number in np.unique(fold):
        test, train = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(train):
            continue
        own = kernel[np.ix_(train, train)]
        mean = own.mean(axis=0)
        centred = own - mean - mean[:, None] + mean.mean()
        across = kernel[np.ix_(test, train)]
        across = across - across.mean(axis=1, keepdims=True) - mean + mean.mean()
        inner = centred + RIDGE * max(float(np.trace(centred)) / len(train), 1e-12) * np.eye(len(train))
        found.append((np.linalg.solve(inner, across.T).T, test, train))
    return found


def _rows_centred(kernel: Floats, number: Ints) -> Floats:
    """Kernel without the mean row of each group."""
    sums = np.zeros((int(number.max()) + 1, kernel.shape[1]))
    np.add.at(sums, number, kernel)
    return np.asarray(kernel - (sums / np.bincount(number)[:, None])[number])


def _normalised(kernel: Floats) -> Floats:
    mean = float(np.trace(kernel)) / max(len(kernel), 1)
    return np.asarray(kernel / mean if mean > 1e-12 else np.zeros_like(kernel))


def _standardised(features: Floats) -> Floats:
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 1e-9, spread, np.inf))


def _waveform(x: np.ndarray) -> Floats:
    """Mean of each of 16 stretches of a window, without its mean: (n, n_channels, 16)."""
    n_bins = min(BINS, x.shape[2])
    edges = np.linspace(0, x.shape[2], n_bins + 1).astype(np.int64)
    binned = np.add.reduceat(x, edges[:-1], axis=2, dtype=np.float64) / np.diff(edges)
    return np.asarray(binned)


def _band_power(x: np.ndarray, sfreq: float) -> Floats:
    """Logarithm of the power of each channel in each band, (n, n_channels, n_bands)."""
    freqs = np.fft.rfftfreq(x.shape[2], 1 / sfreq)
    spectrum = np.abs(np.fft.rfft((x - x.mean(axis=2, keepdims=True)) * np.hanning(x.shape[2] + 2)[1:-1].astype(np.float32), axis=2)) ** 2
    inside = [(freqs >= low) & (freqs < high) for low, high in FILTER_BANK_HALF_OPEN.values()]
    return np.stack([np.log(spectrum[..., one].mean(axis=2) / x.shape[2] + 1e-6) for one in inside if one.any()], axis=2).astype(np.float64)


def _covariance(x: np.ndarray, sfreq: float) -> Floats:
    """Logarithm of the covariance of the channels in each band, half-vectorised."""
    if x.shape[1] > MOST_CHANNELS:
        flat = x - x.mean(axis=2, keepdims=True)
        vectors = np.linalg.eigh(np.einsum("nct,ndt->cd", flat, flat, optimize=True))[1][:, -MOST_CHANNELS:]
        x = np.einsum("ck,nct->nkt", vectors, x, optimize=True).astype(np.float32)
    covariance = BandCovariance(x.shape[2], sfreq, FILTER_BANK_HALF_OPEN, "probe")
    with torch.inference_mode():
        parts = [
            half_vector(matrix_log(covariance(torch.from_numpy(x[start : start + 256])))).flatten(1) for start in range(0, len(x), 256)
        ]
        return torch.cat(parts).numpy().astype(np.float64)
