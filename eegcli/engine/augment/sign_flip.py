"""Augmentation `sign-flip`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Definition
from eegcli.engine.augment.draws import changed
from eegcli.engine.feed import Batch


def sign_flip(batch: Batch, draws: np.random.Generator, *, p: float = 0.5) -> Batch:
    """Turn the sign of all channels of a window: the electrodes' polarity, and that of the currents below them.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, n_times).
    draws : numpy.random.Generator
    p : float
        Probability that a window is flipped.

    Notes
    -----
    Rommel et al. 2022 (doi:10.1088/1741-2552/aca220).
    """
    return replace(batch, x=torch.where(changed(draws, batch.x, p), -batch.x, batch.x))


AUGMENTATION = Definition(sign_flip, {"p": (0, 1)})
