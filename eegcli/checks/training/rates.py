"""Learning rate, against the rates at which the loss of a few windows falls; and steps against weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch

from eegcli.checks.case import Clock
from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import passes_of
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.errors import counted
from eegcli.registry import Training, entry_of

RATE, UPDATES = "learning rate", "steps against weights"
KEPT = "rates"
SECONDS = 18.0
N, STEPS = 16, 10  # windows, the same in each step; steps
LONGER = 40  # steps of a network whose loss has not fallen by then: dropout hides the first of deep ones
STANDING = 1e-6  # of the rate: what a loss does by dropout alone
FALLS = 0.02  # of the loss that stands
PEAK, FAR_PEAK = 30.0, 300.0  # of the loss of a guess, after the first step; vgg as published has 2.5
LONG, TOO_LONG = 0.4, 0.9  # of the weights of the median layer, per step; vgg as published has 0.07
FEW, TOO_FEW = (
    8.0,
    1.5,
)  # how many times as far all steps can come as the loss of a few windows needs to fall by FALLS; as published 100 and more
HIGHEST = 10.0  # rate that is tried
LEAST = 400  # steps: of a shorter training, that it is short is said elsewhere


@dataclass(frozen=True)
class Run:
    """A few steps at one rate, on the same windows.

    Attributes
    ----------
    lr : float
    losses : list of float
        Before each step.
    change : float
        Change of the weights of the median layer in the first step, or in one of all if that is more, relative to them.
    """

    lr: float
    losses: list[float]
    change: float

    @property
    def end(self) -> float:
        """Mean loss of the last three steps; infinite where it is no number."""
        found = float(np.mean(self.losses[-3:]))
        return found if math.isfinite(found) else math.inf

    @property
    def peak(self) -> float:
        """Largest loss after the first step."""
        found = max(self.losses[1:]) if all(map(math.isfinite, self.losses)) else math.inf
        return found


@of_steps(RATE)
def learning_rate(trial: Trial, hyper: Training) -> Finding:
    """Take the same few steps from the same weights at rates of a hundredth to a hundred times what is asked, and see where the loss falls."""
    clock = trial.clock.share(SECONDS)
    asked, standing = run_at(trial, 1.0, clock), run_at(trial, STANDING, clock)
    if asked is None or standing is None:
        return Finding(RATE, None, why="no time was left for two rates")
    guess = max(trial.objective.guess(len(trial.description.classes)), standing.losses[0])
    own = entry_of(trial.settings.arch).training
    usual = own.lr if own is not None and own.optimizer == hyper.optimizer else 0.01 if hyper.optimizer == "sgd" else 0.001
    compared: dict[str, Any] = {"lr": hyper.lr, "peak": asked.peak, "step": asked.change, "usual": usual}
    # Of a rate that its authors publish is only said what the weights show.
    leaps = asked.peak > PEAK * guess or asked.change > LONG
    if leaps and any(run.peak < PEAK * guess for factor in (0.01, 1e-4, STANDING) if (run := run_at(trial, factor, clock)) is not None):
        # Where windows are no values of EEG, that is why steps leap.
        weight = 0.4 if passes_of(trial).is_noise else 0.9
        return _too_high(asked, guess, min(usual, hyper.lr / 10), compared, weight)
    falling = _falling(trial, standing, clock)
    if falling is None:
        return Finding(
            RATE,
            None,
            why=f"the loss of {N} windows falls at no rate that was tried, or there was no time to try enough",
            compared=compared,
        )
    updates = max(LEAST, trial.n_updates)
    lowest, steps = falling
    value = hyper.lr * updates / steps / lowest
    compared |= {"falls_from": lowest, "reach": value}
    if value < FEW:
        better = max(usual, 10 * hyper.lr)
        why = f"at {hyper.lr:g} the weights stay where they began: the loss of {N} windows begins to fall at {lowest:.1g} in {counted(steps, 'step')}, and {updates} steps of {hyper.lr:g} come {value:.2g} times as far (published trainings 100 times and more)"
        return Finding(
            RATE,
            "broken" if value < TOO_FEW else "suspect",
            hyper.lr,
            (),
            why,
            f"--lr {better:g}",
            compared,
            weight=0.9,
            change={"lr": better},
        )
    return Finding(RATE, "ok", hyper.lr, compared=compared)


@of_steps(UPDATES)
def updates_against_weights(trial: Trial, hyper: Training) -> Finding:
    """Hold the change of the weights in the first step against the weights: about a thousandth is healthy."""
    asked = run_at(trial, 1.0, trial.clock.share(SECONDS))
    if asked is None:
        return Finding(UPDATES, None, why="no time was left (--seconds, --thorough)")
    value = asked.change
    if math.isfinite(value) and 1e-7 < value <= LONG:
        return Finding(UPDATES, "ok", value)
    if value > LONG or not math.isfinite(value):
        why = f"the first step changes the weights of the median layer by {100 * value:.0f} % of their size (0.1 to 10 % is usual): they are thrown away, not improved"
        return Finding(UPDATES, "broken" if not value <= TOO_LONG else "suspect", value, (), why, "Lower --lr.", weight=0.6)
    why = f"the first step changes the weights of the median layer by {value:.1g} of their size (about 0.001 is usual): they stay where they are"
    return Finding(UPDATES, "broken", value, (), why, "Raise --lr; see the gradients of the layers.", weight=0.6)


def run_at(trial: Trial, factor: float, clock: Clock, steps: int = STEPS) -> Run | None:
    """A few steps at so many times the rate, made once; None where there is no time for them."""
    runs: dict[tuple[float, int], Run] = trial.kept.setdefault(KEPT, {})
    if (factor, steps) not in runs:
        assert trial.hyper is not None
        lr = trial.hyper.lr * factor
        # The rate alone: what else shortens or lengthens steps has a check of its own; a clipping that only holds back leaps stays.
        clip = None if trial.hyper.clip_norm is None else max(1.0, trial.hyper.clip_norm)
        steady = trial.with_hyper(lr=lr, schedule="constant", warmup=None, accumulate=1, clip_norm=clip, weight_decay=0.0)
        places = np.sort(np.random.default_rng(0).permutation(len(trial.train))[:N])
        model = trial.fresh(seed=0)
        layers = [one for one in model.parameters() if one.dim() > 1 and one.requires_grad]
        before = [one.detach().clone() for one in layers]
        losses, change = [], 0.0
        for number, step in enumerate(steady.steps(model, lambda _: places, clock=clock, n=steps)):
            losses.append(step.loss)
            if number == 0 and layers:
                change = median(_relative(*pair) for pair in zip(layers, before, strict=True))
            if not math.isfinite(step.loss):
                break
        # A last layer that begins with zeros lets no gradient through in the first step.
        change = max(change, median(_relative(*pair) for pair in zip(layers, before, strict=True)) / steps) if layers else change
        if len(losses) < steps and all(map(math.isfinite, losses)):
            return None
        runs[factor, steps] = Run(lr, losses, change)
    return runs[factor, steps]


def _relative(after: torch.Tensor, before: torch.Tensor) -> float:
    size = max(float(before.norm()), float(after.detach().norm()))
    return float((after.detach() - before).norm()) / size if size else 0.0


def _falling(trial: Trial, standing: Run, clock: Clock) -> tuple[float, int] | None:
    """Rate at which the loss falls, and in how many steps: the one that is asked about, else the lowest by powers of ten; None where none was found."""
    assert trial.hyper is not None
    for power, steps in ((0, STEPS), (0, LONGER), *((power, STEPS) for power in range(-1, 9) if power)):
        if power > 0 and trial.hyper.lr * 10.0**power > HIGHEST:
            return None
        found = run_at(trial, 10.0**power, clock, steps)
        # Held against as many steps at no rate: dropout draws others in each.
        still = standing if steps == STEPS else run_at(trial, STANDING, clock, steps)
        if found is None or still is None:
            return None
        if found.end <= (1 - FALLS) * still.end:
            return found.lr, steps
    return None


def _too_high(asked: Run, guess: float, better: float, compared: dict[str, Any], weight: float) -> Finding:
    """Finding of a rate at which the first steps leap."""
    parts = []
    if asked.peak > PEAK * guess:
        parts.append(f"takes the loss of {N} windows from {asked.losses[0]:.2g} to {asked.peak:.2g}")
    if asked.change > LONG:
        parts.append(f"changes the weights of the median layer by {100 * asked.change:.0f} % of their size (0.1 to 10 % is usual)")
    why = f"a step at {asked.lr:g} {' and '.join(parts)}: it leaps over every minimum"
    broken = asked.peak > FAR_PEAK * guess or asked.change > TOO_LONG
    return Finding(
        RATE, "broken" if broken else "suspect", asked.lr, (), why, f"--lr {better:g}", compared, weight=weight, change={"lr": better}
    )
