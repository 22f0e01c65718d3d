"""R-SCNN: six convolutions and one wide layer, on raw EEG."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.shapes import output_shape

N_HIDDEN = 6144


class SCNN(nn.Module):
    """The convolutional network of van Putten et al. as Truong et al. trained it on raw windows.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window: no convolution pads, so that at least 18 x 110 are needed.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.
    dropout : float
        Share of the values dropped in training after each of the four poolings.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762), after van Putten, Olbrich & Arns 2018
    (doi:10.1038/s41598-018-21495-7). Rectifiers follow conv5, conv6 and the wide layer, as in the runs on raw EEG.
    """

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, dropout: float = 0.25) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(  # shapes behind each line: for windows of 24 x 256
                conv1=nn.Conv2d(1, 100, (3, 3)),  # 100 x 22 x 254
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(2),  # 100 x 11 x 127
                dropout1=nn.Dropout(dropout),
                conv2=nn.Conv2d(100, 100, (3, 3)),  # 100 x 9 x 125
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(2),  # 100 x 4 x 62
                dropout2=nn.Dropout(dropout),
                conv3=nn.Conv2d(100, 300, (2, 3)),  # 300 x 3 x 60
                relu3=nn.ReLU(),
                pool3=nn.MaxPool2d(2),  # 300 x 1 x 30
                dropout3=nn.Dropout(dropout),
                conv4=nn.Conv2d(300, 300, (1, 7)),  # 300 x 1 x 24
                relu4=nn.ReLU(),
                pool4=nn.MaxPool2d((1, 2), stride=1),  # 300 x 1 x 23
                dropout4=nn.Dropout(dropout),
                conv5=nn.Conv2d(300, 100, (1, 3)),  # 100 x 1 x 21
                relu5=nn.ReLU(),
                conv6=nn.Conv2d(100, 100, (1, 3)),  # 100 x 1 x 19
                relu6=nn.ReLU(),
            )
        )
        maps, height, width = output_shape("scnn", self.features, (1, n_chans, n_times))
        self.classifier = nn.Sequential(OrderedDict(fc1=nn.Linear(maps * height * width, N_HIDDEN), relu1=nn.ReLU()))
        self.final_layer = nn.Linear(N_HIDDEN, n_outputs)

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
        maps = self.features(x.unsqueeze(1))  # (batch, 100, height, width)
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output
