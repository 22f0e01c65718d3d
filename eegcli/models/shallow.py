"""ShallowFBCSPNet: temporal filters, spatial filters, and the logarithm of their mean power."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import glorot_uniform, in_samples
from eegcli.models.layers import output_shape
from eegcli.models.reordered import Reordered

RATE = 250.0  # Hz, at which the lengths of kernel and pool were published
FLOOR = 1e-6  # keeps the logarithm of a flat window finite


class Square(nn.Module):
    """Square of every value."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Square, element by element."""
        return x * x


class Log(nn.Module):
    """Natural logarithm of every value, of what is below a floor that of the floor."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take the logarithm, element by element."""
        return torch.log(torch.clamp(x, min=FLOOR))


class ShallowFBCSPNet(nn.Module):
    """ShallowFBCSPNet of Schirrmeister et al.: what filter-bank common spatial patterns do, learnt as a whole.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 99 samples.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; used by `in_seconds` only.
    n_filters_time, n_filters_spat : int
        Temporal and spatial filters.
    kernel, pool, pool_stride : int
        Lengths of the temporal filters, of the stretches whose power is averaged, and the step between these, in samples at 250 Hz as published.
    dropout : float
        Share of the values dropped in training before the last layer.
    in_seconds : bool
        Scale kernel and pool with the sampling frequency, so that they last as long as at 250 Hz.

    Notes
    -----
    Schirrmeister et al. 2017 (doi:10.1002/hbm.23730). No nonlinearity stands between the two convolutions, so that together they are one
    spatio-temporal filter. Weights are Glorot-uniform, biases 0; the batch norm has torch's constants.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters_time: int = 40,
        n_filters_spat: int = 40,
        kernel: int = 25,
        pool: int = 75,
        pool_stride: int = 15,
        dropout: float = 0.5,
        in_seconds: bool = False,
    ) -> None:
        super().__init__()
        if in_seconds:
            kernel, pool, pool_stride = in_samples((kernel, pool, pool_stride), sfreq, RATE)
        self.features = Reordered(
            OrderedDict(
                temporal=nn.Conv2d(1, n_filters_time, (1, kernel)),
                spatial=nn.Conv2d(n_filters_time, n_filters_spat, (n_chans, 1), bias=False),
                norm=nn.BatchNorm2d(n_filters_spat),
                square=Square(),
                pool=nn.AvgPool2d((1, pool), (1, pool_stride)),
                log=Log(),
                dropout=nn.Dropout(dropout),
            )
        )
        n_features = math.prod(output_shape("shallow", self.features, (1, n_chans, n_times)))
        self.final_layer = nn.Linear(n_features, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights as the source does."""
        glorot_uniform(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.features(x.unsqueeze(1)).flatten(1))
        return output
