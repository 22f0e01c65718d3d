"""CovWave: covariance of learnable frequency bands and waveform of learnable sources, in one linear readout."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from eegcli.errors import InputError, counted
from eegcli.models.batch import moments
from eegcli.models.recentred import Recentrable
from eegcli.models.single import in_single
from eegcli.models.spd import FLOOR, half_vector, matrix_log, shrunken

EDGES = (1.0, 2.0, 4.0, 6.0, 8.0, 9.0, 10.0, 11.5, 13.0, 15.5, 18.0, 21.5, 25.0)  # Hz: the six bands of the baseline, each in two
MAX_FREQ = 45.0  # Hz: what lies above is muscle and mains
MAX_COMPONENTS = 24  # of more channels so many mixtures are learnt: the cost of a covariance grows with their cube
MOMENTUM = (
    0.05  # of the running mean and variance, after the first 20 batches: with 0.1 of torch's batch norm small batches move the readout
)


class CovWave(nn.Module, Recentrable):
    """CovWave: log-Euclidean covariance in learnable bands, and the waveform of learnable sources whatever its amplitude.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window; any number of channels, at least 8 samples.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz.
    n_sources : int
        Spatial filters of the waveform branch.
    dropout : float
        Share of the features that are left out in training.

    Raises
    ------
    InputError
        If no band lies below Nyquist, or a window has fewer than 8 samples.

    Notes
    -----
    Two descriptions of a window are put side by side, standardised by running statistics, and read by one linear layer:

    - **Bands** (`BandCovariances`): power and coupling of the channels in 12 bands whose place and width are learnt, as the logarithm of covariances
      (Arsigny et al. 2007, doi:10.1137/050637996; with learnable bands Paillard et al. 2025, doi:10.1016/j.patter.2025.101182).
      The window's own power is taken out of all of them, and is one feature of its own: people differ in it for reasons of skull and cap.
    - **Waveform** (`Waveform`): what covariance cannot see, the shape of an oscillation.

    Features are divided by the root of their number within a branch, so that one learning rate suits the readout of 1 and of 24 channels, and the filters as well.
    """

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, n_sources: int = 16, dropout: float = 0.25) -> None:
        super().__init__()
        self.components = nn.Linear(n_chans, MAX_COMPONENTS, bias=False) if n_chans > MAX_COMPONENTS else nn.Identity()
        self.bands = BandCovariances(min(n_chans, MAX_COMPONENTS), n_times, sfreq)
        self.waveform = Waveform(n_chans, sfreq, n_sources)
        sizes = (self.bands.n_features, self.waveform.n_features)
        self.standardise = RunningStandardisation(sum(sizes))
        self.register_buffer("weight", torch.cat([torch.full((size,), size**-0.5) for size in sizes]), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.final_layer = nn.Linear(sum(sizes), n_outputs)

    weight: torch.Tensor
    in_single_throughout = True  # what `models.reordered.kept_in_single` asks

    @property
    def centre(self) -> torch.Tensor:
        """Running mean of the features."""
        return self.standardise.mean

    @torch.no_grad()
    def recentre(self, centre: torch.Tensor) -> None:
        """Take features (n_features,) as their running mean, which batches move on from there."""
        self.standardise.mean.copy_(centre)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax; in single precision throughout."""
        return self.output(self.features(x))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Features of the bands, then of the waveform: (batch, n_chans, n_times) in µV -> (batch, n_features); in single precision."""
        # Logarithms of covariances lose all digits in half precision, and torch has no eigenvalues there.
        return in_single(self._features, x)

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """Outputs of features: (batch, n_features) -> (batch, n_outputs) before any softmax; in single precision."""
        return in_single(self._output, features)

    def _features(self, x: torch.Tensor) -> torch.Tensor:
        x = x - x.mean(dim=-1, keepdim=True)
        mixed = self.components(x.mT).mT  # (batch, n_components, n_times)
        return torch.cat([self.bands(mixed), self.waveform(x)], dim=1)

    def _output(self, features: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.final_layer(self.dropout(self.standardise(features) * self.weight))
        return output


class BandCovariances(nn.Module):
    """Logarithms of covariances in learnable bands, and of the power of the window.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window.
    sfreq : float
        Sampling frequency, Hz.

    Notes
    -----
    A band passes power with the weight 2^-((f - centre) / half width)⁴: all of it in the middle, half of it at its edges. Since the covariance of a filtered window is a
    weighted sum over frequencies (Parseval), filters cost one Fourier transform together, and their phase is zero. Learnt are the distances of centre (Hz) and
    of the logarithm of the width from where they start, so that weight decay pulls bands back to their place.
    Covariances are shrunken (OAS): an average reference or a flat channel leave no eigenvalue at zero.
    """

    taper: torch.Tensor
    freqs: torch.Tensor
    centre: torch.Tensor
    half_width: torch.Tensor

    def __init__(self, n_chans: int, n_times: int, sfreq: float) -> None:
        super().__init__()
        freqs = np.fft.rfftfreq(n_times, 1.0 / sfreq)
        inside = np.flatnonzero((freqs > 0) & (2 * freqs < sfreq) & (freqs <= MAX_FREQ))
        low, high = (np.array(edges) for edges in (EDGES[:-1], EDGES[1:]))
        below = high <= sfreq / 2
        if n_times < 8 or not len(inside) or not below.any():
            raise InputError(
                f"covwave: windows of {counted(n_times, 'sample')} at {sfreq:g} Hz are too small: it needs 8 samples, and {2 * EDGES[1]:g} Hz",
                hint="Cut longer windows, or choose another architecture (`eegcli models` lists them).",
            )
        low, high = low[below], high[below]
        taper = np.hanning(n_times + 2)[1:-1]
        self.n_times, self.first, self.last = n_times, int(inside[0]), int(inside[-1]) + 1
        self.n_features = len(low) * n_chans * (n_chans + 1) // 2 + 1
        # One-sided: the sum over frequencies is the variance of the window.
        self.register_buffer(
            "taper", torch.tensor(taper * np.sqrt(2 / (n_times * np.sum(taper**2))), dtype=torch.float32), persistent=False
        )
        for name, values in (("freqs", freqs[inside]), ("centre", (low + high) / 2), ("half_width", (high - low) / 2)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)
        self.shift = nn.Parameter(torch.zeros(len(low)))
        self.log_stretch = nn.Parameter(torch.zeros(len(low)))

    def response(self) -> torch.Tensor:
        """Share of the power that each band passes at each frequency: (n_bands, n_freqs)."""
        distance = self.freqs - (self.centre + self.shift)[:, None]
        return torch.exp2(-((distance / (self.half_width * self.log_stretch.exp())[:, None]) ** 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Half-vectors of the logarithms, then that of the power: (batch, n_chans, n_times) in µV, without mean -> (batch, n_features)."""
        spectrum = torch.fft.rfft(x * self.taper)[..., self.first : self.last]
        parts = torch.cat([spectrum.real, spectrum.imag], dim=-1)  # (batch, n_chans, 2 n_freqs)
        power = parts.square().sum(dim=-1).mean(dim=-1)  # (batch,) µV²
        parts = (parts * torch.rsqrt(power + FLOOR)[:, None, None])[:, None]
        response = self.response().repeat(1, 2)[:, None]  # (n_bands, 1, 2 n_freqs)
        logs = matrix_log(shrunken((parts * response) @ parts.mT, self.n_times))  # (batch, n_bands, n_chans, n_chans)
        return torch.cat([half_vector(logs).flatten(1), torch.log(power + FLOOR)[:, None]], dim=1)


