"""Calibration: whether what is called 80 % sure is right in 80 % of cases; scores of probabilities, reliability, and the temperature that mends it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

from eegcli.stats.intervals import LEVEL

N_BINS = 15  # of equal width, as Guo et al. 2017 have them
LEAST = float(
    np.finfo(np.float64).eps
)  # probabilities nearer to 0 or 1 count as so near, as in scikit-learn: one sure mistake is not infinite
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are tried: beyond them every window is as good as sure, or undecided
_AT_ONCE = 256  # resamples per block: memory stays at 256 x n_subjects numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def brier(truth: Ints, probabilities: Floats) -> float:
    """Brier score of probabilities; NaN where there are none.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Class indices.
    probabilities : ndarray, shape (n, n_classes)
        Probability of each class.

    Notes
    -----
    Brier 1950: the squared errors of all classes' probabilities, summed. Of two classes half of that, which is the mean squared error of
    either's probability, as usual and as in scikit-learn.
    """
    if not len(truth):
        return np.nan
    total = np.einsum("nk,nk->", probabilities, probabilities) + len(truth) - 2.0 * _of_truth(truth, probabilities).sum()
    return float(total) / len(truth) / (2.0 if probabilities.shape[1] == 2 else 1.0)


def log_loss(truth: Ints, probabilities: Floats) -> float:
    """Mean negative natural logarithm of the true class's probability; NaN where there are none. Arguments as for `brier`."""
    return -float(np.mean(np.log(np.clip(_of_truth(truth, probabilities), LEAST, 1 - LEAST)))) if len(truth) else np.nan


def calibration_error(truth: Ints, probabilities: Floats) -> float:
    """Expected calibration error of the predicted class's probability; NaN where there are none. Arguments as for `brier`.

    Notes
    -----
    Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017 (arXiv:1706.04599): over bins of equal width, the mean distance of the mean confidence and the share
    that is right, weighted by their sizes. It is above 0 by chance alone: of few cases it says little.
    """
    if not len(truth):
        return np.nan
    gap, index = _gaps(truth, probabilities)
    return float(np.abs(np.bincount(index, weights=gap, minlength=N_BINS)).sum()) / len(truth)


@dataclass(frozen=True)
class Reliability:
    """Reliability of confidences, bin by bin.

    Attributes
    ----------
    n, n_subjects : ndarray of int, shape (N_BINS,)
        Cases in each bin, and subjects that they are of.
    confidence, accuracy : ndarray, shape (N_BINS,)
        Mean probability of the predicted class, and share that is right; NaN in an empty bin.
    """

    n: Ints
    n_subjects: Ints
    confidence: Floats
    accuracy: Floats

    @property
    def edges(self) -> Floats:
        """Edges of the bins, shape (N_BINS + 1,); the upper one is of the bin."""
        return np.arange(N_BINS + 1) / N_BINS


def reliability(truth: Ints, probabilities: Floats, subject: Ints) -> Reliability:
    """Confidence and accuracy by bins of confidence.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Class indices.
    probabilities : ndarray, shape (n, n_classes)
        Probability of each class.
    subject : ndarray of int, shape (n,)
        Subject of each case.
    """
    gap, index = _gaps(truth, probabilities)
    confidence = probabilities.max(axis=1)
    n = np.bincount(index, minlength=N_BINS)
    pairs = np.unique(np.stack([index, subject]), axis=1)[0] if len(index) else index
    with np.errstate(invalid="ignore"):
        means = np.bincount(index, weights=confidence, minlength=N_BINS) / n
        right = np.bincount(index, weights=confidence - gap, minlength=N_BINS) / n
    return Reliability(n, np.bincount(pairs, minlength=N_BINS), means, right)


