"""R-SCNN and S-SCNN: six convolutions and one wide layer, on raw EEG, maps of the scalp, and spectra."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, per_layer
from eegcli.models.layers import CHANNELS_AND_BINS, CHANNELS_AND_SAMPLES, PIXELS, output_shape
from eegcli.models.reordered import Reordered

N_HIDDEN = 6144
KERNEL_CHANS, KERNEL_TIMES = (3, 3, 2, 1, 1, 1), (3, 3, 3, 7, 3, 3)  # of the six convolutions, along channels and along samples
POOL_CHANS, POOL_TIMES = (2, 2, 2, 1), (2, 2, 2, 2)  # of the four poolings; the last one moves by one sample


class _SCNN(nn.Module):
    """The convolutional network of van Putten et al. for one image of (height, width).

    `padding` is that of the last three convolutions; with `linear_tail`, they (but the first) and the wide layer are linear.
    """

    def __init__(
        self,
        image: tuple[int, int],
        axes: tuple[str, str],
        n_outputs: int,
        *,
        padding: int,
        dropout: float,
        linear_tail: bool,
        activation: Activation,
        kernel_chans: tuple[int, ...],
        kernel_times: tuple[int, ...],
        pool_chans: tuple[int, ...],
        pool_times: tuple[int, ...],
    ) -> None:
        super().__init__()
        heights, widths = per_layer("kernel_chans", kernel_chans, 6), per_layer("kernel_times", kernel_times, 6)
        pools = list(zip(per_layer("pool_chans", pool_chans, 4), per_layer("pool_times", pool_times, 4), strict=True))
        kernels = list(zip(heights, widths, strict=True))

        def rectifier(number: int, *, at_the_end: bool = False) -> dict[str, nn.Module]:
            return {} if at_the_end and linear_tail else {f"{activation}{number}": ACTIVATIONS[activation]()}

        self.features = Reordered(
            OrderedDict(  # shapes behind each line: for raw windows of 24 x 256; for three maps of 24 x 24 side by side
                conv1=nn.Conv2d(1, 100, kernels[0]),  # 100 x 22 x 254; 100 x 22 x 70
                **rectifier(1),
                pool1=nn.MaxPool2d(pools[0]),  # 100 x 11 x 127; 100 x 11 x 35
                dropout1=nn.Dropout(dropout),
                conv2=nn.Conv2d(100, 100, kernels[1]),  # 100 x 9 x 125; 100 x 9 x 33
                **rectifier(2),
                pool2=nn.MaxPool2d(pools[1]),  # 100 x 4 x 62; 100 x 4 x 16
                dropout2=nn.Dropout(dropout),
                conv3=nn.Conv2d(100, 300, kernels[2]),  # 300 x 3 x 60; 300 x 3 x 14
                **rectifier(3),
                pool3=nn.MaxPool2d(pools[2]),  # 300 x 1 x 30; 300 x 1 x 7
                dropout3=nn.Dropout(dropout),
                conv4=nn.Conv2d(300, 300, kernels[3], padding=padding),  # 300 x 1 x 24; 300 x 3 x 3
                **rectifier(4),
                pool4=nn.MaxPool2d(pools[3], stride=1),  # 300 x 1 x 23; 300 x 3 x 2
                dropout4=nn.Dropout(dropout),
                conv5=nn.Conv2d(300, 100, kernels[4], padding=padding),  # 100 x 1 x 21; 100 x 5 x 2
                **rectifier(5, at_the_end=True),
                conv6=nn.Conv2d(100, 100, kernels[5], padding=padding),  # 100 x 1 x 19; 100 x 7 x 2
                **rectifier(6, at_the_end=True),
            )
        )
        n_features = math.prod(output_shape("scnn", self.features, (1, *image), axes=axes))
        self.classifier = nn.Sequential(OrderedDict(fc1=nn.Linear(n_features, N_HIDDEN), **rectifier(1, at_the_end=True)))
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
    linear_tail : bool
        Leave out the rectifiers after conv5, conv6 and the wide layer.
    activation : {"relu", "leaky-relu", "elu", "gelu"}
        ReLU in the paper.
    kernel_chans, kernel_times : tuple of int
        Lengths of the six kernels along channels and along samples.
    pool_chans, pool_times : tuple of int
        Lengths of the four poolings along channels and along samples; the last one moves by one.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762), after van Putten, Olbrich & Arns 2018
    (doi:10.1038/s41598-018-21495-7). Rectifiers follow conv5, conv6 and the wide layer, as in the runs on raw EEG.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        dropout: float = 0.25,
        linear_tail: bool = False,
        activation: Activation = "relu",
        kernel_chans: tuple[int, ...] = KERNEL_CHANS,
        kernel_times: tuple[int, ...] = KERNEL_TIMES,
        pool_chans: tuple[int, ...] = POOL_CHANS,
        pool_times: tuple[int, ...] = POOL_TIMES,
    ) -> None:
        super().__init__(
            (n_chans, n_times),
            CHANNELS_AND_SAMPLES,
            n_outputs,
            padding=0,
            dropout=dropout,
            linear_tail=linear_tail,
            activation=activation,
            kernel_chans=kernel_chans,
            kernel_times=kernel_times,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )


class TopomapSCNN(_SCNN):
    """S-SCNN: the same on maps of the scalp, which lie side by side in one image.

    Parameters
    ----------
    n_bands, height, width : int
        Shape of a window: at least 18 x 62 pixels side by side; 3 x 24 x 24, that is one image of 24 x 72, in the paper.
    n_outputs, sfreq, dropout, linear_tail, activation, kernel_chans, kernel_times, pool_chans, pool_times
        As for `SCNN`, along height and along width; `linear_tail` is the default here.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762): 9,641,934 weights for 3 x 24 x 24 and two classes. The last three convolutions pad by
    one. No rectifier follows conv5, conv6 and the wide layer: so were the runs behind the published table (a later version of the authors'
    code has them; weights and shapes are the same).
    """

    def __init__(
        self,
        n_bands: int,
        height: int,
        width: int,
        n_outputs: int,
        sfreq: float,
        *,
        dropout: float = 0.25,
        linear_tail: bool = True,
        activation: Activation = "relu",
        kernel_chans: tuple[int, ...] = KERNEL_CHANS,
        kernel_times: tuple[int, ...] = KERNEL_TIMES,
        pool_chans: tuple[int, ...] = POOL_CHANS,
        pool_times: tuple[int, ...] = POOL_TIMES,
    ) -> None:
        super().__init__(
            (height, n_bands * width),
            PIXELS,
            n_outputs,
            padding=1,
            dropout=dropout,
            linear_tail=linear_tail,
            activation=activation,
            kernel_chans=kernel_chans,
            kernel_times=kernel_times,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_bands, height, width) -> (batch, n_outputs) before any softmax."""
        return super().forward(x.transpose(1, 2).flatten(2))  # (batch, height, n_bands * width), the first band on the left


