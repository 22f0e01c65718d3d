"""Gradient check: whether the gradient of a network is that of its loss, by differences of the loss along it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import FEW, Passes, of_network, windows_for
from eegcli.checks.trial import Trial

NAME = "gradient check"
STEP = 1e-3  # of the loss: what a step along the gradient should change it by; single precision leaves a ten-thousandth of that uncertain
LOW, HIGH = 0.5, 2.0  # of what the gradient promises


@of_network(NAME)
def gradient_check(trial: Trial, passes: Passes) -> Finding:
    """Take a short step along the gradient, and one against it: the loss has to change as the gradient says, or the optimiser walks astray.

    Notes
    -----
    A central difference, whose error is of the third order of the step: Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5.
    """
    model, within = trial.network()
    x, labels, _ = windows_for(trial, model, 2 * FEW)
    weights = [one for one in within.parameters() if one.requires_grad]
    here = _loss(trial, within, x, labels)
    if not here.requires_grad or not weights:
        return Finding(NAME, None, why="the loss has no gradient")
    found = torch.autograd.grad(here, weights, allow_unused=True)
    gradient = [torch.zeros_like(one) if slope is None else slope for one, slope in zip(weights, found, strict=True)]
    size = float(sum(slope.double().square().sum() for slope in gradient))
    loss = float(here.detach())
    if not (0 < size < math.inf and 0 < abs(loss) < math.inf):
        return Finding(NAME, None, why="the gradient is zero, or no number")
    step = STEP * abs(loss) / size
    with torch.no_grad():
        if not math.isclose(float(_loss(trial, within, x, labels)), loss, rel_tol=STEP / 100):
            return Finding(NAME, None, why="the network answers otherwise each time it is asked")
        changed = [_moved(trial, within, x, labels, weights, gradient, sign * step) for sign in (-1.0, 1.0)]
    value = (changed[1] - changed[0]) / (2 * step * size)
    if LOW <= value <= HIGH:
        return Finding(NAME, "ok", value)
    hint = "Look for a backward of your own (torch.autograd.Function: hold it against torch.autograd.gradcheck), .data, .detach() and values changed in place."
    if not value > 0:
        why = f"a step against the gradient raises the loss in place of lowering it ({value:.2g} of the fall that the gradient promises): an optimiser walks uphill"
        return Finding(NAME, "broken", value, (), why, hint, weight=0.95)
    why = f"a step against the gradient lowers the loss {value:.2g} times as much as the gradient promises: it is the gradient of something else"
    return Finding(NAME, "suspect", value, (), why, hint, weight=0.5)


def _loss(trial: Trial, within: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """Loss in training mode; dropout leaves out the same values each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002  # what forward draws by numpy is drawn from this state
        return trial.objective.on(x.device).loss(within(x), labels)


def _moved(
    trial: Trial, within: nn.Module, x: Tensor, labels: Tensor, weights: list[nn.Parameter], gradient: list[Tensor], by: float
) -> float:
    """Loss with the weights moved so far along the gradient; they are put back."""
    before = [one.detach().clone() for one in weights]
    for one, slope in zip(weights, gradient, strict=True):
        one.add_(slope, alpha=by)
    moved = float(_loss(trial, within, x, labels))
    for one, kept in zip(weights, before, strict=True):
        one.copy_(kept)
    return moved
