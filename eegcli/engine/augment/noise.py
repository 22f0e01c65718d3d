"""Augmentation `noise`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Definition
from eegcli.engine.augment.draws import changed, normal_like
from eegcli.engine.feed import Batch


def noise(batch: Batch, draws: np.random.Generator, *, sd: float = 0.1, p: float = 0.5) -> Batch:
    """Add white Gaussian noise.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, ...).
    draws : numpy.random.Generator
    sd : float
        Standard deviation of the noise, in those of each channel of the window itself: a loud recording gets loud noise.
    p : float
        Probability that a window is changed.

    Notes
    -----
    Mohsenvand, Izadi & Maes 2020 (PMLR 136:238-253); Rommel et al. 2022 (doi:10.1088/1741-2552/aca220).
    """
    spread = batch.x.std(dim=tuple(range(2, batch.x.dim())), keepdim=True, correction=0)
    noisy = batch.x + sd * spread * normal_like(draws, batch.x)
    return replace(batch, x=torch.where(changed(draws, batch.x, p), noisy, batch.x))


AUGMENTATION = Definition(noise, {"sd": (0, float("inf")), "p": (0, 1)})
