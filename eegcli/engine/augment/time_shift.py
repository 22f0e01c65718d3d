"""Augmentation `time-shift`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Cut, Definition, Options
from eegcli.engine.augment.draws import changed
from eegcli.engine.feed import Batch


def time_shift(batch: Batch, draws: np.random.Generator, *, sfreq: float, seconds: float = 0.1, p: float = 0.5) -> Batch:
    """Shift windows in time, all channels together.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, n_times).
    draws : numpy.random.Generator
    sfreq : float
        Hz.
    seconds : float
        The shift is a whole number of samples, uniform within this to either side, s.
    p : float
        Probability that a window is shifted.

    Notes
    -----
    Mohsenvand, Izadi & Maes 2020 (PMLR 136:238-253), who cut longer recordings: what lies beside a window that is cut already nobody
    knows, so its mirror image stands there, without a step in the signal.
    """
    most, n_times = round(seconds * sfreq), batch.x.shape[-1]
    shifts = torch.from_numpy(draws.integers(-most, most + 1, len(batch.x))).to(batch.x.device)
    shifts = shifts * changed(draws, batch.x, p).flatten()
    index = torch.arange(n_times, device=batch.x.device) - shifts[:, None]  # (n, n_times); outside 0 ... n_times - 1 it is mirrored
    index = (n_times - 1) - ((n_times - 1) - index.abs()).abs()
    return replace(batch, x=batch.x.gather(-1, index[:, None, :].expand(batch.x.shape)))


def _check(options: Options, cut: Cut) -> str:
    if options["seconds"] >= cut.seconds:
        return f"a shift of {options['seconds']:g} s leaves nothing of windows of {cut.seconds:g} s"
    return "" if round(options["seconds"] * cut.sfreq) else f"{options['seconds']:g} s is less than a sample ({1 / cut.sfreq:.3g} s)"


AUGMENTATION = Definition(time_shift, {"seconds": (0, float("inf")), "p": (0, 1)}, _check)
