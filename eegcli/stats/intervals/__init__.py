"""Confidence intervals over subjects, a method for each quantity, for windows of one subject are no independent draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError
from eegcli.lazy import submodules
from eegcli.stats.intervals.binomial import wilson as wilson
from eegcli.stats.intervals.clustered import mean_interval

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

LEVEL = 0.95  # of every interval, unless another confidence is asked for
RESAMPLES = 2000

Floats = NDArray[np.float64]


def subject_interval(
    sums: Floats,
    counts: Floats,
    *,
    confidence: float = LEVEL,
    seed: int = 0,
    resamples: int = RESAMPLES,
    share: bool | None = None,
) -> tuple[float, float]:
    """Interval of a mean over windows (accuracy, absolute error) with subjects as clusters.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects,)
        Of each subject: the sum of its windows' values, and how many windows it has.
    confidence : float
        Share of cohorts whose interval is to hold the truth.
    seed : int
        Seed of the draws: same seed, same interval.
    resamples : int
        Cohorts of the same size that are drawn.
    share : bool, optional
        Whether every value is between 0 and 1, as that of an accuracy is. Left out: no sum is negative or exceeds its count.

    Returns
    -------
    low, high : float
        NaN where there are fewer than two subjects, or nothing bounds the mean.

    Raises
    ------
    InputError
        If the arrays are not of one length, a count is not positive, or a value is not finite.

    Notes
    -----
    `stats.intervals.clustered.mean_interval` has the method: bootstrap-t over subjects.
    """
    sums, counts = np.asarray(sums, dtype=float), np.asarray(counts, dtype=float)
    if sums.ndim != 1 or sums.shape != counts.shape:
        raise InputError(f"sums of shape {sums.shape} and counts of shape {counts.shape}: one of each per subject is needed")
    if not (np.isfinite(sums).all() and np.isfinite(counts).all() and (counts > 0).all()):
        raise InputError("every subject needs a finite sum and a count above 0", hint="Leave out subjects without windows.")
    if not 0 < confidence < 1:
        raise InputError(f"a confidence of {confidence:g} is none", hint="It lies between 0 and 1, for example 0.95.")
    if share is None:
        share = bool(((sums >= 0) & (sums <= counts)).all())
    low, high, _ = mean_interval(sums[:, None], counts[:, None], share=share, resamples=resamples, seed=seed, confidence=confidence)
    return float(low[0]), float(high[0])
