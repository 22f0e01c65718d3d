"""Interval of a correlation by Fisher's z."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FEWEST = 4  # subjects: the standard error is 1 / sqrt(n - 3)

Floats = NDArray[np.float64]


def fisher_z(r: ArrayLike, n_subjects: int, *, error: ArrayLike = 0.0, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of Pearson's correlation over subjects.

    Parameters
    ----------
    r : array_like, shape (...)
        Correlation.
    n_subjects : int
        Number of independent pairs: of subjects, however many windows each has.
    error : array_like, shape (...)
        Standard error of z that is known otherwise; the larger one counts.
    confidence : float

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN for fewer than four subjects, and where `r` is.

    Notes
    -----
    Fisher 1921, Metron 1:3-32. It covers as it says where truth and prediction are jointly normal, and less where their errors are skewed.
    """
    r = np.asarray(r, dtype=float)
    if n_subjects < FEWEST:
        return np.full(r.shape, np.nan), np.full(r.shape, np.nan)
    with np.errstate(divide="ignore"):
        centre = np.arctanh(np.clip(r, -1.0, 1.0))
    half = float(special.ndtri((1 + confidence) / 2)) * np.maximum(1 / np.sqrt(n_subjects - 3), np.asarray(error, dtype=float))
    return np.tanh(centre - half), np.tanh(centre + half)
