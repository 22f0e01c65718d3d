"""Order of the training windows: which batch holds which of them, a function of seed and epoch alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Order:
    """Order in which windows are learnt from: anew for each epoch, so that a resumed training needs no memory of it.

    Attributes
    ----------
    n : int
        Windows of the training set.
    batch_size : int
        Windows per batch; the last batch of an epoch holds what is left.
    seed : int
    """

    n: int
    batch_size: int
    seed: int

    @property
    def n_batches(self) -> int:
        """Number of batches of an epoch."""
        return -(-self.n // self.batch_size)

    def batches(self, epoch: int) -> list[NDArray[np.int64]]:
        """Places of the windows of each batch in the set, ascending within a batch so that the disk is read in order."""
        order = np.random.default_rng([self.seed, epoch]).permutation(self.n)
        return [np.sort(order[start : start + self.batch_size]) for start in range(0, self.n, self.batch_size)]
