"""Agreement: networks of other folds and seeds, whose maps have to be alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eegcli.explain.controls.outcome import Outcome, not_run, outcome

ALIKE = 0.5  # mean correlation


def judged(profiles: Sequence[NDArray[np.float64]]) -> Outcome:
    """Pass maps that networks agree on: a mean correlation of 0.5 or more over all pairs of networks, and classes.

    Parameters
    ----------
    profiles : sequence of ndarray, shape (n_classes, ...)
        Of each network, where they are compared.

    Notes
    -----
    Amounts are correlated, not ranks: of a map with one peak nearly all ranks are those of noise. In planted worlds in which four networks
    named the same channels, occlusion correlated with 0.95, and its ranks with 0.33.
    """
    if len(profiles) < 2:
        return not_run("the run has one network: --seeds or --cv of train make several")
    pairs = [_correlation(one, other) for one, other in combinations(profiles, 2)]
    defined = [value for value in pairs if np.isfinite(value)]
    if not defined:
        return not_run("no two profiles can be correlated")
    mean = float(np.mean(defined))
    return outcome(mean >= ALIKE, mean, limit=ALIKE, lowest=float(min(defined)), n_networks=len(profiles))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean over classes of Pearson's correlation; NaN where a profile is constant in every class."""
    each = [
        np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] for ours, theirs in zip(one, other, strict=True) if np.ptp(ours) and np.ptp(theirs)
    ]
    return float(np.mean(each)) if each else np.nan
