"""Gradient saliency: how the output of a class changes with each sample of the input."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def saliency(model: nn.Module, x: Tensor, class_index: int) -> Tensor:
    """Gradient of a class's output with respect to the input.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Gives one output per class, before the softmax.
    x : Tensor, shape (n_windows, n_channels, n_times), µV
        Windows.
    class_index : int
        Which output.

    Returns
    -------
    Tensor, shape of `x`
        Output per µV.

    Notes
    -----
    Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034. The output before the softmax is taken, since the gradient
    of a probability vanishes where the network is sure, which is where it is asked.
    """
    x = x.detach().clone().requires_grad_()
    # Windows do not see each other in evaluation mode, so the gradient of the sum holds the gradient of each.
    output = model(x)[:, class_index].sum()
    if not output.requires_grad:  # a constant model
        return torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(output, x, allow_unused=True, materialize_grads=True)
    return gradient
