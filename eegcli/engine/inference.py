"""Inference: outputs of a network for windows that lie on disk, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.checked import CheckedArray
from eegcli.engine.aligned import AlignedArray
from eegcli.engine.examples import BATCH
from eegcli.errors import InputError, counted
from eegcli.reporter import Reporter


def output_batches(
    model: nn.Module, x: np.ndarray | CheckedArray | AlignedArray, rows: NDArray[np.int64], device: torch.device
) -> Iterator[NDArray[np.float64]]:
    """Run a network over some windows, a batch at a time.

    Parameters
    ----------
    model : nn.Module
        On `device`; put into evaluation mode.
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        May be memory-mapped, and checked as it is read.
    rows : ndarray of int, shape (n,)
        Rows of the windows.
    device : torch.device
        Device on which the network runs.

    Yields
    ------
    ndarray, shape (at most BATCH, n_outputs)
        As the network gives them.
    """
    model.eval()
    for start in range(0, len(rows), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(x[rows[start : start + BATCH]], dtype=np.float32))
        with torch.inference_mode():  # closed before the batch is given away: what the caller does with it is its own
            part = model(batch.to(device)).cpu().numpy().astype(np.float64)
        yield part


def outputs(
    model: nn.Module,
    x: np.ndarray | CheckedArray | AlignedArray,
    rows: NDArray[np.int64],
    *,
    device: torch.device,
    reporter: Reporter,
    label: str = "Predicting",
) -> NDArray[np.float64]:
    """Outputs of a network for some windows.

    Parameters
    ----------
    model : nn.Module
        Put into evaluation mode and moved to `device`.
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        May be memory-mapped, and checked as it is read: a batch is in memory at a time.
    rows : ndarray of int, shape (n,)
        Rows of the windows.
    device : torch.device
        Device on which the network runs.
    reporter : Reporter
        Shows the progress.
    label : str
        Label of the progress bar.

    Returns
    -------
    ndarray, shape (n, n_outputs)
        As the network gives them: its head says what they mean.

    Raises
    ------
    InputError
        If an output is not finite.
    """
    batches = output_batches(model.to(device), x, rows, device)
    result = np.concatenate(list(reporter.progress(batches, label, total=-(-len(rows) // BATCH))))
    broken = rows[~np.isfinite(result).all(axis=1)]
    if len(broken):
        raise InputError(
            f"the network gives no finite output for {len(broken)} of {counted(len(rows), 'window')} (the first is window {broken[0]})",
            hint="Either training diverged (see history.parquet; try a smaller --lr), or these windows hold no finite signal.",
        )
    return result
