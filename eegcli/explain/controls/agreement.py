"""Agreement: networks of other folds and seeds, whose maps have to be alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eegcli.explain.controls.outcome import Outcome, not_run, outcome
from eegcli.explain.controls.untrained import rank_correlation

ALIKE = 0.5  # mean rank correlation


def judged(profiles: Sequence[NDArray[np.float64]]) -> Outcome:
    """Pass maps that networks agree on: a mean rank correlation of 0.5 or more over all pairs of networks.

    Parameters
    ----------
    profiles : sequence of ndarray, shape (n_classes, ...)
        Of each network, where they are compared.
    """
    if len(profiles) < 2:
        return not_run("the run has one network: --seeds or --cv of train make several")
    pairs = [rank_correlation(one, other[None]) for one, other in combinations(profiles, 2)]
    defined = [value for value in pairs if np.isfinite(value)]
    if not defined:
        return not_run("no two profiles can be ranked")
    mean = float(np.mean(defined))
    return outcome(mean >= ALIKE, mean, limit=ALIKE, lowest=float(min(defined)), n_networks=len(profiles))
