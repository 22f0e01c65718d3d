"""Confidence intervals by resampling subjects (bootstrap), for windows of one subject are no independent draws."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_ROWS_AT_ONCE = 256  # resamples per block: memory stays at 256 x n_subjects numbers

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def sums_by_subject(values: Floats, subject: NDArray[np.int64], group: NDArray[np.int64], n_subjects: int, n_groups: int) -> Floats:
    """Add values up within each subject and group.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Summands: 1 for a right prediction, an absolute error, or 1 to count.
    subject, group : ndarray of int, shape (n,)
        Subject of each value, and its group (the true class).
    n_subjects, n_groups : int
        Shape of the result.

    Returns
    -------
    ndarray, shape (n_subjects, n_groups)
    """
    total = np.bincount(subject * n_groups + group, weights=values, minlength=n_subjects * n_groups).reshape(n_subjects, n_groups)
    return total.astype(np.float64)


def bootstrap(sums: Floats, counts: Floats, *, resamples: int, seed: int) -> tuple[Interval, Interval]:
    """95 % percentile intervals of a mean and of the mean over groups, by resampling subjects with replacement.

    With `sums` the right predictions and the true classes as groups, these are the intervals of accuracy and of
    balanced accuracy; with absolute errors and one group, the first is that of the mean absolute error.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, n_groups)
        Per subject and group: the sum of the values, and how many there are.
    resamples : int
        How many cohorts of the same size are drawn.
    seed : int
        Seed of the draws: same seed, same interval.

    Returns
    -------
    of_mean, of_group_mean : tuple of (float, float)
        NaN where there are fewer than two subjects. A group that a draw lacks does not count in that draw's mean.

    Notes
    -----
    Efron & Tibshirani 1993, chapter 13, with the subject as the resampled cluster: all windows of a subject are drawn together.
    """
    n_subjects = len(sums)
    if n_subjects < 2:
        return (np.nan, np.nan), (np.nan, np.nan)
    random = np.random.default_rng(seed)
    means, group_means = np.empty(resamples), np.empty(resamples)
    for start in range(0, resamples, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, resamples))
        draws = _draw(random, rows.stop - rows.start, n_subjects)
        # einsum, for BLAS adds in an order that depends on its threads
        drawn_sums, drawn_counts = np.einsum("rs,sg->rg", draws, sums), np.einsum("rs,sg->rg", draws, counts)
        means[rows] = drawn_sums.sum(axis=1) / drawn_counts.sum(axis=1)
        present = drawn_counts > 0
        recall = np.divide(drawn_sums, drawn_counts, out=np.zeros_like(drawn_sums), where=present)
        group_means[rows] = recall.sum(axis=1) / present.sum(axis=1)
    return _middle(means), _middle(group_means)


def _draw(random: np.random.Generator, n_draws: int, n_subjects: int) -> Floats:
    """Draw subjects with replacement: how often each is in each draw, shape (n_draws, n_subjects)."""
    drawn = random.integers(0, n_subjects, size=(n_draws, n_subjects)) + n_subjects * np.arange(n_draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=n_draws * n_subjects).reshape(n_draws, n_subjects).astype(float)


def _middle(values: Floats) -> Interval:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def wilson(right: float, n: int) -> Interval:
    """95 % interval of a share of independent draws.

    Parameters
    ----------
    right : float
        How many are right; a mean over seeds need not be whole.
    n : int
        Of how many.

    Returns
    -------
    tuple of (float, float)
        NaN where `n` is 0.

    Notes
    -----
    Wilson 1927, J. Am. Stat. Assoc. 22:209-212. Unlike the bootstrap it does not shrink to a point when all are right.
    """
    if n == 0:
        return np.nan, np.nan
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share = right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)
