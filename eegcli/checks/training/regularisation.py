"""Regularisation of a training, against what the loss says: weight decay, label smoothing, gradient clipping, momentum, class weights."""

from __future__ import annotations

import math
from statistics import median

import numpy as np

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import passes_of
from eegcli.checks.stepwise import of_steps
from eegcli.checks.trial import Trial
from eegcli.errors import counted
from eegcli.registry import Training, entry_of

DECAY, SMOOTHING, CLIPPING, MOMENTUM, BALANCE = "weight decay", "label smoothing", "gradient clipping", "momentum", "class weights"
# Pull of the decay in units of what pulls the other way; the published one of vgg, 0.001, has 0.1 to 0.3.
STRONG, KILLING = 0.5, 2.0
SMOOTH, TOO_SMOOTH = 0.4, 0.75
REACH, NO_REACH = 0.5, 0.1  # of the weights: how far all clipped steps together can come, were they of one mind
EPSILON = 1e-8  # of torch's adaptive optimisers: gradients far below it make no step
ADAPTIVE = ("adam", "adamax", "adamw", "rmsprop")
UNEQUAL, RARE = 0.8, 0.95  # share of the most frequent class


@of_steps(DECAY)
def weight_decay(trial: Trial, hyper: Training) -> Finding:
    """Hold the pull of the weight decay against that of the loss, in the median layer."""
    if not hyper.weight_decay:
        return Finding(DECAY, "ok", 0.0, why="there is none")
    passes = passes_of(trial)
    ratios = []
    for name, weights in passes.layers.items():
        gradient, size = passes.gradients[name], float(weights.detach().square().mean().sqrt())
        if hyper.optimizer == "adamw":  # whose steps have the size of the rate, whatever that of the gradient
            ratios.append(hyper.weight_decay * size)
        elif gradient is not None and bool(gradient.any()):
            ratios.append(hyper.weight_decay * size / float(gradient.square().mean().sqrt()))
    if not ratios:
        return Finding(DECAY, None, why="no layer has a gradient to hold it against")
    value = median(ratios)
    compared = {"weight_decay": hyper.weight_decay, "layers": len(ratios)}
    own = entry_of(trial.settings.arch).training
    if value < STRONG or (own is not None and hyper.weight_decay <= own.weight_decay):
        return Finding(DECAY, "ok", value, compared=compared)
    usual = own.weight_decay if own is not None else 0.01
    why = f"a weight decay of {hyper.weight_decay:g} pulls the weights of the median layer to zero {value:.3g} times as strongly as the loss pulls them anywhere"
    return Finding(
        DECAY,
        "broken" if value >= KILLING else "suspect",
        value,
        (),
        why,
        f"--weight-decay {usual:g}",
        compared,
        weight=0.9,
        change={"weight_decay": usual},
    )


@of_steps(SMOOTHING)
def label_smoothing(trial: Trial, hyper: Training) -> Finding:
    """Look at how much of a label is left."""
    value = hyper.label_smoothing
    if value < SMOOTH or not trial.is_class:
        return Finding(SMOOTHING, "ok", value)
    n = len(trial.description.classes)
    right = 1 - value + value / n
    why = f"a label smoothing of {value:g} says of each window that its class is only {100 * right:.0f} % likely, where a guess has {100 / n:.0f} %: hardly anything is left to learn"
    return Finding(
        SMOOTHING,
        "broken" if value >= TOO_SMOOTH else "suspect",
        value,
        (),
        why,
        "--label-smoothing 0.1, or leave it out.",
        weight=0.85,
        change={"label_smoothing": 0.0},
    )


@of_steps(CLIPPING)
def gradient_clipping(trial: Trial, hyper: Training) -> Finding:
    """See how far shortened gradients can bring the weights in the whole training."""
    if hyper.clip_norm is None:
        return Finding(CLIPPING, "ok", None, why="gradients are not shortened")
    passes = passes_of(trial)
    clip = hyper.clip_norm
    found = [one for one in passes.gradients.values() if one is not None]
    norm = math.sqrt(sum(float(one.square().sum()) for one in found))
    n = sum(one.numel() for one in found)
    size = math.sqrt(sum(float(one.detach().square().sum()) for one in passes.layers.values()))
    compared = {"clip_norm": clip, "gradient": norm}
    if not n or not size or clip >= norm:
        return Finding(CLIPPING, "ok", clip / norm if norm else None, compared=compared)
    if hyper.optimizer in ADAPTIVE:
        each = clip / math.sqrt(n)
        value = each / EPSILON
        if value >= 10:  # steps have their length whatever that of the gradient
            return Finding(CLIPPING, "ok", value, compared=compared)
        why = f"gradients shortened to {clip:g} are {each:.1g} for each weight, which {hyper.optimizer} takes for zero (its constant is {EPSILON:g})"
        broken = value < 1
    else:
        value = hyper.lr * clip * trial.n_updates / (1 - (0.9 if hyper.momentum is None else hyper.momentum)) / size
        if value >= REACH:
            return Finding(CLIPPING, "ok", value, compared=compared)
        why = f"gradients of {norm:.2g} are shortened to {clip:g}: all steps together can change the weights by {100 * value:.2g} % of their size"
        broken = value < NO_REACH
    return Finding(
        CLIPPING,
        "broken" if broken else "suspect",
        value,
        (),
        why,
        "--clip-norm 1, or leave it out.",
        compared,
        weight=0.9,
        change={"clip_norm": max(1.0, norm)},
    )


@of_steps(MOMENTUM)
def momentum(trial: Trial, hyper: Training) -> Finding:
    """Look at how many steps a gradient is remembered for."""
    value = 0.0 if hyper.momentum is None else hyper.momentum
    if value < 0.98:
        return Finding(MOMENTUM, "ok", value)
    steps, updates = 1 / (1 - value), trial.n_updates
    why = f"a momentum of {value:g} remembers a gradient for {steps:,.0f} of {updates} steps, and makes them {steps:,.0f} times as long"
    broken = value >= 0.995 or steps > updates / 4
    return Finding(MOMENTUM, "broken" if broken else "suspect", value, (), why, "--momentum 0.9", weight=0.8, change={"momentum": 0.9})


@of_steps(BALANCE)
def class_weights(trial: Trial, hyper: Training) -> Finding:
    """Look at classes that are unequal in number, and whether the loss makes up for it."""
    if not trial.is_class:
        return Finding(BALANCE, "ok", None, why="a number is learnt")
    counts = np.bincount(trial.train.labels.astype(np.int64), minlength=len(trial.description.classes))
    value = float(counts.max() / counts.sum())
    if trial.objective.weights is not None or value < UNEQUAL:
        return Finding(BALANCE, "ok", value)
    name = trial.description.classes[int(counts.argmax())]
    why = f"{100 * value:.0f} % of {counted(int(counts.sum()), 'training window')} are of class {name}, and the loss counts all alike (--class-weights none): to say {name} always is a good answer"
    broken = value >= RARE
    return Finding(
        BALANCE,
        "broken" if broken else "suspect",
        value,
        (),
        why,
        "--class-weights balanced",
        weight=0.75,
        change={"class_weights": "balanced"},
    )
