"""Frozen weights: those that a training leaves as they are, to the bit."""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Collection, Iterator, Sequence

import torch
from torch import nn


@contextlib.contextmanager
def frozen(model: nn.Module, names: Collection[str]) -> Iterator[None]:
    """Freeze weights of a network inside the block: no gradient, no update, no weight decay; and layers that have running statistics and no weights.

    Parameters
    ----------
    model : nn.Module
    names : collection of str
        Of its `freezable` weights and statistics.
    """
    held = [weights for name, weights in model.named_parameters() if name in names]
    # Whatever puts the network into training mode, they compute as in evaluation: no weight of theirs says so to `to_training`.
    hooks = [layer.register_forward_pre_hook(_to_evaluation) for layer, own in _only_statistics(model) if names and own <= set(names)]
    for weights in held:
        weights.requires_grad_(False)
    try:
        yield
    finally:
        for weights in held:
            weights.requires_grad_(True)
        for hook in hooks:
            hook.remove()


def freezable(model: nn.Module) -> list[str]:
    """Names of all that a pattern may freeze: weights, and running statistics of layers that have no weights, which nothing else would name."""
    return [*(name for name, _ in model.named_parameters()), *(name for _, own in _only_statistics(model) for name in sorted(own))]


def _only_statistics(model: nn.Module) -> list[tuple[nn.Module, set[str]]]:
    """Layers without weights of their own whose running statistics are stored, with the names of these."""
    stored, found = set(model.state_dict()), []
    for path, layer in model.named_modules():
        own = {f"{path}.{name}".lstrip(".") for name, _ in layer.named_buffers(recurse=False)} & stored
        if own and not any(True for _ in layer.parameters(recurse=False)):
            found.append((layer, own))
    return found


def _to_evaluation(layer: nn.Module, _: object) -> None:
    layer.training = False  # of the layer alone: what it holds may be learnt


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
