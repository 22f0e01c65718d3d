"""Contents of a file of arrays, as every format gives them: variables that are read when they are wanted, and what the file says of them."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from eegcli.errors import InputError
from eegcli.files.causes import unreadable

TRIALS, CHANNELS, SAMPLES, DROPPED = "trials", "channels", "samples", "1"


class Stored(Protocol):
    """Numbers in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers."""

    def take(self, axis: int, start: int, stop: int) -> np.ndarray:
        """Read a stretch of an axis, into memory of its own."""


@dataclass(frozen=True)
class Mapped:
    """Array whose file is mapped into memory; what was read is let go of again.

    Attributes
    ----------
    array : ndarray
    release : callable
        Lets go of the pages that were touched: they would count as memory of this process.
    """

    array: np.ndarray
    release: Callable[[], None] = lambda: None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers."""
        return self.array.dtype

    def take(self, axis: int, start: int, stop: int) -> np.ndarray:
        """Read a stretch of an axis, along the slowest axis of the file: a stretch of a fast one touches pages everywhere."""
        piece = self.array[(slice(None),) * axis + (slice(start, stop),)]
        slowest = int(np.argmax(self.array.strides)) if self.array.ndim else axis
        if slowest == axis:
            result = piece.copy(order="K")
            self.release()
            return result
        result = np.empty(piece.shape, piece.dtype)
        for index in range(piece.shape[slowest]):
            place = (slice(None),) * slowest + (index,)
            result[place] = piece[place]
            self.release()
        return result


@dataclass(frozen=True)
class Stacked:
    """Arrays of one shape, as the items of one along a first axis; each is read when it is wanted."""

    items: tuple[Stored, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""
        return len(self.items), *self.items[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers: one that holds those of all items."""
        return np.result_type(*{item.dtype for item in self.items})

    def take(self, axis: int, start: int, stop: int) -> np.ndarray:
        """Read a stretch of items, or the same stretch of each."""
        if axis == 0:
            return np.stack([item.take(0, 0, item.shape[0]) for item in self.items[start:stop]])
        return np.stack([item.take(axis - 1, start, stop) for item in self.items])


@dataclass(frozen=True)
class Cell:
    """Cell of MATLAB: `values` in the order of its columns."""

    shape: tuple[int, ...]
    values: list[Any]


@dataclass(frozen=True)
class Words:
    """Column of texts, of which few differ: the number of each one's word; -1 where it is missing."""

    codes: Mapped
    words: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of texts."""
        return self.codes.shape

    @property
    def values(self) -> list[Any]:
        """Texts themselves."""
        return self.of(self.codes.array)

    def of(self, codes: np.ndarray) -> list[Any]:
        """Texts of some numbers."""
        return [None if code < 0 else self.words[code] for code in codes.tolist()]


@dataclass(frozen=True)
class Refused:
    """Variable that holds no data, or none that can be used: an object, a function, complex numbers; `what` says which."""

    what: str


Variable = Stored | Cell | Words | Refused | str | list[Any]


@dataclass(frozen=True)
class Contents:
    """Contents of a file.

    Attributes
    ----------
    variables : mapping of str to Variable
        By name; fields of a structure as ``structure.field``.
    array : str
        Which of them holds the trials, where the format says it.
    axes : tuple of str
        Its axes, where the format says them.
    ch_names, ch_types : tuple of str
        Where the format says them.
    no_channels : tuple of str
        Those of `ch_names` that are no channels, and are left out where nobody asks for them.
    sfreq : float or None
        Hz.
    unit : str or None
        ``V``, ``mV``, ``uV`` or ``nV``.
    labels : mapping of str to ndarray, shape (n_trials,)
        Columns that the format itself knows.
    subject : str or None
        Whose trials they are, where the format says it.
    rows : bool
        True where each variable is a column of a table, and rows are trials or samples.
    remarks : tuple of str
        Remarks for the user.
    doubts : tuple of str
        Remarks on what is probably not meant.
    """

    variables: Mapping[str, Variable]
    array: str = ""
    axes: tuple[str, ...] = ()
    ch_names: tuple[str, ...] = ()
    ch_types: tuple[str, ...] = ()
    no_channels: tuple[str, ...] = ()
    sfreq: float | None = None
    unit: str | None = None
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    subject: str | None = None
    rows: bool = False
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def mapped(path: Path) -> mmap.mmap:
    """Map a file into memory, to be read.

    Raises
    ------
    InputError
        If it is empty.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise InputError(f"{path}: empty")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def releasing(memory: mmap.mmap) -> Callable[[], None]:
    """Function that lets go of the pages of a mapped file that were touched; nothing where the system knows no such thing."""
    advice = getattr(mmap, "MADV_DONTNEED", None)
    return (lambda: None) if advice is None else lambda: memory.madvise(advice)


def array_in(memory: mmap.mmap, dtype: Any, offset: int, shape: tuple[int, ...], *, fortran: bool, name: str) -> Mapped:
    """Array that lies in a mapped file.

    Raises
    ------
    InputError
        If the file ends before it.
    """
    kind = np.dtype(dtype)
    count = 1
    for size in shape:
        count *= int(size)
    if offset + count * kind.itemsize > len(memory):
        raise InputError(
            f"{name}: truncated: {len(memory):,} bytes of {offset + count * kind.itemsize:,}", hint="Copy or download the file again."
        )
    flat = np.frombuffer(memory, kind, count, offset) if count else np.zeros(0, kind)
    return Mapped(flat.reshape(shape, order="F" if fortran else "C"), releasing(memory))


def damaged(path: Path, error: BaseException) -> InputError:
    """Error of a file that cannot be read, in one line."""
    found = unreadable(path, error, f"cannot be read: damaged, truncated or of another format ({_first_line(error)})")
    return found if isinstance(found, InputError) else InputError(found.message, hint=found.hint)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
