"""Augmentation `channel-dropout`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Definition
from eegcli.engine.augment.draws import changed
from eegcli.engine.feed import Batch


def channel_dropout(batch: Batch, draws: np.random.Generator, *, share: float = 0.2, p: float = 0.5) -> Batch:
    """Set channels to 0, each window's own ones.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, ...).
    draws : numpy.random.Generator
    share : float
        Probability that a channel of a changed window is dropped.
    p : float
        Probability that a window is changed.

    Notes
    -----
    Saeed et al. 2020 (arXiv:2010.13694). The others are not made larger, as dropout does: a broken electrode does not either.
    """
    kept = torch.from_numpy(draws.random(batch.x.shape[:2]) >= share).to(batch.x.device)  # (n, n_chans)
    kept = kept.reshape(*kept.shape, *(1 for _ in batch.x.shape[2:])) | ~changed(draws, batch.x, p)
    return replace(batch, x=torch.where(kept, batch.x, torch.zeros_like(batch.x)))


AUGMENTATION = Definition(channel_dropout, {"share": (0, 1), "p": (0, 1)})
