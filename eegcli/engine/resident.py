"""Resident windows: a whole array of them in the memory of a device, where a batch is an index."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.checked import CheckedArray
from eegcli.artifacts.fitted_windows import FittedArray
from eegcli.artifacts.streamed import StreamedArray
from eegcli.engine.aligned import AlignedArray

LOAD_BYTES = 16 << 20  # in host memory at a time while it is loaded
SHARE = 2  # an array is resident where the device has twice its size free: the rest is for the network


class ResidentArray:
    """Array of windows in the memory of a device; loaded block by block, checked, and aligned where that is asked for.

    One of them serves all networks that a process trains on the same windows.

    Parameters
    ----------
    x : CheckedArray, AlignedArray or ndarray of float32, shape (n_windows, *shape)
        Where it is loaded from. It still serves whoever wants windows in host memory.
    device : torch.device
    """

    def __init__(self, x: np.ndarray | CheckedArray | FittedArray | StreamedArray | AlignedArray, device: torch.device) -> None:
        self._x, self.device = x, device
        self.shape, self.dtype = tuple(x.shape), x.dtype
        self.held = torch.empty(self.shape, dtype=torch.float32, device=device)
        step = max(1, LOAD_BYTES // (4 * math.prod(self.shape[1:])))
        for start in range(0, len(self), step):
            block = np.ascontiguousarray(x[np.arange(start, min(start + step, len(self)))], dtype=np.float32)
            self.held[start : start + len(block)] = torch.from_numpy(block)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Windows by their rows in host memory, as the array has them that it was loaded from."""
        return self._x[rows]

    def __len__(self) -> int:
        return int(self.shape[0])

    def batches(self, batches: Sequence[NDArray[np.int64]]) -> Generator[torch.Tensor]:
        """Give the windows of batches, rows each, on the device; the rows of all are copied there at once."""
        rows = torch.from_numpy(np.concatenate([*batches, np.empty(0, np.int64)])).to(self.device)
        at = 0
        for batch in batches:
            yield self.held.index_select(0, rows[at : at + len(batch)])
            at += len(batch)


def free_bytes(device: torch.device) -> int:
    """Free memory of a device, bytes; 0 of a CPU: windows are not copied to where they are already."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(max(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory(), 0))
    return 0


def is_small(x: np.ndarray | CheckedArray | FittedArray | StreamedArray | AlignedArray, device: torch.device) -> bool:
    """Test that an array takes less than half of the device's free memory."""
    return SHARE * 4 * math.prod(x.shape) < free_bytes(device)
