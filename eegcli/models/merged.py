"""Temporal and spatial convolution as one: with nothing between them but sums, they are one convolution over channels and samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from eegcli.models.plain import is_plain


@dataclass(frozen=True)
class Merged:
    """Temporal convolution, and one over all channels and all its maps.

    Attributes
    ----------
    n_layers : int
        How many layers these are.
    temporal, spatial
        The layers.
    """

    temporal: nn.Conv2d
    spatial: nn.Conv2d
    n_layers: int = 2

    def pays(self, x: torch.Tensor) -> bool:
        """Decide for windows of (batch, 1, n_chans, n_times): where fewer multiply-adds are left, those that merge the weights included."""
        n_filters, kernel = self.temporal.out_channels, self.temporal.kernel_size[1]
        n_maps, _, n_chans, _ = self.spatial.weight.shape
        if x.shape[1:3] != (1, n_chans):
            return False  # the layers themselves say what is wrong with such windows
        places = x.shape[0] * (x.shape[3] + 2 * int(self.temporal.padding[1]) - kernel + 1)
        together = n_maps * n_chans * kernel * (places + n_filters)
        return together < n_filters * n_chans * (kernel + n_maps) * places

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Filter windows of (batch, 1, n_chans, n_times): (batch, n_maps, 1, n_times + 2 * padding - kernel + 1), as the layers do."""
        spatial = self.spatial.weight[..., 0]  # (n_maps, n_filters, n_chans)
        kernel = torch.einsum("mfc,ft->mct", spatial, self.temporal.weight[:, 0, 0])
        biases = [] if self.spatial.bias is None else [self.spatial.bias]
        if self.temporal.bias is not None:
            biases.append(spatial.sum(dim=2) @ self.temporal.bias)
        # Channels are maps now, and side by side in memory, where a convolution multiplies and adds over them.
        windows = x.transpose(1, 2).contiguous(memory_format=torch.channels_last)
        kernel = kernel.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        return functional.conv2d(windows, kernel, sum(biases) if biases else None, padding=self.temporal.padding)  # type: ignore[arg-type]


def merged(layers: Sequence[nn.Module]) -> Merged | None:
    """Find the two layers at the beginning of some; None where others stand there."""
    if len(layers) < 2:
        return None
    temporal, spatial = layers[:2]
    if not (isinstance(temporal, nn.Conv2d) and isinstance(spatial, nn.Conv2d)):
        return None
    is_one = (
        is_plain(temporal, padded=True)
        and is_plain(spatial)
        and temporal.in_channels == temporal.kernel_size[0] == spatial.kernel_size[1] == spatial.groups == 1
        and temporal.padding[0] == 0
    )
    return Merged(temporal, spatial) if is_one else None
