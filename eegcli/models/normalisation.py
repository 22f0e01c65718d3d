"""Normalisation of windows, a part of the network: whoever has its file cannot forget it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn

How = Literal["none", "train", "window", "channel-window"]
# Added to a variance before its root is taken: a channel that stands still becomes zeros, and has a finite gradient.
EPSILON = 1e-6


class Normalisation(nn.Module):
    """Z-scores of windows: per channel over the training windows, over each window, or within each channel of each window.

    Parameters
    ----------
    how : {"train", "window", "channel-window"}
        ``train``: mean and standard deviation of each channel over all training windows. ``window``: those of all values of a window, so that
        channels keep their powers relative to each other. ``channel-window``: those of each channel of a window, so that only the form of a
        signal is left, and how channels go together.
    shape : tuple of int
        Shape of a window, channels (or bands) first.
    mean, scale : sequence of float, shape (n_channels,)
        For ``train``; a channel that stands still has the scale 0, and is not scaled.

    Notes
    -----
    Truong & Delorme 2025 (arXiv:2506.22455) compared them on HBN: within channel, per window was best for sex and age.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, how: str, shape: tuple[int, ...], *, mean: Sequence[float] = (), scale: Sequence[float] = ()) -> None:
        super().__init__()
        self.how, self.axes = how, tuple(range(1 if how == "window" else 2, len(shape) + 1))
        if how == "train":
            each = (shape[0], *(1 for _ in shape[1:]))
            # They stand in model.json, not among the weights.
            self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(each), persistent=False)
            scales = torch.tensor([value or 1.0 for value in scale], dtype=torch.float32)
            self.register_buffer("scale", scales.reshape(each), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise windows: (batch, *shape) -> the same shape, in standard deviations."""
        if self.how == "train":
            return (x - self.mean) / self.scale
        centred = x - x.mean(dim=self.axes, keepdim=True)
        return centred / (centred.square().mean(dim=self.axes, keepdim=True) + EPSILON).sqrt()


class Normalised(nn.Module):
    """A network behind the normalisation of its windows.

    Parameters
    ----------
    network : torch.nn.Module
        Takes normalised windows.
    normalisation : Normalisation
    """

    def __init__(self, network: nn.Module, normalisation: Normalisation) -> None:
        super().__init__()
        self.normalisation, self.network = normalisation, network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        outputs: torch.Tensor = self.network(self.normalisation(x))
        return outputs


def normalised(network: nn.Module, scaler: Mapping[str, Any] | None, shape: tuple[int, ...]) -> nn.Module:
    """Put the normalisation that model.json states before a network; without one it is the network itself.

    Parameters
    ----------
    network : torch.nn.Module
    scaler : mapping or None
        ``how``, and for ``train`` ``mean`` and ``scale`` of each channel.
    shape : tuple of int
        Shape of a window.
    """
    return network if scaler is None else Normalised(network, Normalisation(shape=shape, **scaler))


def inner(model: nn.Module) -> nn.Module:
    """The network itself, without the normalisation before it."""
    return model.network if isinstance(model, Normalised) else model
