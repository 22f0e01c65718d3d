"""EEGNet: temporal filters, spatial filters for each of them, and a separable convolution."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, glorot_uniform, in_samples, limit_norm, per_layer, same_padding
from eegcli.models.layers import output_shape
from eegcli.models.reordered import Reordered

RATE = 128.0  # Hz, at which the lengths of kernels and pools were published
MOMENTUM, EPS = 0.01, 1e-3  # of Keras' batch norm, whose momentum of .99 is torch's .01


class EEGNet(nn.Module):
    """EEGNet-8,2 of Lawhern et al.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 28 samples.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; used by `in_seconds` only.
    n_filters : int
        Temporal filters (F1 in the paper).
    depth_multiplier : int
        Spatial filters for each of them (D); the separable convolution has as many maps as there are spatial filters (F2 = F1 D).
    kernels, pools : tuple of int
        Lengths of the two temporal kernels and of the two poolings, in samples at 128 Hz as published.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
    dropout : float
        Share of the values dropped in training after each pooling; the paper has 0.25 across subjects, 0.5 within.
    max_norm : tuple of float
        Largest norms of a spatial filter and of the weights of an output, kept after every update.
    keras_padding : bool
        Pad the kernels as Keras does, that is an even one by one more on the right, so that windows keep their length. Without it they are
        padded by half their length on both sides, as in braindecode, whose outputs are then equal: an even kernel adds a sample.
    in_seconds : bool
        Scale kernels and pools with the sampling frequency, so that they last as long as at 128 Hz.

    Notes
    -----
    Lawhern et al. 2018 (doi:10.1088/1741-2552/aace8c). Weights are Glorot-uniform, batch norms have Keras' constants.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 8,
        depth_multiplier: int = 2,
        kernels: tuple[int, ...] = (64, 16),
        pools: tuple[int, ...] = (4, 8),
        activation: Activation = "elu",
        dropout: float = 0.25,
        max_norm: tuple[float, ...] = (1.0, 0.25),
        keras_padding: bool = False,
        in_seconds: bool = False,
    ) -> None:
        super().__init__()
        (first, second), (pool1, pool2) = per_layer("kernels", kernels, 2), per_layer("pools", pools, 2)
        self.max_norm = per_layer("max_norm", max_norm, 2)
        if in_seconds:
            first, second, pool1, pool2 = in_samples((first, second, pool1, pool2), sfreq, RATE)
        n_maps = n_filters * depth_multiplier

        def padding(name: str, kernel: int) -> dict[str, nn.Module]:
            return {name: same_padding(kernel) if keras_padding else nn.ZeroPad2d((kernel // 2, kernel // 2, 0, 0))}

        self.features = Reordered(
            OrderedDict(
                **padding("pad1", first),
                temporal=nn.Conv2d(1, n_filters, (1, first), bias=False),
                norm1=nn.BatchNorm2d(n_filters, EPS, MOMENTUM),
                spatial=nn.Conv2d(n_filters, n_maps, (n_chans, 1), groups=n_filters, bias=False),
                norm2=nn.BatchNorm2d(n_maps, EPS, MOMENTUM),
                activation1=ACTIVATIONS[activation](),
                pool1=nn.AvgPool2d((1, pool1)),
                dropout1=nn.Dropout(dropout),
                **padding("pad2", second),
                separable_depth=nn.Conv2d(n_maps, n_maps, (1, second), groups=n_maps, bias=False),
                separable_point=nn.Conv2d(n_maps, n_maps, 1, bias=False),
                norm3=nn.BatchNorm2d(n_maps, EPS, MOMENTUM),
                activation2=ACTIVATIONS[activation](),
                pool2=nn.AvgPool2d((1, pool2)),
                dropout2=nn.Dropout(dropout),
            )
        )
        n_features = math.prod(output_shape("eegnet", self.features, (1, n_chans, n_times)))
        self.final_layer = nn.Linear(n_features, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights as the source does."""
        glorot_uniform(self)

    def constrain(self) -> None:
        """Keep the norms of spatial filters and of the last layer within their limits, after an update."""
        limit_norm(self.features.get_submodule("spatial").get_parameter("weight"), self.max_norm[0])
        limit_norm(self.final_layer.weight, self.max_norm[1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.features(x.unsqueeze(1)).flatten(1))
        return output
