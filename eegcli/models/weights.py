"""Weights of a network: drawn anew, and as a run stores them."""

from __future__ import annotations

import torch
from torch import nn

from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner


def reinitialise(model: nn.Module, seed: int) -> None:
    """Draw the weights of a network anew, in place, as its layers draw them; torch's own generator is left as it is.

    Weights that no layer knows how to draw come from a normal distribution of their own mean and spread. An architecture that draws its
    weights in a way of its own has it in `initialise`, which goes last. A foreign network is made again by its constructor, which alone knows how.
    """
    made: set[nn.Module] = set()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for module in model.modules():
            if module in made:
                continue
            if isinstance(module, ForeignNetwork):
                module.rebuild()
                made.update(module.modules())
                continue
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for weights in module.parameters(recurse=False):
                weights.copy_(weights.mean() + weights.std(correction=0) * torch.randn(weights.shape).to(weights))
        for module in model.modules():  # explanations hand over the network within another module
            own = getattr(module, "initialise", None)
            if module not in made and callable(own):
                own()


def stored(model: nn.Module) -> nn.Module:
    """Module whose weights a run stores: that behind the normalisation, and of a foreign network the user's own."""
    network = inner(model)
    return network.network if isinstance(network, ForeignNetwork) else network
