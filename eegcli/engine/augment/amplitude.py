"""Augmentation `amplitude`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from eegcli.engine.augment.definition import Cut, Definition, Options
from eegcli.engine.augment.draws import by_window, changed
from eegcli.engine.feed import Batch


def amplitude(batch: Batch, draws: np.random.Generator, *, low: float = 0.5, high: float = 2.0, p: float = 0.5) -> Batch:
    """Multiply windows by a factor of their own, the same for all channels.

    Parameters
    ----------
    batch : Batch
        Windows (n, n_chans, n_times), µV.
    draws : numpy.random.Generator
    low, high : float
        The logarithm of the factor is uniform between theirs: half and twice are as likely.
    p : float
        Probability that a window is changed.

    Notes
    -----
    Mohsenvand, Izadi & Maes 2020 (PMLR 136:238-253).
    """
    factor = by_window(np.exp(draws.uniform(np.log(low), np.log(high), len(batch.x))), batch.x)
    return replace(batch, x=torch.where(changed(draws, batch.x, p), batch.x * factor, batch.x))


def _check(options: Options, cut: Cut) -> str:
    return "" if options["low"] < options["high"] else f"low {options['low']:g} is not below high {options['high']:g}"


AUGMENTATION = Definition(amplitude, {"low": (0, float("inf")), "high": (0, float("inf")), "p": (0, 1)}, _check)
