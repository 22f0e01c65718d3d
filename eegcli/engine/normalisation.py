"""Statistics of training windows, for networks that normalise by them (``--normalise train``)."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import torch

from eegcli.engine.examples import BATCH, Examples


def fit_scaler(how: str | None, train: Examples) -> dict[str, Any] | None:
    """Normalisation as model.json states it, its numbers taken from training windows alone.

    Parameters
    ----------
    how : str or None
        ``none`` (or None), ``train``, ``window`` or ``channel-window``.
    train : Examples
        Training windows.

    Returns
    -------
    dict or None
        ``how``; for ``train`` also ``mean`` and ``scale`` (standard deviation) of each channel: over windows and samples, in double precision.
    """
    if how in (None, "none"):
        return None
    if how != "train":
        return {"how": how}
    n, total, squares = 0, np.zeros(train.x.shape[1]), np.zeros(train.x.shape[1])
    origin = np.asarray(train.x[train.rows[:BATCH]], dtype=np.float64).reshape(-1, *train.x.shape[1:])
    # Sums about a value near the mean: a large offset would eat the digits of the variance.
    about = origin.mean(axis=(0, *range(2, origin.ndim)))
    with closing(train.windows(torch.device("cpu"))) as batches:
        for batch in batches:
            x = batch.numpy().astype(np.float64)
            values = x.swapaxes(0, 1).reshape(x.shape[1], -1) - about[:, None]
            n += values.shape[1]
            total += values.sum(axis=1)
            squares += np.square(values).sum(axis=1)
    mean = total / n
    scale = np.sqrt(np.maximum(squares / n - np.square(mean), 0.0))
    return {
        "how": how,
        "mean": [float(np.float32(value)) for value in mean + about],
        "scale": [float(np.float32(value)) for value in scale],
    }
