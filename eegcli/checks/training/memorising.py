"""Memorising: a healthy network learns sixteen windows by heart, whatever they hold."""

from __future__ import annotations

import math

import numpy as np
from torch import nn

from eegcli.checks.case import Clock
from eegcli.checks.finding import Finding
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.registry import Training

NAME = "sixteen windows by heart"
SECONDS = 20.0
N = 16  # windows
LEAST = 60  # steps: of fewer nothing is said
MOST = 300
LEARNT = 0.5  # of the loss of a guess
RATES = (1.0, 0.1, 10.0)


@of_steps(NAME)
def memorising(trial: Trial, hyper: Training) -> Finding:
    """Train on sixteen windows alone, at the asked rate, and at others if that fails."""
    clock = trial.clock.share(SECONDS)
    guess = trial.objective.guess(len(trial.description.classes))
    tried: list[tuple[str, float, int]] = []
    # Most of the time is for what is asked; the rest for what would have done it.
    for factor in RATES:
        part = clock.share(clock.left * (0.6 if factor == 1.0 else 0.5))
        loss, steps = _learnt(trial, factor, part, guess)
        name = "as asked" if factor == 1.0 else f"at --lr {hyper.lr * factor:g}"
        if loss <= LEARNT * guess:
            if factor == 1.0:
                return Finding(NAME, "ok", loss / guess, compared={"steps": steps})
            why = f"a loss of {tried[0][1]:.3g} is left after {tried[0][2]} steps as asked, and of {loss:.3g} after {steps} {name}: it is the rate"
            return Finding(
                NAME,
                "suspect",
                tried[0][1] / guess,
                (),
                why,
                f"--lr {hyper.lr * factor:g}",
                weight=0.5,
                change={"lr": hyper.lr * factor},
            )
        if steps < LEAST:
            break
        tried.append((name, loss, steps))
    if not tried:
        return Finding(NAME, None, why=f"there was no time for {LEAST} steps (--seconds, --thorough)")
    _, loss, steps = tried[0]
    value = loss / guess
    why = f"after {steps} steps on the same {N} windows the loss is {loss:.3g}, where a guess has {guess:.2g}"
    hint = "A network that cannot learn a handful of windows has a fault in its layers, its loss or its rate: see what else is broken."
    if not math.isfinite(loss) or value > 0.97:
        # Large networks with dropout need more steps than there was time for.
        return Finding(NAME, "broken" if steps >= MOST else "suspect", value, (), why, hint, weight=0.4)
    return Finding(NAME, "ok", value, why=f"{why}, and it falls", compared={"steps": steps})


def _learnt(trial: Trial, factor: float, clock: Clock, guess: float) -> tuple[float, int]:
    """Loss at the end of a training on the same windows, without dropout, and how many steps were taken."""
    assert trial.hyper is not None
    places = _balanced(trial)
    steady = trial.with_hyper(lr=trial.hyper.lr * factor, schedule="constant", warmup=None, accumulate=1)
    model = trial.fresh(seed=0)
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
    losses: list[float] = []
    for step in steady.steps(model, lambda _: places, clock=clock, n=MOST):
        losses.append(step.loss)
        if not math.isfinite(step.loss):
            return math.inf, len(losses)
        if len(losses) >= 5 and max(losses[-3:]) <= LEARNT * guess:
            break
    return float(np.mean(losses[-5:])) if losses else math.inf, len(losses)


def _balanced(trial: Trial) -> np.ndarray:
    """Places of windows of all classes by turns; of a number, of the lowest and the highest."""
    order = np.random.default_rng(0).permutation(len(trial.train))
    labels = trial.train.labels[order]
    rank = np.zeros(len(order))
    for value in np.unique(labels):
        rank[labels == value] = np.arange((labels == value).sum())
    return np.sort(order[np.argsort(rank, kind="stable")][:N])
