"""Embeddings of windows: the vectors before the last layer of a network, a batch at a time."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.engine.examples import in_batches
from eegcli.engine.reading import WindowArray, in_turn
from eegcli.engine.recentring import recentred
from eegcli.errors import InputError, counted
from eegcli.models.embedding import embedding, last_layers
from eegcli.reporter import Reporter


def embed(
    model: nn.Module,
    x: WindowArray,
    rows: NDArray[np.int64],
    *,
    device: torch.device,
    reporter: Reporter,
    label: str = "Embedding",
    subject: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Embed windows: what the last layer of a network is given.

    Parameters
    ----------
    model : nn.Module
        Put into evaluation mode and moved to `device`.
    x : array of float32, shape (n_windows, n_channels, n_times), µV
    rows : ndarray of int, shape (n,)
        Rows of the windows.
    device : torch.device
    reporter : Reporter
        Shows the progress.
    label : str
        Label of the progress bar.
    subject : ndarray of int, shape (n_windows,), optional
        Number of the subject of each window of `x`, where subjects are recentred, as for `inference.outputs`.

    Returns
    -------
    ndarray of float32, shape (n, n_features)
        Of a closed form with parts, what each is given, one after the other.

    Raises
    ------
    InputError
        If the network does not end with a linear layer, or a vector is not finite.
    """
    model = model.to(device).eval()
    layers = last_layers(model, tuple(x.shape[1:]))
    parts, batched = [], in_batches(rows)
    moved = None if subject is None or not len(rows) else recentred(model, x, rows, subject, device)
    with closing(in_turn(x, batched, device)) as batches, embedding(layers) as given, torch.inference_mode():
        for of_part, batch in zip(batched, reporter.progress(batches, label, total=len(batched)), strict=True):
            model(batch) if moved is None else moved.outputs(batch, of_part)
            parts.append(torch.cat(given, dim=1).float().cpu().numpy())
            given.clear()
    vectors = np.concatenate(parts) if parts else np.zeros((0, sum(layer.in_features for layer in layers)), np.float32)
    broken = rows[~np.isfinite(vectors).all(axis=1)]
    if len(broken):
        raise InputError(
            f"the vectors before the last layer are not finite for {len(broken)} of {counted(len(rows), 'window')} (the first is window {broken[0]})",
            hint="Either training diverged (see history.parquet; try a smaller --lr), or these windows hold no finite signal.",
        )
    return vectors
