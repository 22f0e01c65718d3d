"""Means of subjects: a row per subject and class, for whatever asks how people differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pairs_of(subject: Ints, class_index: Ints) -> tuple[Ints, Ints]:
    """Number the pairs of subject and class that windows have.

    Parameters
    ----------
    subject, class_index : ndarray of int, shape (n_windows,)

    Returns
    -------
    pairs : ndarray of int, shape (n_pairs, 2)
        Subject and class, in ascending order.
    pair : ndarray of int, shape (n_windows,)
        Which of them a window belongs to.
    """
    pairs, pair = np.unique(np.stack([subject, class_index], axis=1), axis=0, return_inverse=True)
    return pairs.astype(np.int64), pair.reshape(-1).astype(np.int64)


def pair_means(values: NDArray[np.floating], pair: Ints) -> Floats:
    """Mean of the windows of each pair: (n_windows, ...) -> (n_pairs, ...)."""
    sums = np.zeros((int(pair.max()) + 1, *values.shape[1:]))
    np.add.at(sums, pair, values)
    counts = np.bincount(pair).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(sums / counts)
