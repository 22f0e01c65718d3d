"""Reading of windows: batches of rows become tensors on a device, each when its turn comes, and ahead of it where that pays."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.checked import CheckedArray
from eegcli.artifacts.fitted_windows import FittedArray
from eegcli.artifacts.streamed import StreamedArray
from eegcli.engine.aligned import AlignedArray
from eegcli.engine.prefetched import prefetched
from eegcli.engine.resident import ResidentArray

WindowArray = np.ndarray | CheckedArray | FittedArray | AlignedArray | StreamedArray | ResidentArray
Rows = NDArray[np.int64]


def in_turn(
    x: WindowArray, batches: Sequence[Rows], device: torch.device, later: Callable[[], Sequence[Rows]] | None = None
) -> Generator[torch.Tensor]:
    """Give the windows of batches on a device, in order; threads that read ahead end with the generator.

    Parameters
    ----------
    x : array of float32, shape (n_all_windows, *shape), µV
        Memory-mapped, checked, aligned, at an address, or resident on a device.
    batches : sequence of ndarray of int
        Rows of each batch.
    device : torch.device
        Where they go.
    later : callable, optional
        Gives batches that will be read after these, for who keeps what was fetched.

    Yields
    ------
    torch.Tensor of float32, shape (n, *shape)
    """
    if isinstance(x, ResidentArray) and x.device == device:
        yield from x.batches(batches)
        return
    announced: AbstractContextManager[None] = contextlib.nullcontext()
    if isinstance(x, (AlignedArray, FittedArray, StreamedArray)) and len(batches):
        announced = x.announced(batches, later)
    if reads_ahead(x, device):
        yield from prefetched(lambda rows: read(x, rows), batches, device, announced)
        return
    with announced:
        for rows in batches:
            yield torch.from_numpy(read(x, rows)).to(device)


def read(x: WindowArray, rows: Rows) -> np.ndarray:
    """Windows by their rows; a contiguous copy of float32."""
    return np.ascontiguousarray(x[rows], dtype=np.float32)


def reads_ahead(x: WindowArray, device: torch.device) -> bool:
    """Test that a background thread pays: where there is a copy to a device, an answer of a server or a disk to wait for.

    What is in the page cache is read in less than a hundredth of the time of any network's step (benchmarks/feed.py): nothing to hide.
    Windows are aligned on the thread that asks: the bits of a product depend on the number of threads, which is one for the whole process.
    """
    source = x.inner if isinstance(x, FittedArray) else x
    return not isinstance(x, AlignedArray) and (device.type != "cpu" or isinstance(source, StreamedArray) or not _is_cached(source))


def _is_cached(x: WindowArray) -> bool:
    """Test that the page cache has room for an array: half of the machine's memory."""
    if not hasattr(os, "sysconf"):  # Windows
        return True
    return 2 * 4 * math.prod(x.shape) < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
