"""Outputs of a fresh network: what was applied to them before the loss, and whether they depend on the window."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from eegcli.checks.finding import Finding
from eegcli.checks.network.passes import Passes, of_network
from eegcli.checks.trial import Trial

ACTIVATION, CONSTANT, ALONE = "activation of the outputs", "outputs that depend on the window", "a window by itself"
# Operations that move values, and change none: what was applied last is looked for behind them.
MOVING = (
    "View",
    "UnsafeView",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Permute",
    "T",
    "Clone",
    "Alias",
    "Select",
    "Slice",
    "Expand",
    "ToCopy",
)
SQUASHING = {
    "Softmax": "a softmax",
    "Sigmoid": "a sigmoid",
    "Tanh": "a tanh",
    "Relu": "a ReLU",
    "Hardtanh": "a ReLU6 or hardtanh",
    "Hardsigmoid": "a hard sigmoid",
}
BENDING = {
    "Elu": "an ELU",
    "Gelu": "a GELU",
    "LeakyRelu": "a leaky ReLU",
    "Silu": "a SiLU",
    "Softplus": "a softplus",
    "Threshold": "a threshold",
}
LEAVE_OUT = (
    "Leave it out at the end of forward: the loss takes outputs as the last linear layer gives them, and applies what it needs itself."
)
STILL = 1e-6  # of the largest output
APART = 0.01  # of the spread of the outputs over windows: sums of a batch are made in another order than those of one window


@of_network(ACTIVATION)
def output_activation(trial: Trial, passes: Passes) -> Finding:
    """Find what is applied to the outputs at the end: the loss takes logits of classes, or a number in units of its spread."""
    name = _last(passes.outputs.grad_fn)
    n = passes.outputs.shape[1]
    low, high = float(passes.outputs.detach().min()), float(passes.outputs.detach().max())
    compared = {"outputs": n, "lowest": low, "highest": high}
    if name == "LogSoftmax" and trial.is_class:
        why = "a log-softmax stands before the loss, which applies one again: the second changes nothing, and is superfluous"
        return Finding(ACTIVATION, "ok", None, (), why, LEAVE_OUT, compared)
    if name in BENDING:
        why = f"{BENDING[name]} is the last thing that is applied to the outputs: it holds back what lies below zero"
        return Finding(ACTIVATION, "suspect", None, (), why, LEAVE_OUT, compared, weight=0.5)
    if name not in SQUASHING:
        return Finding(ACTIVATION, "ok", None, compared=compared)
    why = f"{SQUASHING[name]} is the last thing that is applied to the outputs, {_consequence(name, n, trial.is_class)}"
    return Finding(ACTIVATION, "broken", None, (), why, LEAVE_OUT, compared, weight=0.95)


@of_network(CONSTANT)
def constant_outputs(trial: Trial, passes: Passes) -> Finding:
    """Find a network whose output is the same for every window, or no number at all."""
    outputs = passes.evaluated
    if not bool(torch.isfinite(outputs).all() and torch.isfinite(passes.outputs).all()):
        why = f"a fresh network gives outputs that are no finite numbers for {'noise of 10 µV' if passes.is_noise else 'these windows'}: a root or logarithm of what may be negative, a division by zero?"
        return Finding(
            CONSTANT, "broken", None, (), why, "Add a small constant below the root, in the logarithm or to the divisor.", weight=0.95
        )
    size = float(outputs.abs().max())
    value = float((outputs - outputs.mean(dim=0)).abs().max()) / size if size else 0.0
    if value <= STILL and not bool(passes.seen.any()):
        what = "all are zero" if not size else f"they vary by {value:.1g} of their size"
        why = f"the outputs are the same for every window ({what}) and their gradient with respect to the window is zero: nothing can be told apart"
        hint = (
            "See that forward uses its argument, and that no layer between input and output is multiplied by zero, detached or drawn anew."
        )
        return Finding(CONSTANT, "broken", value, (), why, hint, weight=0.6)
    return Finding(CONSTANT, "ok", value)


@of_network(ALONE)
def alone(trial: Trial, passes: Passes) -> Finding:
    """Hold the outputs of windows by themselves, in evaluation mode, against those that they have beside others."""
    few = min(3, len(passes.x))
    value = _apart(passes.call, passes.x, few, passes.evaluated)
    if value is not None and value > APART:
        value = _apart_in_double(passes, few, value)
    if value is None:
        return Finding(ALONE, None, why="the outputs are the same for all windows")
    if value <= APART:
        return Finding(ALONE, "ok", value)
    why = f"in evaluation mode the outputs of a window change by {100 * value:.0f} % of their spread with the windows beside it: a result depends on who is tested with whom"
    hint = "Keep the batch the first axis in every view, and take means over the axes of a window alone (dim=1 or 2, never 0 or all)."
    return Finding(ALONE, "broken" if value > 10 * APART else "suspect", value, (), why, hint, weight=0.95)


def _apart(call: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, few: int, beside: torch.Tensor) -> float | None:
    """Largest change of outputs of the first few windows without the others, against their spread; None where they have none."""
    with torch.no_grad():
        by_itself = torch.cat([call(x[number : number + 1]) for number in range(few)])
    # Of outputs that hardly vary, what differs by rounding is no sign of anything.
    spread = max(float((beside - beside.mean(dim=0)).abs().mean()), 1e-2 * float(beside.abs().max()))
    return float((by_itself - beside[:few]).abs().max()) / spread if spread and math.isfinite(spread) else None


def _apart_in_double(passes: Passes, few: int, value: float) -> float | None:
    """The same in double precision, where large values that cancel leave nothing; `value` where the network knows single precision alone."""
    network = copy.deepcopy(passes.call)
    if not isinstance(network, nn.Module):
        return value
    x = passes.x.double()
    try:
        with torch.no_grad():
            beside = network.double()(x)
        return _apart(network, x, few, beside)
    except RuntimeError:  # it makes tensors of single precision itself
        return value


def _last(node: Any) -> str:
    """Name of the operation that made a tensor, behind those that only move values."""
    for _ in range(20):
        if node is None:
            return ""
        name = node.name().removesuffix("0").removesuffix("Backward").rstrip("0123456789").removesuffix("Backward")
        if name not in MOVING:
            return str(name)
        node = node.next_functions[0][0]
    return ""


def _consequence(name: str, n_outputs: int, is_class: bool) -> str:
    """Consequence of an activation for the loss."""
    if name == "Softmax" and n_outputs == 1:
        return "which is 1 for a single output, whatever the window: nothing can be learnt"
    if not is_class:
        return "and cannot give half of the numbers, which are learnt in units of their spread around zero"
    if name in ("Softmax", "Sigmoid", "Hardsigmoid"):
        best = math.log1p((max(n_outputs, 2) - 1) * math.exp(-1.0))
        return f"and the loss applies a softmax again: it cannot fall below {best:.2f}, and its gradient is small where the network is most wrong"
    if name == "Tanh":
        best = math.log1p((max(n_outputs, 2) - 1) * math.exp(-2.0))
        return f"so that no class is ever more than e^2 times as likely as another: the loss cannot fall below {best:.2f}"
    return "so that evidence against a class is cut off, and an output that is zero for all windows never learns again"
