"""Interval over seeds, as papers print it: of the mean of networks that differ by their seed alone."""

from __future__ import annotations

import math

Z = 1.96  # as published tables have it


def over_seeds(mean: float, sd: float, n: int) -> tuple[float, float]:
    """95 % interval of a mean over seeds, which says nothing about other subjects.

    Parameters
    ----------
    mean, sd : float
        Mean over seeds, and their standard deviation with ddof 1.
    n : int
        How many seeds.

    Returns
    -------
    low, high : float

    Notes
    -----
    mean ± 1.96 SD / √n with the SD of ddof 0, as in the table of Truong, Makeig & Delorme 2021, arXiv:2105.04762.
    """
    half = Z * sd * math.sqrt((n - 1) / n) / math.sqrt(n)
    return mean - half, mean + half