def fit_temperature(truth: Ints, probabilities: Floats) -> float:
    """Temperature under which probabilities of validation cases have the least log-loss.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Class indices.
    probabilities : ndarray, shape (n, n_classes)
        Probability of each class.

    Returns
    -------
    float
        Between `COLDEST` and `HOTTEST`; above 1 where the network is too sure of itself. Where that has no end: 0 where the colder the better (all
        cases are right, or nearly), infinite where the hotter the better (the probabilities tell no more than chance); NaN without cases.

    Notes
    -----
    Guo et al. 2017 (arXiv:1706.04599). The log-loss is convex in the inverse of the temperature: there is one minimum.
    """
    if not len(truth):
        return np.nan
    logs = np.log(np.clip(probabilities, LEAST, None))
    logs -= logs.max(axis=1, keepdims=True)
    of_truth = logs[np.arange(len(truth)), truth]

    def loss(log_temperature: float) -> float:
        inverse = math.exp(-log_temperature)
        return float(np.mean(np.log(np.exp(inverse * logs).sum(axis=1)) - inverse * of_truth))

    low, high = math.log(COLDEST), math.log(HOTTEST)
    found = float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x)
    # The bounded search never tries the ends themselves.
    if loss(found) < min(loss(low), loss(high)):
        return math.exp(found)
    return 0.0 if loss(low) < loss(high) else math.inf


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities at a temperature: the softmax of their logarithms divided by it, shape (n, n_classes)."""
    logs = np.log(np.clip(probabilities, LEAST, None)) / temperature
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def error_interval(repeats: Sequence[tuple[Ints, Floats, Ints]], *, resamples: int, seed: int) -> tuple[float, float]:
    """95 % interval of the expected calibration error (mean over repeats), with subjects as clusters.

    Parameters
    ----------
    repeats : sequence of (truth, probabilities, subject)
        As `reliability` takes them, one per seed of the network.
    resamples : int
        Cohorts of the same size that are drawn.
    seed : int
        Seed of the draws.

    Returns
    -------
    low, high : float
        NaN where there are fewer than two subjects.

    Notes
    -----
    The error is a sum of distances from 0, which chance makes larger: its percentile interval hardly ever holds the 0 of a network that is
    calibrated (`benchmarks/calibration.py`). The interval here is the error less, and plus, what the gaps of the bins, summed without their signs, are off in
    resampled cohorts (Efron & Tibshirani 1993, chapter 13); the true error cannot be farther than the gaps are (triangle inequality), so that it is too wide rather
    than too narrow. Quantiles are widened for few subjects as Student's t is.
    """
    subjects, who = np.unique(np.concatenate([subject for *_, subject in repeats]), return_inverse=True)
    n_subjects, n_columns = len(subjects), N_BINS * len(repeats)
    if n_subjects < 2:
        return np.nan, np.nan
    numbers = np.repeat(np.arange(len(repeats)), [len(truth) for truth, *_ in repeats])
    gap, index = (np.concatenate(parts) for parts in zip(*(_gaps(truth, p) for truth, p, _ in repeats), strict=True))
    sums = _by_subject(gap, who, index + N_BINS * numbers, n_subjects, n_columns)
    counts = _by_subject(np.ones(len(gap)), who, numbers, n_subjects, len(repeats))
    seen = np.flatnonzero(np.abs(sums).sum(axis=0) > 0)
    of_repeat = seen // N_BINS
    means = sums[:, seen].sum(axis=0) / counts.sum(axis=0)[of_repeat]
    random = np.random.default_rng(seed)
    off = np.empty(resamples)
    for start in range(0, resamples, _AT_ONCE):
        rows = slice(start, min(start + _AT_ONCE, resamples))
        n_draws = rows.stop - rows.start
        drawn = random.integers(0, n_subjects, size=(n_draws, n_subjects)) + n_subjects * np.arange(n_draws)[:, None]
        draws = np.bincount(drawn.ravel(), minlength=n_draws * n_subjects).reshape(n_draws, n_subjects).astype(float)
        # einsum, for BLAS adds in an order that depends on its threads
        of_draws = np.einsum("rs,sg->rg", draws, sums[:, seen]) / np.einsum("rs,sg->rg", draws, counts)[:, of_repeat]
        off[rows] = np.abs(of_draws - means).sum(axis=1) / len(repeats)
    tail = (1 - LEVEL) / 2
    few = float(stats.t.ppf(1 - tail, n_subjects - 1) / stats.norm.ppf(1 - tail)) * math.sqrt(n_subjects / (n_subjects - 1))
    below, above = few * np.quantile(off, [1 - tail, LEVEL])
    error = float(np.abs(means).sum()) / len(repeats)
    if not off.any():  # all subjects are alike: as many others may be unlike them as would be missing among so few in 1 of 20 cohorts
        above = 1 - (1 - LEVEL) ** (1 / n_subjects)
    return max(0.0, error - float(below)), min(1.0, error + float(above))


def _of_truth(truth: Ints, probabilities: Floats) -> Floats:
    return np.asarray(probabilities[np.arange(len(truth)), truth], dtype=np.float64)


def _gaps(truth: Ints, probabilities: Floats) -> tuple[Floats, Ints]:
    """Confidence less 1 where right, and the bin, of each case."""
    predicted = np.argmax(probabilities, axis=1)
    confidence = np.asarray(probabilities[np.arange(len(truth)), predicted], dtype=np.float64)
    return confidence - (predicted == truth), np.searchsorted(np.arange(1, N_BINS) / N_BINS, confidence, side="left")


def _by_subject(values: Floats, subject: Ints, group: Ints, n_subjects: int, n_groups: int) -> Floats:
    """Sum of values within each subject and group, (n_subjects, n_groups)."""
    total = np.bincount(subject * n_groups + group, weights=values, minlength=n_subjects * n_groups).reshape(n_subjects, n_groups)
    return np.asarray(total, dtype=np.float64)
