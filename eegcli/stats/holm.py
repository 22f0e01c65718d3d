"""Holm's adjustment: p values of several tests, so that one of them is wrongly small in 5 % of all studies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p values for their number.

    Parameters
    ----------
    p : sequence of float
        NaN for a test that could not be made, which does not count.

    Returns
    -------
    list of float
        In the same order; NaN stays NaN.

    Notes
    -----
    Holm 1979, Scand. J. Stat. 6:65-70: the smallest is multiplied by the number of tests, the next by one less, and so on, and none may
    become smaller than one before it.
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    adjusted = values.copy()
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)))
    return [float(value) for value in adjusted]
