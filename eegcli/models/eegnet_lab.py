"""EEGNet as a course's laboratory built it, with a full second convolution."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, per_layer
from eegcli.models.layers import output_shape
from eegcli.models.reordered import Reordered


class EEGNetLab(nn.Module):
    """EEGNet of a course report: its second convolution mixes all maps, where the published one is separable.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 32 samples; 2 x 750 in the report.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_filters : tuple of int
        Temporal and spatial filters; the second a multiple of the first.
    kernels, pools : tuple of int
        Lengths of the two temporal kernels (odd: windows keep their length) and of the two poolings, in samples (the report: 125 Hz).
    activation : {"relu", "leaky-relu", "elu", "gelu"}
        The report compares the first three.
    dropout : float
        Share of the values dropped in training after each pooling.

    Notes
    -----
    Course report on BCI competition III, data set IIIb: 17,874 weights for 2 x 750 and two classes. No activation follows the first batch
    norm. Initial weights and batch norms are torch's own; there is no max-norm.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, ...] = (16, 32),
        kernels: tuple[int, ...] = (51, 15),
        pools: tuple[int, ...] = (4, 8),
        activation: Activation = "relu",
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        (temporal, spatial), (first, second) = per_layer("n_filters", n_filters, 2), per_layer("kernels", kernels, 2)
        pool1, pool2 = per_layer("pools", pools, 2)
        self.features = Reordered(
            OrderedDict(  # shapes behind each line: for 2 x 750
                temporal=nn.Conv2d(1, temporal, (1, first), padding=(0, first // 2), bias=False),  # 16 x 2 x 750
                norm1=nn.BatchNorm2d(temporal),
                spatial=nn.Conv2d(temporal, spatial, (n_chans, 1), groups=temporal, bias=False),  # 32 x 1 x 750
                norm2=nn.BatchNorm2d(spatial),
                activation1=ACTIVATIONS[activation](),
                pool1=nn.AvgPool2d((1, pool1)),  # 32 x 1 x 187
                dropout1=nn.Dropout(dropout),
                conv=nn.Conv2d(spatial, spatial, (1, second), padding=(0, second // 2), bias=False),
                norm3=nn.BatchNorm2d(spatial),
                activation2=ACTIVATIONS[activation](),
                pool2=nn.AvgPool2d((1, pool2)),  # 32 x 1 x 23
                dropout2=nn.Dropout(dropout),
            )
        )
        n_features = math.prod(output_shape("eegnet-lab", self.features, (1, n_chans, n_times)))
        self.final_layer = nn.Linear(n_features, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.features(x.unsqueeze(1)).flatten(1))
        return output
