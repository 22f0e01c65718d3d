"""Loss before the first step: that of a guess, if nothing is wrong with outputs and loss."""

from __future__ import annotations

import math

import numpy as np
import torch

from eegcli.checks.finding import Evidence, Finding

NAME = "loss at the start"
N, LONG, FEW = 64, 10_000, 16  # windows; values of a window of which fewer are taken
HINT = "Normalise the windows (--normalise channel-window), and see that the last layer begins with small weights."


def loss_at_the_start(evidence: Evidence) -> Finding:
    """Hold the loss of a fresh network against that of a guess: ln(number of classes), or 1 for a number in units of its spread."""
    trial = evidence.trial
    assert trial is not None
    if trial.hyper is None:
        return Finding(NAME, None, why="a closed form takes no steps")
    model, _ = trial.network()
    places = np.sort(np.random.default_rng(0).permutation(len(trial.train))[: FEW if math.prod(trial.description.shape) > LONG else N])
    with torch.no_grad():
        x, labels = trial.batch(places)
        loss = float(trial.objective.loss(model(x), labels))
    guess = trial.objective.guess(int(trial.train.labels.max()) + 1)
    value = loss / guess
    compared = {"loss": loss, "guess": guess, "windows": len(places)}
    if not np.isfinite(value):
        return Finding(NAME, "broken", value, (), "the loss of a fresh network is not finite", HINT, compared)
    if value > 10:
        why = f"{loss:.3g} where a guess has {guess:.2g}: the first steps are spent on undoing it, or leap so far that units die"
        return Finding(NAME, "broken" if value > 100 else "suspect", value, (), why, HINT, compared, weight=0.5)
    return Finding(NAME, "ok", value, compared=compared)
