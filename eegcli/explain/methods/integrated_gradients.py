"""Integrated gradients: gradients summed along the straight line from a baseline to a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegcli.explain.methods.saliency import saliency

MIDPOINTS = 20  # error of the sum 0.18 % on the demo with vgg
MOST_MIDPOINTS = 160  # where 20 do not make the sum complete
TOLERANCE = 0.01


def integrated_gradients(
    model: nn.Module, x: Tensor, class_index: int, *, baseline: Tensor, midpoints: int = MIDPOINTS, most: int = MOST_MIDPOINTS
) -> Tensor:
    """Difference of a window from a baseline times the mean gradient on the line between them.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Gives one output per class, before the softmax.
    x : Tensor, shape (n_windows, ...)
        Windows, of any representation.
    class_index : int
        Which output.
    baseline : Tensor, shape (...)
        Where the line begins: `ExplainedWindows.baseline`.
    midpoints : int
        Points at which the gradient is taken; twice as many, and so on, for a batch whose sum is not complete to 1 %.
    most : int
        No more points than these: networks with logarithms are steep near a flat window.

    Returns
    -------
    Tensor, shape of `x`
        In units of the output; they sum to the output less that of the baseline.

    Notes
    -----
    Sundararajan, Taly & Yan 2017, arXiv:1703.01365, by the midpoint rule.
    """
    baseline = baseline.to(x)
    away = x.detach() - baseline
    with torch.no_grad():
        owed = model(x)[:, class_index] - model(baseline[None])[:, class_index]
    while True:
        total = torch.zeros_like(x)
        for step in range(midpoints):
            total += saliency(model, baseline + (step + 0.5) / midpoints * away, class_index)
        attribution = away * total / midpoints
        missing = (attribution.flatten(1).sum(dim=1) - owed).abs().mean()
        if missing <= TOLERANCE * owed.abs().mean() or 2 * midpoints > most:
            return attribution
        midpoints *= 2
