"""Order of the training windows: which batch holds which of them, a function of seed and epoch alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


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

    def batches(self, epoch: int) -> list[Places]:
        """Places of the windows of each batch in the set, ascending within a batch so that the disk is read in order."""
        order = np.random.default_rng([self.seed, epoch]).permutation(self.n)
        return _parts(order, self.batch_size)


@dataclass(frozen=True, eq=False)
class StreamedOrder:
    """Order for windows that are read block by block: blocks in the order of a draw, their windows through a shuffle buffer.

    The buffer holds the next windows of the stream of blocks. A batch takes windows out of it by chance, and each makes room for the next
    one of the stream, as in tf.data's `shuffle`. Which block is needed when is known ahead, wherever the windows lie: the order is the same
    here and at an address.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Row of each window of the training set in the artifact, ascending.
    block : int
        Windows per block of the artifact.
    buffer : int
        Windows that the shuffle buffer holds.
    batch_size, seed
        As of `Order`.
    """

    rows: Places
    block: int
    buffer: int
    batch_size: int
    seed: int

    @property
    def n(self) -> int:
        """Windows of the training set."""
        return len(self.rows)

    @property
    def n_batches(self) -> int:
        """Number of batches of an epoch."""
        return -(-len(self.rows) // self.batch_size)

    def batches(self, epoch: int) -> list[Places]:
        """Places of the windows of each batch in the set, ascending within a batch."""
        return _streamed(self, epoch)

    def stream(self, random: np.random.Generator) -> Places:
        """Places of the windows in the order in which they enter the buffer."""
        block_of = self.rows // self.block
        starts = np.flatnonzero(np.diff(block_of, prepend=-1))
        blocks = np.split(np.arange(len(self.rows)), starts[1:])
        return np.concatenate([blocks[number] for number in random.permutation(len(blocks))])


@lru_cache(maxsize=2)  # the next epoch's is asked for twice: before it, too, for what the cache should keep
def _streamed(order: StreamedOrder, epoch: int) -> list[Places]:
    random = np.random.default_rng([order.seed, epoch])
    stream = order.stream(random)
    n = min(order.buffer, len(stream))
    held, coming = stream[:n].tolist(), stream[n:].tolist()
    taken = []
    for slot, new in zip(random.integers(0, n, size=len(coming)).tolist(), coming, strict=True):
        taken.append(held[slot])
        held[slot] = new
    # Of what is left one window after another is taken by chance.
    drawn = np.array(taken, dtype=np.int64), random.permutation(np.array(held, dtype=np.int64))
    return _parts(np.concatenate(drawn), order.batch_size)


def _parts(order: Places, batch_size: int) -> list[Places]:
    return [np.sort(order[start : start + batch_size]) for start in range(0, len(order), batch_size)]


AnyOrder = Order | StreamedOrder
