"""Augmentation `mixup`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Definition
from eegcli.engine.feed import Batch, Mixed


def mixup(batch: Batch, draws: np.random.Generator, *, alpha: float = 0.2) -> Batch:
    """Mix each window of a batch with another one of it, and their labels by the same shares.

    Parameters
    ----------
    batch : Batch
        Windows (n, ...).
    draws : numpy.random.Generator
    alpha : float
        The share of a window's own is drawn from Beta(alpha, alpha), once for the batch: the smaller, the nearer to 0 or 1.

    Returns
    -------
    Batch
        With `mixed`: labels, share and places of the others.

    Notes
    -----
    Zhang et al. 2018 (arXiv:1710.09412); as in the authors' code there is one share per batch, and partners are a permutation of it.
    """
    share = float(draws.beta(alpha, alpha))
    drawn = draws.permutation(len(batch.x))
    partner = torch.from_numpy(drawn).to(batch.x.device)
    mixed = Mixed(batch.labels[partner], torch.tensor(1 - share, dtype=batch.x.dtype, device=batch.x.device), batch.places[drawn])
    return replace(batch, x=torch.lerp(batch.x, batch.x[partner], mixed.share), mixed=mixed)


AUGMENTATION = Definition(mixup, {"alpha": (0, float("inf"))})
