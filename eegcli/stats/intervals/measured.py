"""Measured coverage of an interval: that of the simulated cohorts which are most like the one at hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from eegcli.errors import counted
from eegcli.stats.intervals.simulated import CELLS, CROSS_VALIDATED

if TYPE_CHECKING:
    from eegcli.stats.intervals.of_metrics import Found

HOLDS = 93.5  # percent: a nominal 95 % interval that covers less is told with what it covers
AS_GIVEN = "networks taken as given"
_FEW, _HIGH = 20, 0.93  # subjects, accuracy: where a failure of one subject in ten may not have been seen
_WORDS = {
    "70": "accuracies of 70 ± 15 %",
    "87": "accuracies of 87 ± 12 %",
    "ceiling": "accuracies of 96 ± 5 %",
    "rare_failures": "one subject in ten failing",
    "normal": "normal errors",
    "laplace": "heavy-tailed errors (Laplace)",
    "lognormal": "skewed errors (lognormal)",
}


def measured(found: Found, n_subjects: int, n_folds: int) -> dict[str, Any]:
    """Look up how often intervals like this one held the truth, in simulation.

    Parameters
    ----------
    found : Found
        Interval with the quantity that was simulated, and what its cohorts are told apart by.
    n_subjects : int
    n_folds : int
        Networks whose predictions are pooled; of several the interval takes them as given.

    Returns
    -------
    dict
        ``coverage`` (percent, of a nominal 95 % interval) and ``simulated``, the cohorts that it was measured on, in words; of several folds
        ``given``. Without ``coverage`` where there is no interval, or its quantity was not simulated.

    Notes
    -----
    The nearest number of subjects, by ratio; of those the nearest distribution, by the median of what such cohorts show: mean and standard
    deviation of the subjects' accuracies, or the skewness of their errors. Of few subjects that are nearly all right the lower coverage of
    that distribution and of rare failures, which such a cohort may not have seen.
    """
    given = {"given": AS_GIVEN} if n_folds > 1 else {}
    if not math.isfinite(found.low):
        return given
    if n_folds > 1:
        cells = CROSS_VALIDATED.get(found.simulated, ())
        if not cells or not found.features:
            return given
        n = _nearest(n_subjects, [cell[0] for cell in cells])
        _, level, coverage = min((cell for cell in cells if cell[0] == n), key=lambda cell: abs(cell[1] - found.features[0]))
        reached = f"an AUC of {level:.2f}" if found.simulated == "auc" else f"{100 * level:.0f} % accuracy"
        words = f"cross-validation of {counted(n, 'subject')}, a linear classifier of {reached}"
        return {**given, "coverage": coverage, "simulated": words}
    known = CELLS.get(found.simulated, ())
    if not known:
        return given
    n = _nearest(n_subjects, [row[0] for row in known])
    here = [row for row in known if row[0] == n]
    _, name, _, coverage = min(here, key=lambda row: math.dist(row[2], found.features))
    if n <= _FEW and len(found.features) == 2 and found.features[0] >= _HIGH:
        _, name, _, coverage = min((row for row in here if row[1] in (name, "rare_failures")), key=lambda row: row[3])
    return {"coverage": coverage, "simulated": f"{counted(n, 'subject')}, {_WORDS[name]}"}


def _nearest(n_subjects: int, sizes: list[int]) -> int:
    return min(sorted(set(sizes)), key=lambda n: abs(math.log(n / n_subjects)))
