"""Variance components: how much of the spread of a figure comes from subjects, how much from seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Standard deviations of a figure, by what they come from.

    Attributes
    ----------
    subjects, seeds : float
        Between subjects, and between seeds; 0 where the spread is not above that of the rest.
    rest : float
        What subjects and seeds do not explain each by itself: a seed that suits one subject.
    error_of_subjects, error_of_seeds : float
        Standard error of the mean that comes from having so many subjects, and so many seeds.
    """

    subjects: float
    seeds: float
    rest: float
    error_of_subjects: float
    error_of_seeds: float


def components(values: Floats) -> Components | None:
    """Split the variance of a figure into that of subjects, of seeds, and the rest.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, n_seeds)
        The figure of each subject by the network of each seed.

    Returns
    -------
    Components or None
        None of fewer than two subjects or seeds.

    Notes
    -----
    Two-way random effects without replication, by the method of moments (Searle, Casella & McCulloch 1992, section 4.3), negative estimates
    set to 0.
    """
    n_subjects, n_seeds = values.shape
    if n_subjects < 2 or n_seeds < 2:
        return None
    mean, of_subject, of_seed = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - of_subject[:, None] - of_seed[None, :] + mean
    square_rest = float((rest**2).sum()) / ((n_subjects - 1) * (n_seeds - 1))
    square_subjects = n_seeds * float(((of_subject - mean) ** 2).sum()) / (n_subjects - 1)
    square_seeds = n_subjects * float(((of_seed - mean) ** 2).sum()) / (n_seeds - 1)
    subjects = max(0.0, (square_subjects - square_rest) / n_seeds)
    seeds = max(0.0, (square_seeds - square_rest) / n_subjects)
    return Components(
        float(np.sqrt(subjects)),
        float(np.sqrt(seeds)),
        float(np.sqrt(square_rest)),
        float(np.sqrt(subjects / n_subjects)),
        float(np.sqrt(seeds / n_seeds + square_rest / (n_subjects * n_seeds))),
    )
