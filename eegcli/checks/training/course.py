"""Course of a short training: whether the loss falls at all, and whether the network in evaluation is the one that learnt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.registry import Training

COURSE, APART = "course of the loss", "evaluation against training"
KEPT = "course"
SECONDS = 20.0
EPOCHS = 5  # after which a loss that has not fallen is worth a word
FEWEST, STEPS = 12, 400
N = 64  # windows
OFF = 3.0  # how many times the loss in training, and that of a guess, the loss of the same windows in evaluation is


@of_steps(COURSE)
def short_run(trial: Trial, hyper: Training) -> Finding:
    """Train as it was asked for a while, and look at the loss of the training windows."""
    losses = _course(trial)["losses"]
    guess, n_batches = trial.objective.guess(len(trial.description.classes)), -(-len(trial.train) // hyper.batch_size)
    if len(losses) < FEWEST:
        return Finding(COURSE, None, why=f"there was no time for {FEWEST} steps ({len(losses)} were taken)")
    third = len(losses) // 3
    first, last = float(np.mean(losses[:third])), float(np.mean(losses[-third:]))
    value = last / guess
    epochs = len(losses) / n_batches
    compared = {"steps": len(losses), "epochs": epochs, "first": first, "last": last}
    if not math.isfinite(last):
        return Finding(
            COURSE,
            "broken",
            None,
            (),
            f"the loss is no number after {len(losses)} steps",
            "Lower --lr, or normalise the windows.",
            compared,
            weight=0.6,
        )
    if value > 3:
        why = f"after {len(losses)} steps the loss is {last:.3g}, where a guess has {guess:.2g}"
        return Finding(
            COURSE, "broken" if value > 10 else "suspect", value, (), why, "Lower --lr, or normalise the windows.", compared, weight=0.5
        )
    if epochs >= EPOCHS and last > 0.98 * min(first, guess):
        why = f"the loss of the training windows is {last:.3g} after {epochs:.0f} epochs, {first:.3g} at the beginning: it does not fall"
        return Finding(
            COURSE,
            "suspect",
            value,
            (),
            why,
            "See what else is broken; else eegcli train --arch logistic says whether there is anything to learn.",
            compared,
            weight=0.5,
        )
    return Finding(COURSE, "ok", value, compared=compared)


@of_steps(APART)
def evaluation_against_training(trial: Trial, hyper: Training) -> Finding:
    """Hold the loss of training windows in evaluation mode against that in training mode, after a while of training."""
    found = _course(trial)
    learning, evaluated = found["learning"], found["evaluated"]
    guess = trial.objective.guess(len(trial.description.classes))
    if len(found["losses"]) < FEWEST or not (math.isfinite(learning) and learning < 2 * guess):
        return Finding(APART, None, why="there was no time, or nothing was learnt to hold it against")
    value = evaluated / max(learning, 0.1 * guess)
    compared = {"training": learning, "evaluation": evaluated}
    if evaluated <= OFF * max(learning, guess / 2) or evaluated <= 1.5 * guess:
        return Finding(APART, "ok", value, compared=compared)
    why = f"the same training windows have a loss of {learning:.3g} in training mode and of {evaluated:.3g} in evaluation mode: the network that is evaluated is another one"
    hint = "See batch norm: its momentum (0.1), batches that are large enough, and running statistics that are not reset."
    return Finding(APART, "broken" if evaluated > 3 * OFF * guess else "suspect", value, (), why, hint, compared, weight=0.55)


def network_after(trial: Trial) -> nn.Module | None:
    """Network of the run that is asked about; before a training that of the short one, None where there was no time for a dozen steps."""
    if trial.learnt is not None:
        return trial.learnt
    found = _course(trial)
    return found["model"] if len(found["losses"]) >= FEWEST else None


def _course(trial: Trial) -> dict[str, Any]:
    """Losses of a short training, made once; and that of some windows at its end, in both modes."""
    if KEPT not in trial.kept:
        clock, model = trial.clock.share(SECONDS), trial.fresh(seed=0)
        losses = [step.loss for step in trial.steps(model, trial.shuffled(), clock=clock, n=STEPS)]
        x, labels = trial.batch(np.sort(np.random.default_rng(0).permutation(len(trial.train))[:N]))
        objective = trial.objective.on(x.device)
        with torch.no_grad():
            learning = float(objective.loss(model(x), labels))
            evaluated = float(objective.loss(model.eval()(x), labels))
        trial.kept[KEPT] = {"losses": losses, "learning": learning, "evaluated": evaluated, "model": model}
    made: dict[str, Any] = trial.kept[KEPT]
    return made
