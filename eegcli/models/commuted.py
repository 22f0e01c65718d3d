"""Temporal filters after the spatial ones: both are linear and commute, and the batch norm between them needs two moments of the windows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from eegcli.models.plain import is_plain

# Multiply-adds that a batch must save. What is done once a batch (two moments, small matrices) costs 1 to 2 ms, and the direct temporal filters,
# with one map to read, reach 4 to 5 multiply-adds a nanosecond: the second convolution of a batch of 8 windows of 8 x 256 is about as dear.
LEAST_SAVED = 8_000_000
# A map that is filtered by Fourier transforms costs as much as the direct filters of two channels, there and back.
CHANNELS_PER_MAP = 2
BLOCK = 32  # samples that are multiplied with those behind them at once: of 8 to 64, the fewest milliseconds for kernels of 16 to 64


@dataclass(frozen=True)
class Commuted:
    """Temporal convolution, batch norm, and a depthwise convolution over all channels.

    Attributes
    ----------
    n_layers : int
        How many layers these are.
    left, right : int
        Zeros before and after a window.
    temporal, norm, spatial
        The layers.
    """

    n_layers: int
    left: int
    right: int
    temporal: nn.Conv2d
    norm: nn.BatchNorm2d
    spatial: nn.Conv2d

    def pays(self, x: torch.Tensor) -> bool:
        """Decide for windows of (batch, 1, n_chans, n_times): counted multiply-adds, so that equal shapes are always run alike."""
        n_filters, kernel = self.temporal.out_channels, self.temporal.kernel_size[1]
        places = x.shape[3] + self.left + self.right - kernel + 1
        if places < 1 or x.shape[1:3] != (1, self.spatial.kernel_size[0]):
            return False  # the layers themselves say what is wrong with such windows
        spared = self.spatial.kernel_size[0] - CHANNELS_PER_MAP * self.spatial.out_channels // n_filters  # channels, for each filter
        return x.shape[0] * places * n_filters * kernel * spared >= LEAST_SAVED

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Filter windows of (batch, 1, n_chans, n_times): (batch, n_maps, 1, n_times + left + right - kernel + 1), as the layers do.

        Every spatial filter sees its temporal filter alone, so that it may go first: then as many sums are filtered as there are maps, not
        channels x temporal filters.
        """
        n_filters, depth = self.temporal.out_channels, self.spatial.out_channels // self.temporal.out_channels
        filters, sources = self.temporal.weight[:, 0, 0], self.spatial.weight[:, 0, :, 0]  # (n_filters, kernel), (n_maps, n_chans)
        mean, variance = self._statistics(x)
        gain = self.norm.weight * (variance + self.norm.eps).rsqrt()
        offset = self.norm.bias - gain * mean
        maps = sources @ x[:, 0].transpose(0, 1).flatten(1)  # (n_maps, batch * n_times)
        maps = correlated(maps.view(n_filters, depth * len(x), -1), gain[:, None] * filters, self.left, self.right)
        sums = sources.sum(dim=1).view(n_filters, depth)  # what a spatial filter makes of the norm's offset
        maps = maps.view(n_filters, depth, len(x), -1) + (offset[:, None] * sums)[:, :, None, None]
        result: torch.Tensor = maps.permute(2, 0, 1, 3).flatten(1, 2).unsqueeze(2)
        return result

    def _statistics(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance by which the norm divides, (n_filters,) each; in training the running ones learn of them."""
        norm = self.norm
        assert norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None
        if not norm.training:
            return norm.running_mean, norm.running_var
        kernel = self.temporal.kernel_size[1]
        mean, second = moments(x[:, 0], kernel, self.left, self.right)
        filters = self.temporal.weight[:, 0, 0].double()
        means = filters @ mean
        variances = ((filters @ second) * filters).sum(dim=1) - means.square()
        means, variances = means.to(x.dtype), variances.clamp(min=0).to(x.dtype)
        with torch.no_grad():
            norm.num_batches_tracked += 1
            share = 1 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
            n = x.shape[0] * x.shape[2] * (x.shape[3] + self.left + self.right - kernel + 1)
            norm.running_mean.lerp_(means, share)
            norm.running_var.lerp_(variances * (n / (n - 1)), share)
        return means, variances


def commuted(layers: Sequence[nn.Module]) -> Commuted | None:
    """Find the three layers, with padding before them or without, at the beginning of some; None where others stand there."""
    left = right = n_pads = 0
    if layers and isinstance(layers[0], nn.ZeroPad2d):
        left, right, *others = layers[0].padding
        if any(others) or min(left, right) < 0:
            return None
        n_pads = 1
    if len(layers) < n_pads + 3:
        return None
    temporal, norm, spatial = layers[n_pads : n_pads + 3]
    if not (isinstance(temporal, nn.Conv2d) and type(norm) is nn.BatchNorm2d and isinstance(spatial, nn.Conv2d)):
        return None
    padding = temporal.padding
    is_one = (
        is_plain(temporal, padded=True)
        and is_plain(spatial)
        and temporal.bias is None
        and spatial.bias is None
        and temporal.in_channels == temporal.kernel_size[0] == spatial.kernel_size[1] == 1
        and padding[0] == 0
        and spatial.groups == spatial.in_channels == temporal.out_channels
        and norm.affine
        and norm.track_running_stats
    )
    if not is_one:
        return None
    return Commuted(n_pads + 3, left + int(padding[1]), right + int(padding[1]), temporal, norm, spatial)


def correlated(x: torch.Tensor, filters: torch.Tensor, left: int, right: int) -> torch.Tensor:
    """Slide filters along signals, as a convolutional layer does, by Fourier transforms.

    Parameters
    ----------
    x : torch.Tensor, shape (n_filters, n_signals, n_times)
        Signals of each filter.
    filters : torch.Tensor, shape (n_filters, kernel)
    left, right : int
        Zeros before and after a signal.

    Returns
    -------
    torch.Tensor, shape (n_filters, n_signals, n_times + left + right - kernel + 1)
    """
    n_times, kernel = x.shape[-1], filters.shape[-1]
    places = n_times + left + right - kernel + 1
    # A transform goes round: the filters begin `left` samples early, so that the zeros behind a signal are also those before it.
    n = fast_length(max(n_times + left, n_times + right, kernel, places))
    turned = torch.roll(functional.pad(filters, (0, n - kernel)), -left, dims=1)
    spectrum = torch.fft.rfft(x, n=n) * torch.fft.rfft(turned).conj().unsqueeze(1)
    filtered: torch.Tensor = torch.fft.irfft(spectrum, n=n)[..., :places]
    return filtered


def fast_length(n: int) -> int:
    """The smallest length of at least `n` that has no prime factor above 5, for which a Fourier transform is fast."""
    while True:
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
        n += 1


def moments(x: torch.Tensor, kernel: int, left: int, right: int) -> tuple[torch.Tensor, torch.Tensor]:
    """First and second moments of what a kernel sees, over windows, channels and all its places, in double precision.

    Parameters
    ----------
    x : torch.Tensor, shape (batch, n_chans, n_times)
    kernel : int
        Length of the kernel.
    left, right : int
        Zeros before and after a window.

    Returns
    -------
    mean : torch.Tensor of float64, shape (kernel,)
    second : torch.Tensor of float64, shape (kernel, kernel)
        Mean of the product of two samples of the kernel.

    Notes
    -----
    Mean and variance of what a filter h gives are then ``h @ mean`` and ``h @ second @ h - (h @ mean)**2``: double precision, since the
    difference is small where a signal has an offset.
    """
    n_signals, n_times = x.shape[0] * x.shape[1], x.shape[2]
    places = n_times + left + right - kernel + 1
    n_blocks, width = -(-n_times // BLOCK), BLOCK + kernel
    # Products of two samples that lie less than a kernel apart, summed over windows and channels, block by block of the first one.
    padded = functional.pad(x.reshape(n_signals, n_times).double(), (0, n_blocks * BLOCK + kernel - n_times))
    firsts = padded[:, : n_blocks * BLOCK].view(n_signals, n_blocks, BLOCK).permute(1, 2, 0)
    products = torch.bmm(firsts, padded.unfold(1, width, BLOCK).transpose(0, 1))  # (n_blocks, BLOCK, width)
    # Row: the first sample; column: how far behind it the second one lies.
    by_lag = products.as_strided((n_blocks, BLOCK, kernel), (BLOCK * width, width + 1, 1)).reshape(n_blocks * BLOCK, kernel)
    until = functional.pad(by_lag[:n_times].cumsum(dim=0), (0, 0, 1, 0))
    totals = functional.pad(padded[:, :n_times].sum(dim=0).cumsum(dim=0), (1, 0))
    sample = torch.arange(kernel, device=x.device)
    # What a sample of the kernel sees on its way; beyond the window are zeros.
    begin, end = (sample - left).clamp(0, n_times), (sample - left + places).clamp(0, n_times)
    sums, n = until[end] - until[begin], n_signals * places  # (first sample of the kernel, lag)
    earlier, lag = torch.minimum(sample[:, None], sample), (sample[:, None] - sample).abs()
    return (totals[end] - totals[begin]) / n, sums[earlier, lag] / n
