"""A 1-D convolutional network on a minute of ECG that was asked about because it memorises."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import glorot_uniform, per_layer
from eegcli.models.layers import output_shape


class Conv1dECG(nn.Module):
    """Two convolutions with kernels of 700 samples, kept as asked about.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 1402 samples; one ECG channel x 18000 samples (60 s at 300 Hz) in the question.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_filters, kernels : tuple of int
        Maps of the two convolutions, and lengths of their kernels (samples).
    pool : int
        Length of the pooling (samples).
    dropout : float
        Share of the values dropped in training after the second convolution, before its batch norm.

    Notes
    -----
    A question about six emotions from ECG: 4,815,256 weights for 1 x 18000 and six classes, of 312 records: the training accuracy reached 1, that
    of validation stayed at chance. The network is one of Keras: weights are Glorot-uniform, biases 0, the batch norm has an epsilon of 0.001 and a
    momentum of .99 (torch's .01). Keras flattens samples x maps where torch flattens maps x samples, which is another order of the same weights.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, ...] = (100, 50),
        kernels: tuple[int, ...] = (700, 700),
        pool: int = 4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        (first, second), (kernel1, kernel2) = per_layer("n_filters", n_filters, 2), per_layer("kernels", kernels, 2)
        self.features = nn.Sequential(
            OrderedDict(  # shapes behind each line: for 1 x 18000
                conv1=nn.Conv1d(n_chans, first, kernel1),  # 100 x 17301
                relu1=nn.ReLU(),
                conv2=nn.Conv1d(first, second, kernel2),  # 50 x 16602
                dropout=nn.Dropout(dropout),
                norm=nn.BatchNorm1d(second, momentum=0.01, eps=1e-3),
                relu2=nn.ReLU(),
                pool=nn.MaxPool1d(pool),  # 50 x 4150
            )
        )
        n_features = math.prod(output_shape("conv1d-ecg", self.features, (n_chans, n_times), axes=("samples",)))
        self.final_layer = nn.Linear(n_features, n_outputs)
        self.initialise()

    def initialise(self) -> None:
        """Draw the weights as Keras does."""
        glorot_uniform(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer(self.features(x).flatten(1))
        return output
