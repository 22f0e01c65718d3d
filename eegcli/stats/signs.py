"""Sign-flip test: whether paired differences lie to one side more than chance lets them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ALL_UP_TO = 13  # subjects: so many have 8,192 patterns of signs, which are all looked at
_ROWS_AT_ONCE = 4096


def sign_flip_p(differences: Floats, *, n: int = 10_000, seed: int = 0) -> float:
    """Two-sided p value of a mean difference of zero.

    Parameters
    ----------
    differences : ndarray, shape (n_subjects,)
        Of each subject, one method less the other.
    n : int
        Patterns of signs that are drawn where there are too many to look at all.
    seed : int
        Seed of the draws.

    Returns
    -------
    float
        1 where all differences are 0; NaN without subjects.

    Notes
    -----
    Fisher 1935, The Design of Experiments, section 21: were the two methods alike, each difference could as well have the other sign. The
    observed pattern counts among those that are drawn (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
    """
    if not len(differences):
        return float("nan")
    if not np.any(differences):
        return 1.0
    observed = abs(float(differences.sum())) - 1e-9 * float(np.abs(differences).sum())  # what differs by rounding is a tie
    if len(differences) <= _ALL_UP_TO:
        patterns = (np.arange(2 ** len(differences))[:, None] >> np.arange(len(differences))) & 1
        return float(np.mean(np.abs((1 - 2.0 * patterns) @ differences) >= observed))
    random, reached = np.random.default_rng(seed), 0
    for start in range(0, n, _ROWS_AT_ONCE):
        signs = 1 - 2.0 * random.integers(0, 2, size=(min(_ROWS_AT_ONCE, n - start), len(differences)))
        reached += int(np.count_nonzero(np.abs(signs @ differences) >= observed))
    return (reached + 1) / (n + 1)
