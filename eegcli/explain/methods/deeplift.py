"""DeepLIFT: what each value's difference from a baseline contributes to the difference of a class's output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegcli.explain.rescale import NoRuleError, Rescaled, frozen, without_a_rule

TOLERANCE = 0.01  # of the sum: rounding alone leaves 1e-5


def deeplift(model: nn.Module, x: Tensor, class_index: int, *, baseline: Tensor) -> Tensor:
    """Contributions of a window's differences from a baseline, by the rescale rule.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Gives one output per class, before the softmax.
    x : Tensor, shape (n_windows, ...)
        Windows, of any representation.
    class_index : int
        Which output.
    baseline : Tensor, shape (...)
        What they are compared with: `ExplainedWindows.baseline`.

    Returns
    -------
    Tensor, shape of `x`
        In units of the output; they sum to the output less that of the baseline.

    Raises
    ------
    NoRuleError
        If the network computes something for which there is no rule: it is named, and never treated by its gradient in silence.

    Notes
    -----
    Shrikumar, Greenside & Kundaje 2017, arXiv:1704.02685. The layers run in the order in which they are published: a maximum
    before its ReLU has the same output, and other contributions.
    """
    baseline = baseline.to(x).expand_as(x)
    both = torch.cat([x.detach(), baseline]).requires_grad_()
    with frozen(model), Rescaled():
        output = model(both)[:, class_index]
    if not output.requires_grad:  # a constant model
        return torch.zeros_like(x)
    if unknown := without_a_rule(output):
        raise NoRuleError(
            f"deeplift has no rule for {', '.join(unknown)}, which this network computes",
            hint="integrated-gradients asks the network for nothing but gradients.",
        )
    (multipliers,) = torch.autograd.grad(output[: len(x)].sum(), both, allow_unused=True, materialize_grads=True)
    contributions = (multipliers[: len(x)] * (x - baseline)).detach()
    owed = (output[: len(x)] - output[len(x) :]).detach()
    missing = (contributions.flatten(1).sum(dim=1) - owed).abs().mean()
    if not missing <= TOLERANCE * owed.abs().mean():
        # Windows that do not stay in the first axis would be compared with each other.
        raise NoRuleError(f"deeplift misses {float(missing / owed.abs().mean()):.1%} of the output of this network: it moves windows about")
    return contributions
