"""Exchange: units whose labels might as well have been each other's, and labels that mean nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.checks.case import Labelled
from eegcli.study.permutations import Permutations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Exchange:
    """Units of labels.

    Attributes
    ----------
    word : str
        ``subject``, ``recording``, or ``stretch``: windows of a recording that follow each other and have one label.
    unit : ndarray of int, shape (n,)
        Unit of each labelled window.
    block : ndarray of int, shape (n_units,)
        Units of one block exchange their labels.
    label : ndarray, shape (n_units,)
    """

    word: str
    unit: Ints
    block: Ints
    label: Floats

    def labellings(self, n: int, seed: int = 0) -> list[Floats]:
        """The true labels of all windows, then so many permuted ones."""
        drawn = [row for block in Permutations(self.label, self.block, n, seed) for row in block]
        return [self.label[self.unit], *(row[self.unit] for row in drawn)]

    @property
    def can_differ(self) -> bool:
        """True where an exchange changes a label."""
        return Permutations(self.label, self.block, 1, 0).can_differ


def exchange_of(labelled: Labelled) -> Exchange:
    """Units of the labels: people where each has one label, else recordings of a person, else stretches of a recording."""
    for word, group in (("subject", labelled.person), ("recording", labelled.recording)):
        unit, first = _numbered(group)
        if np.array_equal(labelled.y[first][unit], labelled.y):
            block = np.zeros(len(first), dtype=np.int64) if word == "subject" else labelled.person[first]
            return Exchange(word, unit, block, labelled.y[first])
    order = in_order(labelled)
    changes = (np.diff(labelled.recording[order]) != 0) | (np.diff(labelled.y[order]) != 0)
    stretch = np.empty(len(order), dtype=np.int64)
    stretch[order] = np.r_[0, np.cumsum(changes)]
    unit, first = _numbered(stretch)
    return Exchange("stretch", unit, labelled.recording[first], labelled.y[first])


def in_order(labelled: Labelled) -> Ints:
    """Places of the labelled windows by recording, then by time (then by row)."""
    onset = labelled.column("onset")
    time = np.zeros(len(labelled.rows)) if onset is None else np.nan_to_num(onset.astype(np.float64))
    return np.lexsort((labelled.rows, time, labelled.recording))


def _numbered(group: Ints) -> tuple[Ints, Ints]:
    """Number of the group of each, without gaps, and the first place of each group."""
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    return number.reshape(-1), first
