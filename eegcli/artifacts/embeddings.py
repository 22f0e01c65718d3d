"""Embeddings on disk: tables of vectors, one per window and one per subject."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, take

EMBEDDINGS, OF_SUBJECTS, FIGURE = "embeddings.parquet", "embeddings-subjects.parquet", "embeddings.png"
COLUMN = "embedding"  # a list of fixed size, float32


def means_of(vectors: NDArray[np.float32], group: NDArray[np.int64], n_groups: int) -> NDArray[np.float32]:
    """Mean vector of each group.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, n_features)
    group : ndarray of int, shape (n,)
        Number of the group of each vector; each of them occurs.
    n_groups : int

    Returns
    -------
    ndarray of float32, shape (n_groups, n_features)
        Sums are those of double precision.
    """
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(n_groups))
    ends = np.append(starts[1:], len(group))
    means = [vectors[order[start:end]].mean(axis=0, dtype=np.float64) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return np.array(means, dtype=np.float32).reshape(n_groups, vectors.shape[1])


def subject_rows(table: Table, vectors: NDArray[np.float32], person: NDArray[np.int64]) -> Table:
    """Rows of the table of subjects: those of the first window of each person, how many windows there are, and their mean vector.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n,)
        Columns to keep.
    vectors : ndarray of float32, shape (n, n_features)
    person : ndarray of int, shape (n,)
        Number of each window's person.
    """
    _, first, number, counts = np.unique(person, return_index=True, return_inverse=True, return_counts=True)
    return {**take(table, first), "n_windows": counts, COLUMN: means_of(vectors, number, len(first))}
