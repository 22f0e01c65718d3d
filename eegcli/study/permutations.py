"""Permutations: labels exchanged among the units that could as well have had each other's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_NUMBERS_AT_ONCE = 2**21  # random numbers per block of permutations: memory stays at some 50 MB


@dataclass(frozen=True)
class Permutations:
    """Permutations of the labels of exchangeable units.

    Attributes
    ----------
    label : ndarray, shape (n_units,)
        True label of each unit: index of a class, or a number.
    block : ndarray of int, shape (n_units,)
        Units of equal number exchange their labels among each other: all are of one block where a subject has one label, those of a subject
        where labels vary within subjects.
    n : int
        How many are drawn.
    seed : int
        Seed of the draws.
    """

    label: np.ndarray
    block: Ints
    n: int
    seed: int

    def __iter__(self) -> Iterator[np.ndarray]:
        """Blocks of permuted labels, each of shape (n_permutations, n_units)."""
        random = np.random.default_rng(self.seed)
        numbers = np.unique(self.block, return_inverse=True)[1].astype(np.float64)
        places = np.argsort(numbers, kind="stable")
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, len(self.label)))
        for start in range(0, self.n, at_once):
            drawn = random.random((min(at_once, self.n - start), len(self.label)))
            permuted = np.empty(drawn.shape, dtype=self.label.dtype)
            # sorted by block, and by chance within it: the labels of a block meet its places in another order
            permuted[:, places] = self.label[np.argsort(numbers + drawn, axis=1, kind="stable")]
            yield permuted

    @property
    def can_differ(self) -> bool:
        """True where an exchange can change a label: two units of a block have different ones."""
        order = np.argsort(self.block, kind="stable")
        same_block = np.diff(self.block[order]) == 0
        return bool(np.any(same_block & (np.diff(_codes(self.label)[order]) != 0)))


def _codes(label: np.ndarray) -> Ints:
    return np.asarray(np.unique(label, return_inverse=True)[1], dtype=np.int64)
