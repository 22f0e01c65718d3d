"""Permutation test: how often labels that mean nothing would be predicted as well as the true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.study.permutations import Permutations

Floats = NDArray[np.float64]


def right_under(permutations: Permutations, tally: Floats) -> Floats:
    """Number of right predictions under each permutation of the labels.

    Parameters
    ----------
    permutations : Permutations
        Their labels are indices of classes.
    tally : ndarray, shape (n_units, n_classes)
        How many predictions of each unit are of each class: its windows, or its one vote.

    Returns
    -------
    ndarray, shape (n,)
    """
    n_classes = tally.shape[1]
    start = n_classes * np.arange(len(tally))
    flat = np.ascontiguousarray(tally, dtype=np.float64).ravel()
    return np.concatenate([flat[start + labels.astype(np.int64)].sum(axis=1) for labels in permutations])


def correlation_under(permutations: Permutations, sums: Floats, squares: Floats, counts: Floats) -> Floats:
    """Pearson correlation of truth and prediction under each permutation of the numbers.

    Parameters
    ----------
    permutations : Permutations
        Their labels are numbers.
    sums, squares, counts : ndarray, shape (n_units,)
        Of each unit: the sum of its predictions, of their squares, and how many there are.

    Returns
    -------
    ndarray, shape (n,)
        0 where a permutation gives every prediction the same truth.
    """
    total = counts.sum()
    mean = sums.sum() / total
    spread = np.sqrt(max(squares.sum() / total - mean**2, 0.0))
    off, share = (sums - mean * counts) / total, counts / total
    found = []
    for values in permutations:
        centre = values @ share
        variance = np.maximum((values**2) @ share - centre**2, 0.0)
        scale = np.sqrt(variance) * spread
        found.append(np.divide(values @ off, scale, out=np.zeros(len(values)), where=scale > 0))
    return np.concatenate(found)


def p_value(observed: float, null: Floats, *, mid: bool = False) -> float:
    """P value of a statistic that is high where something was learnt: the share of the permutations, the true order among them, that reach it.

    Parameters
    ----------
    observed : float
        Statistic of the true labels.
    null : ndarray, shape (n,)
        Statistic under each permutation.
    mid : bool
        Count ties one half: for counts of votes, which take few values, of which a test that counts them whole is too careful.

    Returns
    -------
    float
        NaN where the observed statistic is not defined.

    Notes
    -----
    Phipson & Smyth 2010, doi:10.2202/1544-6115.1585: with the true order counted, no p is 0 and the test keeps its level. The mid-p value:
    Lancaster 1961, doi:10.1080/01621459.1961.10482105. What differs by rounding is a tie. No p is below that of the best of all orders: half of it, as
    the mid-p value has it, is reached by one study of nothing in so many.
    """
    if not np.isfinite(observed):
        return float("nan")
    near = 1e-9 * max(1.0, abs(observed))
    above = np.count_nonzero(null > observed + near)
    ties = np.count_nonzero(np.abs(null - observed) <= near) + 1
    p = (above + (0.5 * ties if mid else ties)) / (len(null) + 1)
    return float(max(p, 1 / (len(null) + 1)))
