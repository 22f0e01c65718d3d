"""Detectable difference: how large a difference between two methods has to be before a cohort of this size can see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from eegcli.stats.intervals import LEVEL

Floats = NDArray[np.float64]
POWER = 0.8


@dataclass(frozen=True)
class Detectable:
    """Smallest differences that a cohort can see.

    Attributes
    ----------
    significant : float
        A difference below it has an interval with 0 inside: it cannot be told from none.
    powered : float
        A true difference of this size is told from none in 80 % of such cohorts.
    """

    significant: float
    powered: float


def detectable(differences: Floats) -> Detectable | None:
    """Differences that can be seen with subjects who differ as these do.

    Parameters
    ----------
    differences : ndarray, shape (n_subjects,)
        Of each subject, one method less the other.

    Returns
    -------
    Detectable or None
        In the unit of the differences; None of fewer than two subjects, or where all differences are the same.

    Notes
    -----
    Paired t test: the power is that of the noncentral t distribution (Cohen 1988, chapter 2; Julious 2004, doi:10.1002/sim.1783).
    """
    n = len(differences)
    spread = float(np.std(differences, ddof=1)) if n > 1 else 0.0
    if spread <= 1e-12:
        return None
    error, limit = spread / np.sqrt(n), float(stats.t.ppf((1 + LEVEL) / 2, n - 1))

    def missing(effect: float) -> float:
        other_side = float(np.nan_to_num(stats.nct.cdf(-limit, n - 1, effect)))  # NaN where it is too small to compute
        return float(stats.nct.sf(limit, n - 1, effect)) + other_side - POWER

    return Detectable(limit * error, float(optimize.brentq(missing, 0.0, 2 * limit + 2)) * error)