class SpectrumSCNN(_SCNN):
    """R-SCNN on the spectra of the channels, an image of channels x bins.

    Parameters
    ----------
    n_chans, n_bins : int
        Shape of a window: at least 18 x 110; 24 x 256 in the paper.
    n_outputs, sfreq, dropout, linear_tail, activation, kernel_chans, kernel_times, pool_chans, pool_times
        As for `SCNN`, along channels and along bins.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762) made this third input, 24 x 256 as the raw windows; no table of theirs has it.
    """

    def __init__(
        self,
        n_chans: int,
        n_bins: int,
        n_outputs: int,
        sfreq: float,
        *,
        dropout: float = 0.25,
        linear_tail: bool = False,
        activation: Activation = "relu",
        kernel_chans: tuple[int, ...] = KERNEL_CHANS,
        kernel_times: tuple[int, ...] = KERNEL_TIMES,
        pool_chans: tuple[int, ...] = POOL_CHANS,
        pool_times: tuple[int, ...] = POOL_TIMES,
    ) -> None:
        super().__init__(
            (n_chans, n_bins),
            CHANNELS_AND_BINS,
            n_outputs,
            padding=0,
            dropout=dropout,
            linear_tail=linear_tail,
            activation=activation,
            kernel_chans=kernel_chans,
            kernel_times=kernel_times,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )
