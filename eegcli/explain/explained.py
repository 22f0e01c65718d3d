"""Chosen windows that are explained, and the device that the network runs on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class ExplainedWindows:
    """Windows that are explained, and the device that the network runs on.

    Attributes
    ----------
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        The chosen windows.
    class_index : ndarray of int, shape (n_windows,)
        For which output each was chosen; every output has a window.
    n_classes : int
        Number of outputs.
    device : torch.device
        Device on which the network runs.
    sfreq : float
        Hz.
    """

    x: NDArray[np.float32]
    class_index: NDArray[np.int64]
    n_classes: int
    device: torch.device
    sfreq: float

    def first(self, n: int) -> ExplainedWindows:
        """The first `n` windows of each class."""
        rows = np.concatenate([np.flatnonzero(self.class_index == index)[:n] for index in range(self.n_classes)])
        return replace(self, x=self.x[rows], class_index=self.class_index[rows])
