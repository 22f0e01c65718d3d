"""DeepConvNet: four blocks of convolution, batch norm and max pooling."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, limit_norm, per_layer
from eegcli.models.layers import output_shape
from eegcli.models.reordered import Reordered

CONV_NORM, FINAL_NORM = 2.0, 0.5  # largest norms of the weights of an output, as published


class DeepConvNet(nn.Module):
    """DeepConvNet of Schirrmeister et al. in the sizes of a course report.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 76 samples; 2 x 750 in the report.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_filters : tuple of int
        Maps of the four blocks; the first block's temporal convolution has as many as its spatial one.
    kernels, pools : tuple of int
        Lengths of the temporal kernels and of the poolings of the blocks, in samples (the report: 125 Hz). The paper has 10 and 3 at 250 Hz.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
        The report compares the first three; the paper has ELU.
    dropout : float
        Share of the values dropped in training after each pooling.
    max_norm : bool
        Keep the norms of the weights of each output within 2 (convolutions) and 0.5 (last layer) after every update, as EEGNet's authors
        have it in their DeepConvNet.

    Notes
    -----
    Schirrmeister et al. 2017 (doi:10.1002/hbm.23730); course report on BCI competition III, data set IIIb: 150,977 weights for 2 x 750 and two
    classes. No convolution pads, all have a bias; initial weights and batch norms are torch's own.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, ...] = (25, 50, 100, 200),
        kernels: tuple[int, ...] = (5, 5, 5, 5),
        pools: tuple[int, ...] = (2, 2, 2, 2),
        activation: Activation = "relu",
        dropout: float = 0.5,
        max_norm: bool = False,
    ) -> None:
        super().__init__()
        n = len(n_filters)
        kernels, pools = per_layer("kernels", kernels, n), per_layer("pools", pools, n)
        self.max_norm = max_norm
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["temporal"] = nn.Conv2d(1, n_filters[0], (1, kernels[0]))
        layers["spatial"] = nn.Conv2d(n_filters[0], n_filters[0], (n_chans, 1))
        for block, (width, pool) in enumerate(zip(n_filters, pools, strict=True), start=1):
            if block > 1:
                layers[f"conv{block}"] = nn.Conv2d(n_filters[block - 2], width, (1, kernels[block - 1]))
            layers[f"norm{block}"] = nn.BatchNorm2d(width)
            layers[f"activation{block}"] = ACTIVATIONS[activation]()
            layers[f"pool{block}"] = nn.MaxPool2d((1, pool))
            layers[f"dropout{block}"] = nn.Dropout(dropout)
        self.features = Reordered(layers)
        n_features = math.prod(output_shape("deepconvnet", self.features, (1, n_chans, n_times)))
        self.final_layer = nn.Linear(n_features, n_outputs)

    def constrain(self) -> None:
        """Keep the norms of the weights of each output within their limits, after an update; without `max_norm` nothing is done."""
        if not self.max_norm:
            return
        for layer in self.features:
            if isinstance(layer, nn.Conv2d):
                limit_norm(layer.weight, CONV_NORM)
        limit_norm(self.final_layer.weight, FINAL_NORM)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.features(x.unsqueeze(1)).flatten(1))
        return output