class Waveform(nn.Module):
    """Shape of learnt sources: how far the two halves of their cycles differ, whatever their amplitude.

    Parameters
    ----------
    n_chans : int
        Channels of a window.
    sfreq : float
        Sampling frequency, Hz.
    n_sources : int
        Spatial filters, with two temporal filters of a quarter of a second each.

    Notes
    -----
    Channels are standardised within the window, filtered in space and in time, and brought to unit power. The mean of an exponential linear unit is then
    higher where peaks are sharp and troughs are round: spectrum and covariance are blind to it (Cole & Voytek 2017, doi:10.1016/j.tics.2016.12.008).
    """

    def __init__(self, n_chans: int, sfreq: float, n_sources: int) -> None:
        super().__init__()
        width = max(int(0.25 * sfreq) | 1, 3)
        self.n_features = 2 * n_sources
        self.spatial = nn.Conv1d(n_chans, n_sources, 1, bias=False)
        self.temporal = nn.Conv1d(n_sources, self.n_features, width, groups=n_sources, padding=width // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of the rectified filters' outputs: (batch, n_chans, n_times) in µV, without mean -> (batch, n_features)."""
        filtered = self.temporal(self.spatial(_unit_power(x, FLOOR)))
        return functional.elu(_unit_power(filtered, FLOOR)).mean(dim=-1)


def _unit_power(x: torch.Tensor, floor: float) -> torch.Tensor:
    return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + floor)


class RunningStandardisation(nn.Module):
    """Standardisation of features by their running mean and variance, in training as in evaluation.

    Parameters
    ----------
    n_features : int
        Number of features.

    Notes
    -----
    Batch norm standardises by the batch in training and by running statistics later. Here these are used in both: a batch of one is
    possible, and the readout sees the same features when it is trained and when it is used. Until 1 / `MOMENTUM` batches have come the statistics are those of all of them.
    """

    mean: torch.Tensor
    variance: torch.Tensor
    n_batches: torch.Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("variance", torch.ones(n_features))
        self.register_buffer("n_batches", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise features: (batch, n_features) -> the same shape."""
        if self.training:
            self._follow(x.detach())
        return (x - self.mean) * torch.rsqrt(self.variance + 1e-5)

    @torch.no_grad()
    def _follow(self, x: torch.Tensor) -> None:
        share = torch.clamp(1 / (self.n_batches + 1), min=MOMENTUM)
        mean, within = moments(x)
        distance = mean - self.mean
        # Of the first batch nothing of the start remains: share is 1. The mean's own movement belongs to the variance.
        self.variance.copy_((1 - share) * (self.variance + share * distance.square()) + share * within)
        self.mean.add_(share * distance)
        self.n_batches.add_(1)
