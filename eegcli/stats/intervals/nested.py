"""Interval of a cross-validated mean, corrected for networks that share subjects: nested cross-validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nested:
    """Corrected estimate of a cross-validated mean, with its interval.

    Attributes
    ----------
    value : float
        Mean, corrected for the smaller training sets.
    low, high : float
    inflation : float
        Standard error over that of subjects alone: between 1 and the square root of the number of folds.
    """

    value: float
    low: float
    high: float
    inflation: float


def nested_interval(folds: Ints, outer: Floats, inner: Floats, counts: Floats, *, confidence: float = 0.95) -> Nested:
    """Interval of the mean over windows that somebody else's cohort would be predicted with.

    Parameters
    ----------
    folds : ndarray of int, shape (n_repeats, n_subjects)
        Fold of each subject, from 0, dealt out anew in each repeat.
    outer : ndarray, shape (n_repeats, n_subjects)
        Sum of the values of a subject's windows (right predictions, absolute errors) by the network that did not see its fold.
    inner : ndarray, shape (n_repeats, n_folds, n_subjects)
        The same by the network that saw neither its fold nor the one in the second axis; of subjects of that fold anything.
    counts : ndarray, shape (n_subjects,)
        How many windows each subject has.
    confidence : float

    Returns
    -------
    Nested
        NaN where a fold has fewer than two subjects, so that its spread is not known.

    Notes
    -----
    Bates, Hastie & Tibshirani 2023, J. Am. Stat. Assoc. 119:1434-1445, doi:10.1080/01621459.2023.2197686, algorithm 1, with subjects as the
    units. What a fold shows beside what cross-validation without it estimates has the variance of that estimate, and that of the fold,
    which is known. As there, the standard error is held between that over subjects and the square root of the number of folds times that.
    Quantiles are Student's, of as many degrees of freedom as there are subjects less one.
    """
    n_subjects = folds.shape[1]
    n_folds = inner.shape[1]
    inside = folds[:, None] == np.arange(n_folds)[None, :, None]  # (n_repeats, n_folds, n_subjects)
    n_inside = inside.sum(axis=2)
    if n_inside.min() < 2 or n_folds < 3:
        return Nested(np.nan, np.nan, np.nan, np.nan)
    windows = np.where(inside, counts, 0.0).sum(axis=2)
    in_fold = np.where(inside, outer[:, None], 0.0).sum(axis=2) / windows
    off = np.where(inside, outer[:, None] - in_fold[:, :, None] * counts, 0.0)
    of_fold = n_inside / (n_inside - 1) * (off**2).sum(axis=2) / windows**2
    without = np.where(inside, 0.0, inner).sum(axis=2) / np.where(inside, 0.0, counts).sum(axis=2)
    squared = float(np.mean((without - in_fold) ** 2 - of_fold)) * (n_folds - 1) / n_folds
    as_usual = outer.sum(axis=1) / counts.sum()
    usual, smaller = float(as_usual.mean()), float(without.mean())
    value = smaller - (1 + (n_folds - 2) / n_folds) * (smaller - usual)
    residual = outer - as_usual[:, None] * counts
    over_subjects = float(np.mean(n_subjects / (n_subjects - 1) * (residual**2).sum(axis=1))) / float(counts.sum()) ** 2
    error = float(np.sqrt(np.clip(squared, over_subjects, n_folds * over_subjects)))
    half = float(special.stdtrit(n_subjects - 1, (1 + confidence) / 2)) * error
    return Nested(value, value - half, value + half, error / float(np.sqrt(over_subjects)) if over_subjects > 0 else 1.0)
