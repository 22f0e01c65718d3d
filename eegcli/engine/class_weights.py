"""Class weights: how much each class counts in the loss."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

IMBALANCE = 1.5  # of the largest to the smallest class: 60:40


def class_weights(counts: NDArray[np.int64], mode: Literal["auto", "none", "balanced"]) -> NDArray[np.float64] | None:
    """Compute class weights that let every class count alike in the loss.

    Parameters
    ----------
    counts : ndarray of int, shape (n_classes,)
        Training windows of each class; all above 0.
    mode : {"auto", "none", "balanced"}
        ``auto`` balances where the largest class is to the smallest as 60 to 40, or worse.

    Returns
    -------
    ndarray, shape (n_classes,), or None
        Inversely proportional to the counts, 1 on average over the windows; None where all windows count alike.
    """
    if mode == "none" or (mode == "auto" and counts.max() < IMBALANCE * counts.min()):
        return None
    return np.asarray(counts.sum() / (len(counts) * counts), dtype=np.float64)
