"""Blocks that several architectures are made of: activations, rates of dropout, padding, initialisation, max-norm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import torch
from torch import nn

from eegcli.errors import UsageError, counted

Activation = Literal["relu", "leaky-relu", "elu", "gelu"]
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"relu": nn.ReLU, "leaky-relu": nn.LeakyReLU, "elu": nn.ELU, "gelu": nn.GELU}
Number = TypeVar("Number", int, float)


def per_layer(option: str, values: Sequence[Number], n: int) -> tuple[Number, ...]:
    """Values of an option for each of `n` layers; a single one stands for all.

    Raises
    ------
    UsageError
        If there are neither one nor `n`.
    """
    if len(values) not in (1, n):
        raise UsageError(f"{option} needs {counted(n, 'value')}, one for each layer, or one for all; {len(values)} are given")
    return tuple(values) * (n // len(values))


def same_padding(kernel: int) -> nn.ZeroPad2d:
    """Zeros along time that keep the number of samples (Keras' ``same``): of an even kernel, one more on the right."""
    return nn.ZeroPad2d(((kernel - 1) // 2, kernel // 2, 0, 0))


def in_samples(lengths: Sequence[int], sfreq: float, published: float) -> tuple[int, ...]:
    """Lengths at another sampling frequency (Hz) that last as long as those that were published, in samples, at theirs; at least 1."""
    return tuple(max(1, round(length * sfreq / published)) for length in lengths)


@torch.no_grad()
def glorot_uniform(model: nn.Module) -> None:
    """Draw the weights of convolutions and linear layers as Keras does by default: Glorot-uniform, biases 0."""
    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def limit_norm(weight: torch.Tensor, limit: float) -> None:
    """Shrink in place the weights of each output whose norm exceeds a limit to that norm (max-norm).

    Parameters
    ----------
    weight : torch.Tensor, shape (n_outputs, ...)
        Weights of a convolution or a linear layer.
    limit : float
        Largest norm of the weights of one output.
    """
    norm = torch.linalg.vector_norm(weight.flatten(1), dim=1).reshape(-1, *[1] * (weight.dim() - 1))
    weight.mul_(limit / norm.clamp(min=limit))
