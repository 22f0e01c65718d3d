"""R-VGG and S-VGG: the first ten layers of VGG-16, with a quarter of its channels, on raw EEG, maps of the scalp, and spectra."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import nn

from eegcli.models.blocks import ACTIVATIONS, Activation, per_layer
from eegcli.models.layers import CHANNELS_AND_BINS, CHANNELS_AND_SAMPLES, PIXELS, output_shape
from eegcli.models.reordered import Reordered

POOLS = (2, 2, 2)
BLOCKS = ((16, 16), (32, 32), (64, 64, 64))  # maps of each convolution; a pooling ends each block


class _VGG(nn.Module):
    """VGG-16 cut after its third block, every width divided by four, for images of (maps, height, width)."""

    def __init__(
        self,
        image: tuple[int, int, int],
        axes: tuple[str, str],
        n_outputs: int,
        *,
        n_hidden: int,
        dropout: float,
        activation: Activation,
        pool_chans: tuple[int, ...],
        pool_times: tuple[int, ...],
    ) -> None:
        super().__init__()
        heights, widths = per_layer("pool_chans", pool_chans, len(BLOCKS)), per_layer("pool_times", pool_times, len(BLOCKS))
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        maps, conv = image[0], 0
        for block, n_maps in enumerate(BLOCKS, start=1):
            for n in n_maps:
                conv += 1
                layers[f"conv{conv}"] = nn.Conv2d(maps, n, kernel_size=3, padding=1)
                layers[f"{activation}{conv}"] = ACTIVATIONS[activation]()
                maps = n
            layers[f"pool{block}"] = nn.MaxPool2d((heights[block - 1], widths[block - 1]))
        self.features = Reordered(layers)
        n_features = math.prod(output_shape("vgg", self.features, image, axes=axes))
        self.classifier = Reordered(
            OrderedDict(
                [
                    ("fc1", nn.Linear(n_features, n_hidden)),
                    (f"{activation}1", ACTIVATIONS[activation]()),
                    ("dropout1", nn.Dropout(dropout)),
                    ("fc2", nn.Linear(n_hidden, n_hidden)),
                    (f"{activation}2", ACTIVATIONS[activation]()),
                    ("dropout2", nn.Dropout(dropout)),
                ]
            )
        )
        self.final_layer = nn.Linear(n_hidden, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify images: (batch, maps, height, width) -> (batch, n_outputs) before any softmax."""
        maps = self.features(x)  # (batch, 64, height // 8, width // 8)
        output: torch.Tensor = self.final_layer(self.classifier(maps.flatten(1)))
        return output


class VGG(_VGG):
    """R-VGG: VGG-16 cut after its third block, every width divided by four, on raw windows.

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
    activation : {"relu", "leaky-relu", "elu", "gelu"}
        ReLU in the paper.
    pool_chans, pool_times : tuple of int
        Lengths of the three poolings along channels and along samples.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762), after Simonyan & Zisserman 2015. The window is one image
    of channels x samples in microvolts: there is no normalisation, neither of the input nor between the layers.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_hidden: int = 1024,
        dropout: float = 0.5,
        activation: Activation = "relu",
        pool_chans: tuple[int, ...] = POOLS,
        pool_times: tuple[int, ...] = POOLS,
    ) -> None:
        super().__init__(
            (1, n_chans, n_times),
            CHANNELS_AND_SAMPLES,
            n_outputs,
            n_hidden=n_hidden,
            dropout=dropout,
            activation=activation,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        return super().forward(x.unsqueeze(1))


class TopomapVGG(_VGG):
    """S-VGG: the same on maps of the scalp, whose bands are what colours are to VGG-16.

    Parameters
    ----------
    n_bands, height, width : int
        Shape of a window: at least 8 x 8 pixels; 3 x 24 x 24 in the paper.
    n_outputs, sfreq, n_hidden, dropout, activation, pool_chans, pool_times
        As for `VGG`; the poolings along height and along width.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762): 1,751,506 weights for 3 x 24 x 24 and two classes. Values go from 0 to 255,
    with no normalisation.
    """

    def __init__(
        self,
        n_bands: int,
        height: int,
        width: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_hidden: int = 1024,
        dropout: float = 0.5,
        activation: Activation = "relu",
        pool_chans: tuple[int, ...] = POOLS,
        pool_times: tuple[int, ...] = POOLS,
    ) -> None:
        super().__init__(
            (n_bands, height, width),
            PIXELS,
            n_outputs,
            n_hidden=n_hidden,
            dropout=dropout,
            activation=activation,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )


class SpectrumVGG(_VGG):
    """R-VGG on the spectra of the channels, an image of channels x bins.

    Parameters
    ----------
    n_chans, n_bins : int
        Shape of a window: at least 8 x 8; 24 x 256 in the paper.
    n_outputs, sfreq, n_hidden, dropout, activation, pool_chans, pool_times
        As for `VGG`; the poolings along channels and along bins.

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
        n_hidden: int = 1024,
        dropout: float = 0.5,
        activation: Activation = "relu",
        pool_chans: tuple[int, ...] = POOLS,
        pool_times: tuple[int, ...] = POOLS,
    ) -> None:
        super().__init__(
            (1, n_chans, n_bins),
            CHANNELS_AND_BINS,
            n_outputs,
            n_hidden=n_hidden,
            dropout=dropout,
            activation=activation,
            pool_chans=pool_chans,
            pool_times=pool_times,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_bins) -> (batch, n_outputs) before any softmax."""
        return super().forward(x.unsqueeze(1))
