"""Re-initialisation of the weights of a network."""

from __future__ import annotations

import torch
from torch import nn


def reinitialise(model: nn.Module, seed: int) -> None:
    """Draw the weights of a network anew, in place, as its layers draw them; torch's own generator is left as it is.

    Weights that no layer knows how to draw come from a normal distribution of their own mean and spread. An architecture that draws its
    weights in a way of its own has it in `initialise`, which goes last.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for module in model.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for weights in module.parameters(recurse=False):
                weights.copy_(weights.mean() + weights.std(correction=0) * torch.randn(weights.shape).to(weights))
        own = getattr(model, "initialise", None)
        if callable(own):
            own()
