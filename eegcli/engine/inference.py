"""Inference: outputs of a network for windows that lie on disk, a batch at a time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.engine.examples import in_batches
from eegcli.engine.reading import WindowArray, in_turn
from eegcli.engine.recentring import Recentred, recentred
from eegcli.errors import InputError, counted
from eegcli.reporter import Reporter


def output_batches(
    model: nn.Module, x: WindowArray, rows: NDArray[np.int64], device: torch.device, moved: Recentred | None = None
) -> Generator[NDArray[np.float64]]:
    """Run a network over some windows, a batch at a time; closed, it ends what reads ahead.

    Parameters
    ----------
    model : nn.Module
        On `device`; put into evaluation mode.
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        May be memory-mapped and checked as it is read, lie at an address, or on the device.
    rows : ndarray of int, shape (n,)
        Rows of the windows.
    device : torch.device
        Device on which the network runs.
    moved : Recentred, optional
        The same network with the means of the subjects of these windows, where subjects are recentred.

    Yields
    ------
    ndarray, shape (at most BATCH, n_outputs)
        As the network gives them.
    """
    model.eval()
    parts = in_batches(rows)
    with closing(in_turn(x, parts, device)) as batches:
        for of_part, batch in zip(parts, batches, strict=True):
            with torch.inference_mode():  # closed before the batch is given away: what the caller does with it is its own
                given = model(batch) if moved is None else moved.outputs(batch, of_part)
                part = given.cpu().numpy().astype(np.float64)
            yield part


def outputs(
    model: nn.Module,
    x: WindowArray,
    rows: NDArray[np.int64],
    *,
    device: torch.device,
    reporter: Reporter,
    label: str = "Predicting",
    subject: NDArray[np.int64] | None = None,
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
    subject : ndarray of int, shape (n_windows,), optional
        Number of the subject of each window of `x`, where subjects are recentred (`engine.recentring`): windows are then read twice.

    Returns
    -------
    ndarray, shape (n, n_outputs)
        As the network gives them: its head says what they mean.

    Raises
    ------
    InputError
        If an output is not finite.
    """
    model = model.to(device).eval()
    moved = None if subject is None or not len(rows) else recentred(model, x, rows, subject, device)
    with closing(output_batches(model, x, rows, device, moved)) as batches:
        result = np.concatenate(list(reporter.progress(batches, label, total=len(in_batches(rows)))))
    broken = rows[~np.isfinite(result).all(axis=1)]
    if len(broken):
        raise InputError(
            f"the network gives no finite output for {len(broken)} of {counted(len(rows), 'window')} (the first is window {broken[0]})",
            hint="Either training diverged (see history.parquet; try a smaller --lr), or these windows hold no finite signal.",
        )
    return result
