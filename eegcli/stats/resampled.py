"""Corrected resampled t test: the difference of two methods over folds, whose training sets are shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from eegcli.stats.intervals import LEVEL

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resampled:
    """Mean difference over folds.

    Attributes
    ----------
    mean, low, high : float
        With its 95 % interval.
    p : float
        Two-sided.
    """

    mean: float
    low: float
    high: float
    p: float


def corrected_t(differences: Floats, test_share: float) -> Resampled | None:
    """Mean difference over folds, with an error that allows for training sets that overlap.

    Parameters
    ----------
    differences : ndarray, shape (n_folds,)
        Of each fold (and repetition), one method less the other.
    test_share : float
        Number of tested subjects over that of training subjects.

    Returns
    -------
    Resampled or None
        None of fewer than two folds, or where all differences are the same: then there is no error to tell.

    Notes
    -----
    Nadeau & Bengio 2003, doi:10.1023/A:1024068626366: the variance is (1/k + n_test/n_train) times that of the folds, k their number. Without
    the second term the standard error over folds is far too small.
    """
    k = len(differences)
    if k < 2:
        return None
    spread = float(np.std(differences, ddof=1))
    if spread <= 1e-12 * max(1.0, float(np.max(np.abs(differences)))):
        return None
    mean, error = float(np.mean(differences)), spread * float(np.sqrt(1 / k + test_share))
    half = float(stats.t.ppf((1 + LEVEL) / 2, k - 1)) * error
    return Resampled(mean, mean - half, mean + half, float(2 * stats.t.sf(abs(mean) / error, k - 1)))
