"""Group of selected windows, beside what they were selected from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MADE = -1  # row of a window that is not one of windows.parquet


@dataclass(frozen=True)
class Group:
    """Windows that a method selected, or made of real ones by selecting among their samples.

    Attributes
    ----------
    label : str
        Class, end of the number, or cell of the confusion table.
    is_class : bool
        False for a cell of the confusion table.
    rows, subject : ndarray of int, shape (n,)
        Rows of windows.parquet (`MADE`: it is none of them), and number of the subject of each.
    x : ndarray of float32, shape (n, ...)
        The windows, as they are or as they were made.
    reference : ndarray of float32, shape (m, ...)
        What they were selected from.
    """

    label: str
    is_class: bool
    rows: NDArray[np.int64]
    subject: NDArray[np.int64]
    x: NDArray[np.float32]
    reference: NDArray[np.float32]


# Selects, or, given a generator, selects by chance as much of the same: what the selection is controlled by.
Selector = Callable[[np.random.Generator | None], list[Group]]
