"""Paired difference: two ways to predict the same subjects, and how sure it is that one is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from eegcli.stats.intervals import LEVEL
from eegcli.stats.intervals.resampling import Stratum, bootstrap_t

Floats = NDArray[np.float64]


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
    low, high = paired_intervals(np.asarray(differences, dtype=float)[:, None], resamples=resamples, seed=seed)
    return float(low[0]), float(high[0])


def paired_intervals(differences: Floats, *, resamples: int, seed: int, confidence: float = LEVEL) -> tuple[Floats, Floats]:
    """Intervals of the mean of paired differences of many cohorts, as `paired_interval` gives them of one.

    Parameters
    ----------
    differences : ndarray, shape (n_subjects, n_cohorts)
    resamples, seed
        As for `paired_interval`.
    confidence : float

    Returns
    -------
    low, high : ndarray, shape (n_cohorts,)
    """
    n, n_cohorts = differences.shape
    if n < 2:
        return np.full(n_cohorts, np.nan), np.full(n_cohorts, np.nan)
    stratum = Stratum(differences[:, None], np.ones_like(differences)[:, None])
    found = bootstrap_t([stratum], resamples=resamples, seed=seed, confidence=confidence)
    wider = found.at_least(float(special.stdtrit(n - 1, (1 + confidence) / 2)))
    none = ~(np.isfinite(wider.low) & np.isfinite(wider.high))
    return np.where(none, np.nan, wider.low), np.where(none, np.nan, wider.high)
