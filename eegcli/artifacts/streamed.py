"""Streamed arrays of windows: read by their rows from a server, through a cache of blocks that are fetched ahead."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.blocks import BlockCache, Future, room, windows_per_block
from eegcli.artifacts.checked import Checker
from eegcli.errors import ArtifactError, UnavailableError
from eegcli.remote.errors import UNREACHABLE, TransferError

Rows = NDArray[np.int64]
RESUME = "Run the same command again when it does: it goes on from the checkpoint."


class RangedArray(Protocol):
    """Array whose neighbouring rows are read in one request, as `RemoteArray`."""

    shape: tuple[int, ...]

    @property
    def stopping(self) -> threading.Event:
        """Event that ends a request while it is set."""
        ...

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows from `start` to before `stop`; ndarray of float32."""
        ...

    def __getitem__(self, rows: Rows) -> np.ndarray: ...

    def __len__(self) -> int: ...


class StreamedArray:
    """Array of windows at an address: what is announced is fetched ahead, a block a request, and checked as it arrives.

    Parameters
    ----------
    x : RangedArray of float32, shape (n_windows, *shape)
    table : Table
        Row i describes ``x[i]``; without hashes nothing is checked.
    name : str
        Name of the array, for messages.
    cache_bytes : int, optional
        What the blocks may take of the disk of scratch; left out: room for all, but no more than half of what is free.
    """

    def __init__(self, x: RangedArray, table: Mapping[str, np.ndarray], name: str, cache_bytes: int | None = None) -> None:
        self._x, self._table, self._name, self._cache_bytes = x, table, name, cache_bytes
        self._checker = Checker(table, name)
        self._block = windows_per_block(x.shape[1:])
        self._n_blocks = -(-len(x) // self._block)
        self._cache: BlockCache | None = None
        self.shape, self.dtype = tuple(x.shape), np.dtype(np.float32)

    def __len__(self) -> int:
        return self.shape[0]

    @contextlib.contextmanager
    def announced(self, batches: Sequence[Rows], later: Callable[[], Sequence[Rows]] | None = None) -> Iterator[None]:
        """Fetch ahead, inside the block, what will be read in it.

        Parameters
        ----------
        batches : sequence of ndarray of int
            Rows that will be asked for, batch after batch; whoever asks for others reads them from the server.
        later : callable, optional
            Gives the batches of the next announcement but those of other sets: what they need stays in the cache where there is room.
        """
        cache = self._opened()
        is_whole = cache.capacity == self._n_blocks  # nothing is ever put out of it
        future = Future(self._steps(batches), () if later is None or is_whole else self._steps(later()))
        with cache.fetching(future):
            yield

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Windows by their rows, any index that NumPy takes along the first axis; a copy of float32.

        Raises
        ------
        ArtifactError
            If one of them is not what was cut.
        UnavailableError
            If the server no longer answers.
        """
        plain = isinstance(rows, np.ndarray) and rows.dtype.kind in "iu" and bool((rows >= 0).all())
        wanted = rows if plain else np.arange(len(self))[rows]
        flat = np.atleast_1d(wanted)
        blocks = np.unique(flat // self._block)
        if self._cache is not None and len(blocks) and self._cache.expects(blocks.tolist()):
            result = self._gathered(self._cache, flat, blocks)
        else:
            result = self._read(lambda: self._x[flat], flat)
        return result if wanted.ndim else result[0]

    def _gathered(self, cache: BlockCache, rows: Rows, blocks: Rows) -> np.ndarray:
        result = np.empty((len(rows), *self.shape[1:]), np.float32)
        home = rows // self._block
        for number in blocks.tolist():
            here = home == number
            with cache.block(number) as content:
                result[here] = content[rows[here] - number * self._block]
        return result

    def _fetch(self, block: int) -> np.ndarray:
        start, stop = block * self._block, min((block + 1) * self._block, len(self))
        rows = np.arange(start, stop)
        try:
            return self._read(lambda: self._x.read(start, stop), rows)
        except ArtifactError:  # it may have been damaged on the way
            return self._read(lambda: self._x.read(start, stop), rows)

    def _read(self, read: Callable[[], np.ndarray], rows: Rows) -> np.ndarray:
        try:
            content = read()
        except TransferError as error:
            if error.cause == UNREACHABLE:
                raise UnavailableError(f"{self._name}: the server no longer answers ({error.message})", hint=RESUME) from error
            raise
        self._checker.check_again(content, rows, lambda: self._table)
        return content

    def _steps(self, batches: Sequence[Rows]) -> list[int]:
        return [block for rows in batches for block in np.unique(rows // self._block).tolist()]

    def _opened(self) -> BlockCache:
        if self._cache is None:
            shape = (self._block, *self.shape[1:])
            allowed = room() if self._cache_bytes is None else self._cache_bytes
            capacity = max(1, min(self._n_blocks, allowed // (4 * math.prod(shape))))
            self._cache = BlockCache(self._fetch, self._x.stopping, shape, capacity)
        return self._cache
