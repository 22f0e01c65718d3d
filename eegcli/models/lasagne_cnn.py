"""A convolutional network on raw EEG that was asked about because it does not learn."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import glorot_uniform, per_layer
from eegcli.models.layers import output_shape

SPREAD = 0.02  # of the convolution's initial weights


class LasagneCNN(nn.Module):
    """One convolution of three samples, a pooling that drops every second electrode, and a hidden layer, kept as asked about.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 2 samples; 64 x 512 in the question.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_filters : int
        Maps of the convolution.
    n_hidden : int
        Width of the hidden layer.
    dropout : tuple of float
        Shares dropped in training, after the pooling and after the hidden layer.

    Notes
    -----
    A question about two classes of raw EEG: 67,109,762 weights for 64 x 512, and 626 trials to learn them from; the loss stayed flat. The pooling
    takes the larger of two samples in steps of two samples **and two electrodes**, so that every second electrode is never looked at: that is
    part of what was asked. Initial weights of the convolution are N(0, 0.02), of the linear layers Glorot-uniform; biases are 0.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        n_hidden: int = 256,
        dropout: tuple[float, ...] = (0.5, 0.5),
    ) -> None:
        super().__init__()
        of_pooled, of_hidden = per_layer("dropout", dropout, 2)
        self.features = nn.Sequential(
            OrderedDict(  # shapes behind each line: for 64 x 512
                conv=nn.Conv2d(1, n_filters, (1, 3), padding=(0, 1)),  # 32 x 64 x 512
                relu1=nn.ReLU(),
                pool=nn.MaxPool2d((1, 2), stride=(2, 2)),  # 32 x 32 x 256
                dropout1=nn.Dropout(of_pooled),
            )
        )
        n_features = math.prod(output_shape("lasagne-cnn", self.features, (1, n_chans, n_times)))
        self.classifier = nn.Sequential(OrderedDict(fc1=nn.Linear(n_features, n_hidden), relu2=nn.ReLU(), dropout2=nn.Dropout(of_hidden)))
        self.final_layer = nn.Linear(n_hidden, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights as the question has them."""
        glorot_uniform(self)
        nn.init.normal_(self.features.get_submodule("conv").get_parameter("weight"), std=SPREAD)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) -> (batch, n_outputs) before any softmax."""
        maps = self.features(x.unsqueeze(1))
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output
