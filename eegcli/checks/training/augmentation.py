"""Augmentation of the training windows: how much of a window is left after it."""

from __future__ import annotations

import numpy as np
import torch

from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.engine.augment.draws import draws_of
from eegcli.engine.augment.step import read
from eegcli.engine.feed import Batch
from eegcli.registry import Training

NAME = "augmentation"
N = 64  # windows
LITTLE, TOO_LITTLE = 0.5, 0.2  # correlation of a window with what is made of it; shifts in time are looked at by their spectra
LOUD = 3.0  # times the spread of a window


@of_steps(NAME)
def augmentation(trial: Trial, hyper: Training) -> Finding:
    """Augment some windows as the training does, and hold their spectra and spreads against those of the windows."""
    if not hyper.augment:
        return Finding(NAME, "ok", None, why="windows are learnt as they are")
    x, labels = trial.batch(np.sort(np.random.default_rng(0).permutation(len(trial.train))[:N]))
    batch = Batch(x.clone(), labels, np.arange(len(x)))
    for place, step in enumerate(read(hyper.augment)):
        batch = step(batch, draws_of(0, 0, 0, place), trial.description.sfreq)
    before, after = (torch.fft.rfft(one.double(), dim=-1).abs() for one in (x, batch.x))
    # Phases are left out: a shift in time or another sign leaves a window what it is.
    each = [float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1]) for one, other in zip(before, after, strict=True)]
    value = float(np.nanmean(each))
    louder = float((batch.x.flatten(1).std(dim=1) / x.flatten(1).std(dim=1)).median())
    compared = {"louder": louder, "windows": len(x)}
    if value >= LITTLE and louder <= LOUD:
        return Finding(NAME, "ok", value, compared=compared)
    why = f"{' and '.join(hyper.augment)} leaves spectra that correlate by {value:.2f} with those of the windows, which become {louder:.2g} times as large: hardly anything of a window is left"
    broken = value < TOO_LITTLE or louder > LOUD**2
    return Finding(
        NAME, "broken" if broken else "suspect", value, (), why, "Augment less, e.g. --augment noise:sd=0.2,p=0.5", compared, weight=0.85
    )
