"""Run a trained network over windows that lie on disk, a batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.errors import InputError
from eegcli.reporter import Reporter

# Never chosen by what fits: another batch size would change the last bits of the outputs.
BATCH = 256


def outputs(
    model: nn.Module, x: np.ndarray, rows: NDArray[np.int64], *, device: torch.device, reporter: Reporter, label: str = "Predicting"
) -> NDArray[np.float64]:
    """Outputs of a network for some windows.

    Parameters
    ----------
    model : nn.Module
        Put into evaluation mode and moved to `device`.
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        May be memory-mapped: a batch is in memory at a time.
    rows : ndarray of int, shape (n,)
        Which windows.
    device : torch.device
        Where the network runs.
    reporter : Reporter
        Shows the progress.
    label : str
        What the progress is called.

    Returns
    -------
    ndarray, shape (n, n_outputs)
        As the network gives them: before any softmax.

    Raises
    ------
    InputError
        If an output is not finite.
    """
    model = model.to(device).eval()
    parts = []
    with torch.inference_mode():
        for start in reporter.progress(range(0, len(rows), BATCH), label, total=-(-len(rows) // BATCH)):
            batch = torch.from_numpy(np.ascontiguousarray(x[rows[start : start + BATCH]]))
            parts.append(model(batch.to(device)).cpu().numpy().astype(np.float64))
    result = np.concatenate(parts)
    broken = rows[~np.isfinite(result).all(axis=1)]
    if len(broken):
        raise InputError(
            f"the network gives no finite output for {len(broken)} of {len(rows)} windows (the first is window {broken[0]})",
            hint="Either training diverged (see history.parquet; try a smaller --lr), or these windows hold no finite signal.",
        )
    return result


def softmax(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of classes, shape (n, n_classes), from outputs of the same shape."""
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities
