"""Examples: labelled windows of one set, read from disk a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.checked import CheckedArray
from eegcli.engine.aligned import AlignedArray
from eegcli.errors import InputError

# Windows read at once where the order does not matter. Never chosen by what fits: another batch size would change the last bits of the outputs.
BATCH = 256


@dataclass(frozen=True)
class Examples:
    """Labelled windows of one set, read in batches.

    Attributes
    ----------
    x : ndarray of float32, shape (n_all_windows, n_chans, n_times), µV
        Of the whole artifact, memory-mapped; one that is checked as it is read, where it lies in an artifact.
    rows : ndarray of int, shape (n_windows,)
        Which of them belong to the set, ascending.
    labels : ndarray of float64, shape (n_windows,)
        Index of the class, or the number that the network is to give.
    """

    x: np.ndarray | CheckedArray | AlignedArray
    rows: NDArray[np.int64]
    labels: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, places: NDArray[np.int64], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Read a batch of windows with their labels.

        Parameters
        ----------
        places : ndarray of int, shape (n,)
            Which of the set; ascending, so that the disk is read in order.
        device : torch.device
            Where they go.

        Returns
        -------
        x : torch.Tensor of float32, shape (n, n_chans, n_times), µV
        labels : torch.Tensor of float32, shape (n,)
        """
        x = torch.from_numpy(np.ascontiguousarray(self.x[self.rows[places]], dtype=np.float32))
        labels = torch.from_numpy(self.labels[places].astype(np.float32))
        return x.to(device), labels.to(device)

    def batches(self, device: torch.device) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Read all windows, in order; batches as `read` gives them."""
        for start in range(0, len(self), BATCH):
            yield self.read(np.arange(start, min(start + BATCH, len(self))), device)


def not_finite(sets: Sequence[Examples], lr: float | None) -> InputError:
    """The error for a loss or an output that is not finite, with its cause: broken windows, or too long a stride.

    Parameters
    ----------
    sets : sequence of Examples
        What was trained and validated on.
    lr : float or None
        The learning rate; None where there is none.
    """
    largest = 0.0
    for examples in sets:
        for start in range(0, len(examples), BATCH):
            rows = examples.rows[start : start + BATCH]
            x = examples.x[rows]
            broken = rows[~np.isfinite(x).reshape(len(x), -1).all(axis=1)]
            if len(broken):
                return InputError(f"window {broken[0]} holds values that are not finite", hint="Cut the windows again without --keep-dead.")
            largest = max(largest, float(np.abs(x).max(initial=0.0)))
    rate = f"Try a smaller --lr (now {lr:g}). " if lr is not None else ""
    return InputError(
        f"training diverged: the loss is not a finite number (the windows reach {largest:g})",
        hint=f"{rate}Raw EEG beyond 1000 µV is an artifact, or is not in microvolts.",
    )
