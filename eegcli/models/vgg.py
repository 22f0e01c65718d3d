"""R-VGG: the first ten layers of VGG-16, with a quarter of its channels, on raw EEG."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.shapes import output_shape

BLOCKS = ((16, 16), (32, 32), (64, 64, 64))  # maps of each convolution; a pooling ends each block


class VGG(nn.Module):
    """VGG-16 cut after its third block, every width divided by four.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: at least 8 x 8, for three poolings halve it.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    n_hidden : int
        Width of the two hidden fully connected layers.
    dropout : float
        Share of them that is dropped in training.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762), after Simonyan & Zisserman 2015. The window is one image
    of channels x samples in microvolts: there is no normalisation, neither of the input nor between the layers.
    """

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, n_hidden: int = 1024, dropout: float = 0.5) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        maps, conv = 1, 0
        for block, widths in enumerate(BLOCKS, start=1):
            for width in widths:
                conv += 1
                layers[f"conv{conv}"] = nn.Conv2d(maps, width, kernel_size=3, padding=1)
                layers[f"relu{conv}"] = nn.ReLU()
                maps = width
            layers[f"pool{block}"] = nn.MaxPool2d(2)
        self.features = nn.Sequential(layers)
        maps, height, width = output_shape("vgg", self.features, (1, n_chans, n_times))
        self.classifier = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(maps * height * width, n_hidden),
                relu1=nn.ReLU(),
                dropout1=nn.Dropout(dropout),
                fc2=nn.Linear(n_hidden, n_hidden),
                relu2=nn.ReLU(),
                dropout2=nn.Dropout(dropout),
            )
        )
        self.final_layer = nn.Linear(n_hidden, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows.

        Parameters
        ----------
        x : torch.Tensor, shape (batch, n_chans, n_times)
            Windows, µV.

        Returns
        -------
        torch.Tensor, shape (batch, n_outputs)
            Outputs before any softmax.
        """
        maps = self.features(x.unsqueeze(1))  # (batch, 64, n_chans // 8, n_times // 8)
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output
