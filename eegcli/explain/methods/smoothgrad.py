"""SmoothGrad: the gradient averaged over noisy copies of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegcli.explain.methods.saliency import saliency

SAMPLES = 16
NOISE = 0.1  # standard deviation of the noise, as a share of a window's range; 0.1 to 0.2 in the paper


def smoothgrad(model: nn.Module, x: Tensor, class_index: int, *, seed: int, n_samples: int = SAMPLES) -> Tensor:
    """Mean gradient of a class's output over noisy copies of each window.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Gives one output per class, before the softmax.
    x : Tensor, shape (n_windows, ...)
        Windows, of any representation.
    class_index : int
        Which output.
    seed : int
        Of the noise: the same draws for every window, so that a window is explained alike alone and in company.
    n_samples : int
        Noisy copies.

    Returns
    -------
    Tensor, shape of `x`
        Output per unit of the input.

    Notes
    -----
    Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, arXiv:1706.03825. Gaussian noise of a tenth of the window's range (largest less smallest value).
    """
    # Drawn on the CPU: a generator of another device draws other numbers.
    generator = torch.Generator().manual_seed(seed)
    flat = x.detach().flatten(1)
    spread = NOISE * (flat.amax(dim=1) - flat.amin(dim=1)).reshape(-1, *[1] * (x.dim() - 1))
    total = torch.zeros_like(x)
    for _ in range(n_samples):
        noise = torch.randn(x.shape[1:], generator=generator).to(x)
        total += saliency(model, x.detach() + spread * noise, class_index)
    return total / n_samples
