"""Frozen weights: those that a training leaves as they are, to the bit."""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Collection, Iterator, Sequence

import torch
from torch import nn


@contextlib.contextmanager
def frozen(model: nn.Module, names: Collection[str]) -> Iterator[None]:
    """Freeze weights of a network inside the block: no gradient, no update, no weight decay.

    Parameters
    ----------
    model : nn.Module
    names : collection of str
        Of its parameters.
    """
    held = [weights for name, weights in model.named_parameters() if name in names]
    for weights in held:
        weights.requires_grad_(False)
    try:
        yield
    finally:
        for weights in held:
            weights.requires_grad_(True)


def fitting(names: Sequence[str], patterns: Sequence[str]) -> dict[str, list[str]]:
    """Names that fit each pattern (``*`` and ``?``, across dots, with the case of letters)."""
    return {pattern: [name for name in names if fnmatch.fnmatchcase(name, pattern)] for pattern in patterns}


def to_training(model: nn.Module) -> None:
    """Put a network into training mode, but for layers with running statistics whose own weights are all frozen: these stay as they are."""
    model.train()
    for module in model.modules():
        own = [*module.parameters(recurse=False)]
        if own and any(True for _ in module.buffers(recurse=False)) and not any(weights.requires_grad for weights in own):
            module.training = False


class Held:
    """Copies of the frozen weights of a network, for whatever changes weights in place (max-norm).

    Parameters
    ----------
    model : nn.Module
    """

    def __init__(self, model: nn.Module) -> None:
        self._pairs = [(weights, weights.detach().clone()) for weights in model.parameters() if not weights.requires_grad]

    @torch.no_grad()
    def put_back(self) -> None:
        """Put the weights back as they were."""
        for weights, copy in self._pairs:
            weights.copy_(copy)
