"""Intervals of a share of votes: Clopper-Pearson, for clusters of votes Korn-Graubard, and Wilson's for scripts of before."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def clopper_pearson(right: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a share of independent draws that holds the truth at least as often as it says.

    Parameters
    ----------
    right : array_like, shape (...)
        How many are right; a mean over repeats need not be whole.
    n : array_like, shape (...)
        Of how many; an effective number need not be whole.
    confidence : float

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN where `n` is 0. All right of n: the lower bound is ``((1 - confidence) / 2) ** (1 / n)``.

    Notes
    -----
    Clopper & Pearson 1934, Biometrika 26:404-413, doi:10.1093/biomet/26.4.404, by quantiles of the beta distribution.
    """
    right, n = np.broadcast_arrays(np.asarray(right, dtype=float), np.asarray(n, dtype=float))
    tail = (1 - confidence) / 2
    wrong = n - right
    low = np.where(right > 0, special.betaincinv(np.where(right > 0, right, 1.0), wrong + 1, tail), 0.0)
    high = np.where(wrong > 0, special.betaincinv(right + 1, np.where(wrong > 0, wrong, 1.0), 1 - tail), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def korn_graubard(sums: Floats, counts: Floats, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a share of votes, several of a subject: Clopper-Pearson with the effective number of independent votes.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, ...)
        Right votes of each subject, and all of them.
    confidence : float

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN where there are fewer than two subjects.

    Notes
    -----
    Korn & Graubard 1998, Survey Methodology 24:193-201: the variance over clusters says how many independent votes these are worth,
    Student's t by the number of clusters takes away what that variance is unsure of. Votes of one subject are counted as worth no more than
    independent ones and no less than one of each subject; where all are right, or all wrong, as one of each subject.
    """
    n_subjects, n = len(sums), counts.sum(axis=0)
    if n_subjects < 2:
        return np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    share = sums.sum(axis=0) / n
    variance = n_subjects / (n_subjects - 1) * (((sums - share * counts) / n) ** 2).sum(axis=0)
    tail = (1 + confidence) / 2
    shrinking = (special.stdtrit(np.maximum(n - 1, 1), tail) / special.stdtrit(n_subjects - 1, tail)) ** 2
    of_one = share * (1 - share)
    effective = np.where((of_one > 0) & (variance > 0), of_one / np.where(variance > 0, variance, 1.0) * shrinking, n_subjects)
    effective = np.clip(effective, np.minimum(n_subjects, n), n)
    return clopper_pearson(share * effective, effective, confidence=confidence)


def wilson(right: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share of independent draws that holds the truth about as often as it says on average, and at times less.

    Parameters
    ----------
    right : float
        How many are right; a mean over seeds need not be whole.
    n : int
        Of how many.
    confidence : float

    Returns
    -------
    tuple of (float, float)
        NaN where `n` is 0.

    Notes
    -----
    Wilson 1927, J. Am. Stat. Assoc. 22:209-212, doi:10.1080/01621459.1927.10502953.
    """
    if n == 0:
        return np.nan, np.nan
    z = float(special.ndtri((1 + confidence) / 2))
    share = right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
