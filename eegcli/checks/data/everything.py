"""Everything that lies in a windows' array, in one pass: what is no number, what holds no signal, what is no longer what its hash says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.checked import HASH
from eegcli.artifacts.content import content_hash
from eegcli.checks.case import Recorded

KEY = "everything"
MOST = 512 << 20  # bytes that are read; of more, the sample
AT_ONCE = 8 << 20  # bytes: a block stays in the processor's cache

ABSURD = np.float32(1e15)  # µV: what no amplifier gives; bytes in the wrong order do

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Everything:
    """Everything, or as much of it as is read.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        That were read.
    finite : ndarray of bool, shape (n,)
        No value is NaN, infinite, or beyond any voltage.
    dead : ndarray of bool, shape (n,)
        Every channel keeps one value throughout.
    changed : ndarray of bool, shape (n,)
        The hash in the table is another.
    hashes : ndarray of str, shape (n,)
        Of what lies there.
    """

    rows: NDArray[np.int64]
    finite: Mask
    dead: Mask
    changed: Mask
    hashes: np.ndarray


def everything(recorded: Recorded) -> Everything:
    """Read everything, once: windows of more than half a gigabyte by their sample, unless it is thorough."""
    if KEY not in recorded.kept:
        n, size = len(recorded.recording), 4 * int(np.prod(recorded.sample.shape[1:]))
        whole = isinstance(recorded.x, np.ndarray) and (recorded.thorough or n * size <= MOST)
        rows = np.arange(n) if whole else recorded.rows
        finite, dead, hashes = np.empty(len(rows), dtype=bool), np.empty(len(rows), dtype=bool), np.empty(len(rows), dtype=object)
        step = max(1, AT_ONCE // size)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            block = np.ascontiguousarray(recorded.x[part] if whole else recorded.sample[part], dtype=np.float32)
            hashes[part] = content_hash(block)
            flat = block.reshape(len(block), -1)
            low, high = block.min(axis=-1), block.max(axis=-1)
            with np.errstate(invalid="ignore"):
                sound = (low > -ABSURD) & (high < ABSURD)
            finite[part] = sound.reshape(len(block), -1).all(axis=1)
            axes = tuple(range(1, low.ndim))
            # A window of features is one row: all of them alike is a dead window, too.
            dead[part] = (low == high).all(axis=axes) if axes else flat.min(axis=1) == flat.max(axis=1)
        changed = hashes != recorded.table[HASH][rows].astype(object) if HASH in recorded.table else np.zeros(len(rows), dtype=bool)
        recorded.kept[KEY] = Everything(rows, finite, dead, changed, hashes)
    found: Everything = recorded.kept[KEY]
    return found
