"""CTNet: a convolutional network that makes a sequence of a window, and a transformer over it."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional

from eegcli.errors import UsageError
from eegcli.models.blocks import ACTIVATIONS, Activation, in_samples, per_layer, same_padding
from eegcli.models.layers import output_shape
from eegcli.models.reordered import Reordered

RATE = 250.0  # Hz, at which the lengths of kernels and pools were published
POSITIONS = 100  # steps that have a position of their own, as published; longer sequences have more
EXPANSION = 4  # of the hidden layer of a transformer's block


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.keys, self.queries, self.values = (nn.Linear(width, width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.projection = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mix the steps of a sequence: (batch, n_steps, width) -> the same."""
        n, steps, width = x.shape
        # (batch, n_heads, n_steps, width / n_heads)
        queries, keys, values = (
            layer(x).reshape(n, steps, self.n_heads, -1).transpose(1, 2) for layer in (self.queries, self.keys, self.values)
        )
        scores = queries @ keys.transpose(2, 3) / math.sqrt(width // self.n_heads)
        mixed = self.dropout(functional.softmax(scores, dim=-1)) @ values
        output: torch.Tensor = self.projection(mixed.transpose(1, 2).reshape(n, steps, width))
        return output


class Residual(nn.Module):
    """A layer whose output, with dropout, is added to its input; a layer norm follows."""

    def __init__(self, layer: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.layer, self.dropout, self.norm = layer, nn.Dropout(dropout), nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Transform a sequence: (batch, n_steps, width) -> the same."""
        output: torch.Tensor = self.norm(x + self.dropout(self.layer(x)))
        return output


class CTNet(nn.Module):
    """CTNet of Zhao et al.: EEGNet's convolutions, positions, a transformer, and both added.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 64 samples.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; used by `in_seconds` only.
    n_filters : int
        Temporal filters.
    depth_multiplier : int
        Spatial filters for each; their product is the width of the transformer.
    kernels, pools : tuple of int
        Lengths of the two temporal kernels and of the two poolings, in samples at 250 Hz as published.
    n_heads, n_layers : int
        Heads and blocks of the transformer; heads divide its width.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
        Of the convolutions; the transformer has GELU.
    dropout : float
        Share of the values dropped in training after each pooling.
    dropout_position, dropout_transformer, dropout_final : float
        The same after the positions are added, in the transformer, and before the last layer.
    in_seconds : bool
        Scale kernels and pools with the sampling frequency, so that they last as long as at 250 Hz.

    Notes
    -----
    Zhao et al. 2024 (doi:10.1038/s41598-024-71118-7). The sequence is multiplied by the root of its width before positions, drawn from a
    standard normal distribution, are added. Other weights are drawn as torch draws them.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 20,
        depth_multiplier: int = 2,
        kernels: tuple[int, ...] = (64, 16),
        pools: tuple[int, ...] = (8, 8),
        n_heads: int = 4,
        n_layers: int = 6,
        activation: Activation = "elu",
        dropout: float = 0.3,
        dropout_position: float = 0.1,
        dropout_transformer: float = 0.5,
        dropout_final: float = 0.5,
        in_seconds: bool = False,
    ) -> None:
        super().__init__()
        (first, second), (pool1, pool2) = per_layer("kernels", kernels, 2), per_layer("pools", pools, 2)
        if in_seconds:
            first, second, pool1, pool2 = in_samples((first, second, pool1, pool2), sfreq, RATE)
        width = n_filters * depth_multiplier
        if width % n_heads:
            raise UsageError(
                f"n_heads is {n_heads}, and does not divide the transformer's width of {width}",
                hint=f"It is n_filters x depth_multiplier = {n_filters} x {depth_multiplier}.",
            )
        self.features = Reordered(
            OrderedDict(  # shapes behind each line: for 22 x 1000
                pad1=same_padding(first),
                temporal=nn.Conv2d(1, n_filters, (1, first), bias=False),  # 20 x 22 x 1000
                norm1=nn.BatchNorm2d(n_filters),
                spatial=nn.Conv2d(n_filters, width, (n_chans, 1), groups=n_filters, bias=False),  # 40 x 1 x 1000
                norm2=nn.BatchNorm2d(width),
                activation1=ACTIVATIONS[activation](),
                pool1=nn.AvgPool2d((1, pool1)),  # 40 x 1 x 125
                dropout1=nn.Dropout(dropout),
                pad2=same_padding(second),
                conv=nn.Conv2d(width, width, (1, second), bias=False),
                norm3=nn.BatchNorm2d(width),
                activation2=ACTIVATIONS[activation](),
                pool2=nn.AvgPool2d((1, pool2)),  # 40 x 1 x 15
                dropout2=nn.Dropout(dropout),
            )
        )
        n_steps = output_shape("ctnet", self.features, (1, n_chans, n_times))[-1]
        self.scale = math.sqrt(width)
        self.positions = nn.Parameter(torch.empty(1, max(POSITIONS, n_steps), width))
        self.position_dropout = nn.Dropout(dropout_position)

        def feed_forward() -> nn.Module:
            hidden = EXPANSION * width
            return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout_transformer), nn.Linear(hidden, width))

        self.transformer = nn.Sequential(
            *(
                nn.Sequential(
                    OrderedDict(
                        attention=Residual(Attention(width, n_heads, dropout_transformer), width, dropout_transformer),
                        feed_forward=Residual(feed_forward(), width, dropout_transformer),
                    )
                )
                for _ in range(n_layers)
            )
        )
        self.final_dropout = nn.Dropout(dropout_final)
        self.final_layer = nn.Linear(width * n_steps, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the positions as the source does."""
        nn.init.normal_(self.positions)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        steps = self.features(x.unsqueeze(1)).squeeze(2).transpose(1, 2)  # (batch, n_steps, width)
        steps = self.position_dropout(steps * self.scale + self.positions[:, : steps.shape[1]])
        both = steps + self.transformer(steps)
        output: torch.Tensor = self.final_layer(self.final_dropout(both.flatten(1)))
        return output
