"""R-SCNN and S-SCNN: six convolutions and one wide layer, on raw EEG and on maps of the scalp."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.layers import CHANNELS_AND_SAMPLES, PIXELS, output_shape

N_HIDDEN = 6144


class _SCNN(nn.Module):
    """The convolutional network of van Putten et al. for one image of (height, width).

    `padding` is that of the last three convolutions; without `rectified`, they (but the first) and the wide layer are linear.
    """

    def __init__(
        self, image: tuple[int, int], axes: tuple[str, str], n_outputs: int, *, padding: int, rectified: bool, dropout: float
    ) -> None:
        super().__init__()

        def rectifier(name: str) -> dict[str, nn.Module]:
            return {name: nn.ReLU()} if rectified else {}

        self.features = nn.Sequential(
            OrderedDict(  # shapes behind each line: for raw windows of 24 x 256; for three maps of 24 x 24 side by side
                conv1=nn.Conv2d(1, 100, (3, 3)),  # 100 x 22 x 254; 100 x 22 x 70
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(2),  # 100 x 11 x 127; 100 x 11 x 35
                dropout1=nn.Dropout(dropout),
                conv2=nn.Conv2d(100, 100, (3, 3)),  # 100 x 9 x 125; 100 x 9 x 33
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(2),  # 100 x 4 x 62; 100 x 4 x 16
                dropout2=nn.Dropout(dropout),
                conv3=nn.Conv2d(100, 300, (2, 3)),  # 300 x 3 x 60; 300 x 3 x 14
                relu3=nn.ReLU(),
                pool3=nn.MaxPool2d(2),  # 300 x 1 x 30; 300 x 1 x 7
                dropout3=nn.Dropout(dropout),
                conv4=nn.Conv2d(300, 300, (1, 7), padding=padding),  # 300 x 1 x 24; 300 x 3 x 3
                relu4=nn.ReLU(),
                pool4=nn.MaxPool2d((1, 2), stride=1),  # 300 x 1 x 23; 300 x 3 x 2
                dropout4=nn.Dropout(dropout),
                conv5=nn.Conv2d(300, 100, (1, 3), padding=padding),  # 100 x 1 x 21; 100 x 5 x 2
                **rectifier("relu5"),
                conv6=nn.Conv2d(100, 100, (1, 3), padding=padding),  # 100 x 1 x 19; 100 x 7 x 2
                **rectifier("relu6"),
            )
        )
        n_features = math.prod(output_shape("scnn", self.features, (1, *image), axes=axes))
        self.classifier = nn.Sequential(OrderedDict(fc1=nn.Linear(n_features, N_HIDDEN), **rectifier("relu1")))
        self.final_layer = nn.Linear(N_HIDDEN, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify images: (batch, height, width) -> (batch, n_outputs) before any softmax."""
        maps = self.features(x.unsqueeze(1))
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output


class SCNN(_SCNN):
    """R-SCNN: the convolutional network of van Putten et al. as Truong et al. trained it on raw windows.

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
        super().__init__((n_chans, n_times), CHANNELS_AND_SAMPLES, n_outputs, padding=0, rectified=True, dropout=dropout)


class TopomapSCNN(_SCNN):
    """S-SCNN: the same on maps of the scalp, which lie side by side in one image.

    Parameters
    ----------
    n_bands, height, width : int
        Shape of a window: at least 18 x 62 pixels side by side; 3 x 24 x 24, that is one image of 24 x 72, in the paper.
    n_outputs, sfreq, dropout
        As for `SCNN`.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762): 9,641,934 weights for 3 x 24 x 24 and two classes. The last three convolutions pad by
    one. No rectifier follows conv5, conv6 and the wide layer: so were the runs behind the published table (a later version of the authors'
    code has them; weights and shapes are the same).
    """

    def __init__(self, n_bands: int, height: int, width: int, n_outputs: int, sfreq: float, *, dropout: float = 0.25) -> None:
        super().__init__((height, n_bands * width), PIXELS, n_outputs, padding=1, rectified=False, dropout=dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_bands, height, width) -> (batch, n_outputs) before any softmax."""
        return super().forward(x.transpose(1, 2).flatten(2))  # (batch, height, n_bands * width), the first band on the left
