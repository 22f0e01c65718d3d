"""Voting rules: probabilities of a unit from those of its windows. Sums are of whole numbers of steps, so that ties are ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.stats.votes import STEPS, exact_mean, exact_sums, unit_means

LEAST = 2.0**-24  # of a probability: half the last bit of single precision at 1; its logarithm is finite
LOG_STEPS = 2.0**32  # of a logarithm: the sum over 100 million windows still fits into 64 bits
TIED = 1e-9  # mean logarithms that differ by less tie: a step is 2e-10, and outputs in single precision differ by more

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def mean(probabilities: Floats, member: Ints, n_windows: Ints, weight: Floats | None = None) -> Floats:
    """Mean over the windows of each unit.

    Parameters
    ----------
    probabilities : ndarray, shape (n_windows, n_classes)
        Of each class; or the predicted number, shape (n_windows, 1).
    member : ndarray of int, shape (n_windows,)
        Unit of each window, numbered from 0 without gaps.
    n_windows : ndarray of int, shape (n_units,)
        Windows of each unit.
    weight : ndarray, optional
        Not looked at.

    Returns
    -------
    ndarray, shape (n_units, n_classes)
    """
    return unit_means(probabilities, member, n_windows)


def majority(probabilities: Floats, member: Ints, n_windows: Ints, weight: Floats | None = None) -> Floats:
    """Share of the windows of each unit that predict each class. Arguments as for `mean`."""
    n_classes = probabilities.shape[1]
    counts = np.bincount(member * n_classes + np.argmax(probabilities, axis=1), minlength=len(n_windows) * n_classes)
    return np.asarray(counts.reshape(-1, n_classes) / n_windows[:, None])


def log_odds(probabilities: Floats, member: Ints, n_windows: Ints, weight: Floats | None = None) -> Floats:
    """Probability of the mean log-odds over the windows of each unit, whose order of classes is that of their sum. Arguments as for `mean`.

    Notes
    -----
    Kittler et al. 1998 (doi:10.1109/34.667881), the product rule: it takes windows as independent, which those of one subject are not. The
    sum would say 0 or 1 of everyone; the mean, a normalised geometric mean, votes for the same class and keeps a probability.
    """
    logs = np.log(np.maximum(probabilities, LEAST))
    means = np.stack([exact_mean(column, member, n_windows, LOG_STEPS) for column in logs.T], axis=1)
    off = means - means.max(axis=1, keepdims=True)
    # Products of other factors may be equal, whose logarithms are rounded to steps.
    shares = np.exp(np.where(off > -TIED, 0.0, off))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def weighted(probabilities: Floats, member: Ints, n_windows: Ints, weight: Floats | None = None) -> Floats:
    """Weighted mean over the windows of each unit.

    Parameters
    ----------
    probabilities, member, n_windows
        As for `mean`.
    weight : ndarray, shape (n_windows,)
        From 0 to 1, positive; only ratios within a unit matter. None: `mean`.
    """
    if weight is None:
        return mean(probabilities, member, n_windows)
    total = exact_sums(weight, member, len(n_windows), STEPS)
    # Windows of which none has a weight that is more than rounding vote alike.
    plain = mean(probabilities, member, n_windows)
    sums = np.stack([exact_sums(weight * column, member, len(n_windows), STEPS) for column in probabilities.T], axis=1)
    return np.where(total[:, None] > 0, sums / np.maximum(total, 1)[:, None], plain)
