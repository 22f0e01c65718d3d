"""Checked arrays of windows: each window is held against its hash in the table when it is first read.

So what a command reads is what was cut, and what lies there otherwise (changed in place, a block that a disk lost, rows of another
version) stops it. A window is hashed while it is in the processor's cache, once: training reads it in every epoch.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from eegcli.artifacts.contents import changed
from eegcli.errors import ArtifactError
from eegcli.files.digest import BLOCK

HASH, DIGEST_BYTES = "content_hash", 16


class Checker:
    """Checker of windows: knows the hash that each must have, and which have been found to have it.

    Parameters
    ----------
    table : Table
        windows.parquet.
    name : str or Path
        Name of the array, for messages.
    """

    def __init__(self, table: Mapping[str, np.ndarray], name: Path | str) -> None:
        self._name = name
        self._expected = _digests(table[HASH], name) if HASH in table else None
        self._unseen = np.full(0 if self._expected is None else len(self._expected), True)

    def check(self, x: np.ndarray, rows: NDArray[np.int64], said: Callable[[], Mapping[str, np.ndarray]]) -> None:
        """See that windows are those of the table.

        Parameters
        ----------
        x : ndarray of float32, shape (n, *shape)
            Windows as read, each in one piece.
        rows : ndarray of int, shape (n,)
            Their rows in the table.
        said : function
            Gives the table, to name what differs.

        Raises
        ------
        ArtifactError
            Naming the first window that is not, with its recording and onset.
        """
        if self._expected is None or not len(rows):
            return
        unseen = self._unseen[rows]
        if not unseen.any():
            return
        new = np.flatnonzero(unseen)
        self._require(x, rows, new, self._expected, said)
        self._unseen[rows[new]] = False

    def check_again(self, x: np.ndarray, rows: NDArray[np.int64], said: Callable[[], Mapping[str, np.ndarray]]) -> None:
        """See that windows are those of the table, also where they were seen before: for what comes from a server each time. As `check`."""
        if self._expected is not None and len(rows):
            self._require(x, rows, np.arange(len(rows)), self._expected, said)

    def _require(
        self,
        x: np.ndarray,
        rows: NDArray[np.int64],
        places: NDArray[np.int64],
        expected: NDArray[np.uint8],
        said: Callable[[], Mapping[str, np.ndarray]],
    ) -> None:
        found = np.frombuffer(b"".join([xxhash.xxh3_128_digest(x[place]) for place in places.tolist()]), np.uint8).reshape(-1, DIGEST_BYTES)
        wrong = (found != expected[rows[places]]).any(axis=1)
        if wrong.any():
            raise changed_window(self._name, int(rows[places][wrong].min()), said())


def changed_window(name: Path | str, row: int, table: Mapping[str, np.ndarray]) -> ArtifactError:
    """The error of a window that is not what was cut, with its recording and onset."""
    told = [f"{table['recording'][row]}"] if "recording" in table else []
    told += [f"{table['onset'][row]:g} s"] if "onset" in table else []
    return changed(name, f"window {row}" + (f" ({', '.join(told)})" if told else ""))


def _digests(hashes: np.ndarray, name: Path | str) -> NDArray[np.uint8]:
    try:
        content = bytes.fromhex("".join(hashes.tolist()))
    except (ValueError, TypeError):
        content = b""
    if len(content) != DIGEST_BYTES * len(hashes):
        raise ArtifactError(f"{name}: the column {HASH} of the windows' table is damaged", cause="damaged")
    return np.frombuffer(content, np.uint8).reshape(-1, DIGEST_BYTES)


def first_changed(path: Path, offset: int, shape: tuple[int, ...], table: Mapping[str, np.ndarray], start: int, stop: int) -> int | None:
    """Find the first of some windows that is not what was cut; read in blocks that stay in the processor's cache.

    Parameters
    ----------
    path : Path
        File of the array.
    offset : int
        Where the array begins in it, bytes.
    shape : tuple of int
        Of the array.
    table : Table
        windows.parquet, which holds the hashes.
    start, stop : int
        Rows: from `start` to before `stop`.
    """
    size = 4 * math.prod(shape[1:])
    rows = max(1, BLOCK // max(size, 1))
    block = bytearray(rows * size)
    view = memoryview(block)
    expected = _digests(table[HASH][start:stop], path)
    with path.open("rb", buffering=0) as file:
        file.seek(offset + start * size)
        for first in range(start, stop, rows):
            n = min(rows, stop - first)
            _fill(file, view[: n * size])
            found = b"".join([xxhash.xxh3_128_digest(view[place : place + size]) for place in range(0, n * size, size)])
            stated = expected[first - start : first - start + n]
            if found != stated.tobytes():
                wrong = (np.frombuffer(found, np.uint8).reshape(-1, DIGEST_BYTES) != stated).any(axis=1)
                return first + int(np.flatnonzero(wrong)[0])
    return None


def _fill(file: io.FileIO, view: memoryview) -> None:
    done = 0
    while done < len(view):
        n = file.readinto(view[done:])
        if not n:
            raise changed(str(file.name))
        done += n


class CheckedArray:
    """Array of windows that are checked as they are read: what is indexed is copied, and held against the table.

    Parameters
    ----------
    x : array of float32, shape (n_windows, *shape)
        Memory-mapped.
    table : Table
        Row i describes ``x[i]``; without hashes nothing is checked.
    name : str or Path
        Name of the array, for messages.
    """

    def __init__(self, x: np.ndarray, table: Mapping[str, np.ndarray], name: Path | str) -> None:
        self._x, self._table, self._checker = x, table, Checker(table, name)
        self.shape, self.dtype = tuple(x.shape), np.dtype(np.float32)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Windows by their rows, any index that NumPy takes along the first axis; a copy.

        Raises
        ------
        ArtifactError
            If one of them is not what was cut.
        """
        plain = isinstance(rows, np.ndarray) and rows.dtype.kind in "iu" and bool((rows >= 0).all())
        wanted = rows if plain else np.arange(len(self))[rows]
        result = np.ascontiguousarray(self._x[np.atleast_1d(wanted)], dtype=np.float32)
        self._checker.check(result, np.atleast_1d(wanted), lambda: self._table)
        return result if wanted.ndim else result[0]

    def __len__(self) -> int:
        return int(self.shape[0])
