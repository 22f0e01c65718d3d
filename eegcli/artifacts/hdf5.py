"""HDF5 files: deterministic bytes, fixed-length text, reading without locks."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from eegcli.errors import ArtifactError, InputError
from eegcli.files.atomic import writing
from eegcli.files.causes import unreadable


@contextlib.contextmanager
def writing_hdf5(path: Path) -> Iterator[Any]:
    """Open a new HDF5 file that gets its name when it is whole."""
    with writing(path) as temporary, _Patient(temporary, "w+") as raw:
        with h5py.File(raw, "w", libver="earliest") as file:
            yield file
        if raw.error is not None:
            raise raw.error


class _Patient(io.FileIO):
    """File whose failed writes are kept for later: HDF5 that is told of a full disk cannot close its file, and crashes at exit (1.14, 2.0)."""

    error: OSError | None = None

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and self.error is None:
            try:
                done += super().write(view[done:])
            except OSError as error:
                self.error = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0


@contextlib.contextmanager
def reading_hdf5(path: Path) -> Iterator[Any]:
    """Open a finished HDF5 file.

    Locks are off: files are immutable once they have their name, and network file systems often have no locks.

    Raises
    ------
    InputError
        If there is no such file.
    ArtifactError
        If it is not HDF5, is damaged, or lacks something that belongs there.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found") from error
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:  # HDF5 says of damage whatever it stumbles over
        raise unreadable(path, error, f"not a file of eegcli, or a damaged one ({str(error).splitlines()[0]})") from error


def place_of(path: Path, name: str) -> tuple[int, int]:
    """Find where the values of a contiguous data set lie in an HDF5 file: offset and size, bytes.

    Raises
    ------
    InputError, ArtifactError
        As for `reading_hdf5`, or if that data set is not contiguous.
    """
    with reading_hdf5(path) as file:
        offset, size = file[name].id.get_offset(), file[name].id.get_storage_size()
    if offset is None and size:
        raise ArtifactError(f"{path}: {name} is not contiguous")
    return int(offset or 0), int(size)


def attribute(group: Any, name: str) -> np.ndarray:
    """An attribute's value, as an array; h5py's `attrs[name]` is slower, which counts over thousands of files."""
    found = h5py.h5a.open(group.id, name.encode())
    value = np.empty(found.shape, dtype=found.dtype)
    found.read(value)
    return value


class Buffer:
    """Memory for large arrays that are needed one after another, each until the next is made.

    A fresh array of megabytes costs a page fault for every 4 kB, which is more than reading it from the page cache.
    """

    def __init__(self) -> None:
        self._bytes = np.empty(0, dtype=np.uint8)

    def array(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array of any content, in the same place as the one before."""
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        if len(self._bytes) < n_bytes:
            self._bytes = np.empty(n_bytes, dtype=np.uint8)
        result: np.ndarray = self._bytes[:n_bytes].view(dtype).reshape(shape)
        return result


def values(group: Any, name: str, buffer: Buffer | None = None) -> np.ndarray:
    """Read all values of an HDF5 data set below a group; `group[name][()]` is slower."""
    found = h5py.h5d.open(group.id, name.encode())
    result = np.empty(found.shape, dtype=found.dtype) if buffer is None else buffer.array(found.shape, found.dtype)
    if result.size:
        found.read(h5py.h5s.ALL, h5py.h5s.ALL, result)
    return result


def text(values: Sequence[str]) -> np.ndarray:
    """Encode text as fixed-length UTF-8 bytes: variable-length text lies in a heap whose bytes are not deterministic."""
    return np.array([value.encode() for value in values], dtype=np.bytes_) if len(values) else np.zeros(0, "S1")


def untext(values: np.ndarray) -> tuple[str, ...]:
    """Decode the text that `text` encoded."""
    return tuple(bytes(value).decode() for value in values)
