"""MOVER: intervals of sums and differences of quantities from the interval of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bounded = tuple[ArrayLike, ArrayLike, ArrayLike]  # value, low, high


def difference(one: Bounded, other: Bounded, r: ArrayLike) -> tuple[Floats, Floats]:
    """Interval of the difference of two quantities of the same subjects.

    Parameters
    ----------
    one, other : tuple of (value, low, high)
        The quantities with their intervals, each of shape (...).
    r : array_like, shape (...)
        Correlation of their estimates; that of the values of the subjects.

    Returns
    -------
    low, high : ndarray, shape (...)

    Notes
    -----
    Method of variance estimates recovery: Zou & Donner 2008, Statistics in Medicine 27:1693-1702, doi:10.1002/sim.3095; with correlation
    Zou 2007, Psychological Methods 12:399-413, doi:10.1037/1082-989X.12.4.399.
    """
    (a, a_low, a_high), (b, b_low, b_high) = ([np.asarray(value, dtype=float) for value in bounded] for bounded in (one, other))
    r = np.asarray(r, dtype=float)

    def reach(x: Floats, y: Floats) -> Floats:
        return np.sqrt(np.maximum(x**2 + y**2 - 2 * r * x * y, 0.0))

    return np.asarray(a - b - reach(a - a_low, b_high - b)), np.asarray(a - b + reach(a_high - a, b - b_low))


def mean(bounded: Sequence[Bounded]) -> tuple[Floats, Floats]:
    """Interval of the mean of quantities of different subjects.

    Parameters
    ----------
    bounded : sequence of (value, low, high)
        The quantities with their intervals, each of shape (...).

    Returns
    -------
    low, high : ndarray, shape (...)

    Notes
    -----
    Zou & Donner 2008, as `difference`, with a plus in the place of the minus.
    """
    values, lows, highs = (np.stack([np.asarray(one[place], dtype=float) for one in bounded]) for place in range(3))
    centre, n = values.mean(axis=0), len(bounded)
    below, above = (np.sqrt(((values - lows) ** 2).sum(axis=0)) / n, np.sqrt(((highs - values) ** 2).sum(axis=0)) / n)
    return np.asarray(centre - below), np.asarray(centre + above)
