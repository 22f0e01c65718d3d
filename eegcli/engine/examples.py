"""Examples: labelled windows of one set, read from disk a batch at a time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.engine.reading import WindowArray, in_turn
from eegcli.errors import InputError

# Windows read at once where the order does not matter. Never chosen by what fits: another batch size would change the last bits of the outputs.
BATCH = 256


@dataclass(frozen=True)
class Examples:
    """Labelled windows of one set, read in batches.

    Attributes
    ----------
    x : ndarray of float32, shape (n_all_windows, n_chans, n_times), µV
        Of the whole artifact, memory-mapped; one that is checked as it is read, where it lies in an artifact; or one on a device.
    rows : ndarray of int, shape (n_windows,)
        Which of them belong to the set, ascending.
    labels : ndarray of float64, shape (n_windows,)
        Index of the class, or the number that the network is to give.
    """

    x: WindowArray
    rows: NDArray[np.int64]
    labels: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def labels_at(self, places: NDArray[np.int64]) -> torch.Tensor:
        """Labels of windows of the set, by their places in it; float32, shape (n,)."""
        return torch.from_numpy(self.labels[places].astype(np.float32))

    def windows(self, device: torch.device) -> Generator[torch.Tensor]:
        """Read all windows, in order; batches of float32, shape (at most BATCH, n_chans, n_times), µV, on a device."""
        return in_turn(self.x, in_batches(self.rows), device)


def in_batches(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows that are read in order, in the batches in which they are."""
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


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
