"""Recurrent networks: an LSTM over the samples, and one over the steps of a temporal convolution."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation
from eegcli.models.layers import output_shape


class LSTM(nn.Module):
    """LSTM over the samples of a window; the last layer takes the mean of its states over time.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_hidden, n_layers : int
        Width of the state, and layers upon each other.
    bidirectional : bool
        Run through the window in both directions.
    dropout : float
        Share dropped in training before the last layer.

    Notes
    -----
    Own. Microvolts are taken as they are, with no standardisation; weights are drawn as torch draws them.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_hidden: int = 64,
        n_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_chans, n_hidden, n_layers, batch_first=True, bidirectional=bidirectional)
        self.dropout = nn.Dropout(dropout)
        self.final_layer = nn.Linear(n_hidden * (1 + bidirectional), n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        states, _ = self.lstm(x.transpose(1, 2))  # (batch, n_times, n_hidden)
        output: torch.Tensor = self.final_layer(self.dropout(states.mean(dim=1)))
        return output


class CNNLSTM(nn.Module):
    """Temporal convolution over all channels, pooled, and an LSTM over its steps; the last layer takes the mean of its states.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 28 samples.
    n_outputs, sfreq, n_hidden, n_layers, bidirectional, dropout
        As for `LSTM`.
    n_filters : int
        Maps of the convolution.
    kernel, pool : int
        Lengths of its kernel and of the pooling after it (samples).
    activation : {"relu", "leaky-relu", "elu", "gelu"}

    Notes
    -----
    Own. Microvolts are taken as they are, with no standardisation; a batch norm follows the convolution. Weights are drawn as torch draws them.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        kernel: int = 25,
        pool: int = 4,
        n_hidden: int = 64,
        n_layers: int = 1,
        bidirectional: bool = False,
        activation: Activation = "elu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv=nn.Conv1d(n_chans, n_filters, kernel, bias=False),
                norm=nn.BatchNorm1d(n_filters),
                activation=ACTIVATIONS[activation](),
                pool=nn.AvgPool1d(pool),
            )
        )
        output_shape("cnn-lstm", self.features, (n_chans, n_times), axes=("samples",))  # raises where no step would be left
        self.lstm = nn.LSTM(n_filters, n_hidden, n_layers, batch_first=True, bidirectional=bidirectional)
        self.dropout = nn.Dropout(dropout)
        self.final_layer = nn.Linear(n_hidden * (1 + bidirectional), n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        states, _ = self.lstm(self.features(x).transpose(1, 2))  # (batch, n_steps, n_hidden)
        output: torch.Tensor = self.final_layer(self.dropout(states.mean(dim=1)))
        return output
