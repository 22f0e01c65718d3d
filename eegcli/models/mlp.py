"""Fully connected layers on the values of a window."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation


class MLP(nn.Module):
    """Multi-layer perceptron on the values of a window, of any representation.

    Parameters
    ----------
    shape : tuple of int
        Shape of a window.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_hidden : tuple of int
        Widths of the hidden layers.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
    dropout : float
        Share dropped in training after each hidden layer.

    Notes
    -----
    Own. Values are taken as they are, with no standardisation; weights are drawn as torch draws them.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        n_outputs: int,
        sfreq: float,
        *,
        n_hidden: tuple[int, ...] = (128, 64),
        activation: Activation = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        n_in = math.prod(shape)
        for number, width in enumerate(n_hidden, start=1):
            layers[f"fc{number}"] = nn.Linear(n_in, width)
            layers[f"activation{number}"] = ACTIVATIONS[activation]()
            layers[f"dropout{number}"] = nn.Dropout(dropout)
            n_in = width
        self.hidden = nn.Sequential(layers)
        self.final_layer = nn.Linear(n_in, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, *shape) -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.hidden(x.flatten(1)))
        return output
