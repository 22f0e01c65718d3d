"""Paired difference: two ways to predict the same subjects, and how sure it is that one is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from eegcli.stats.intervals import LEVEL

Floats = NDArray[np.float64]
ROUNDING = 1e-12  # spreads below it, relative to the values, are of rounding


def paired_interval(differences: Floats, *, resamples: int, seed: int) -> tuple[float, float]:
    """95 % interval of the mean of paired differences, a subject each: the wider of Student's t and bootstrap-t on either side.

    Parameters
    ----------
    differences : ndarray, shape (n_subjects,)
        Of each subject, one way less the other.
    resamples : int
        Cohorts of the same size that are drawn.
    seed : int
        Seed of the draws.

    Returns
    -------
    low, high : float
        NaN where there are fewer than two subjects, all differences are the same, or too many draws are of subjects whose are.

    Notes
    -----
    Efron & Tibshirani 1993, section 12.5. A draw without any spread has an infinite t.
    """
    n = len(differences)
    spread = float(np.std(differences, ddof=1)) if n > 1 else 0.0
    none = ROUNDING * float(np.max(np.abs(differences), initial=0.0))
    if n < 2 or spread <= none:
        return np.nan, np.nan
    mean, error = float(np.mean(differences)), spread / np.sqrt(n)
    drawn = differences[np.random.default_rng(seed).integers(n, size=(resamples, n))]
    off, errors = drawn.mean(axis=1) - mean, drawn.std(axis=1, ddof=1) / np.sqrt(n)
    spread_out = errors > none
    t = np.sort(np.where(spread_out, off / np.where(spread_out, errors, 1.0), np.where(off < 0, -np.inf, np.inf)))
    tail = (1 - LEVEL) / 2
    below, above = t[int(np.floor(tail * (resamples - 1)))], t[int(np.ceil((1 - tail) * (resamples - 1)))]
    student = float(stats.t.ppf(1 - tail, n - 1))
    low, high = mean - max(above, student) * error, mean - min(below, -student) * error
    return (float(low), float(high)) if np.isfinite([low, high]).all() else (np.nan, np.nan)
