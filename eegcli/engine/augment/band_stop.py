"""Augmentation `band-stop`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Cut, Definition, Options
from eegcli.engine.augment.draws import by_window, changed
from eegcli.engine.feed import Batch


def band_stop(batch: Batch, draws: np.random.Generator, *, sfreq: float, width: float = 5.0, p: float = 0.5) -> Batch:
    """Take a band of frequencies out of windows, of all channels alike.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, n_times).
    draws : numpy.random.Generator
    sfreq : float
        Hz.
    width : float
        Width of the band, Hz. It lies anywhere between 0 and half of the sampling frequency.
    p : float
        Probability that a window is changed.

    Notes
    -----
    Mohsenvand, Izadi & Maes 2020 (PMLR 136:238-253), Cheng et al. 2020 (arXiv:2007.04871). The frequencies of the window's Fourier transform
    that lie in the band are set to 0: all of the band and nothing else, at the price of the window being taken for periodic.
    """
    n_times = batch.x.shape[-1]
    low = by_window(draws.uniform(0, sfreq / 2 - width, len(batch.x)), batch.x)  # (n, 1, 1)
    frequencies = torch.fft.rfftfreq(n_times, 1 / sfreq, device=batch.x.device)
    stopped = (frequencies >= low) & (frequencies <= low + width) & (frequencies > 0)  # the mean is no rhythm
    left = torch.fft.irfft(torch.fft.rfft(batch.x).masked_fill(stopped, 0), n=n_times)
    return replace(batch, x=torch.where(changed(draws, batch.x, p), left, batch.x))


def _check(options: Options, cut: Cut) -> str:
    width, half, step = options["width"], cut.sfreq / 2, 1 / cut.seconds
    if width >= half:
        return f"a band of {width:g} Hz leaves nothing of {half:g} Hz"
    return (
        "" if width >= step else f"windows of {cut.seconds:g} s tell frequencies apart by {step:g} Hz; a band of {width:g} Hz may hold none"
    )


AUGMENTATION = Definition(band_stop, {"width": (0, float("inf")), "p": (0, 1)}, _check)
