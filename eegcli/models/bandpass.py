"""Band-pass covariance: the Fourier transform of a tapered window, masked to bands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from eegcli.errors import InputError, counted
from eegcli.models.spd import shrunken


class BandCovariance(nn.Module):
    """Covariance of the channels in each band, shrunken (OAS).

    Parameters
    ----------
    n_times : int
        Samples of a window.
    sfreq : float
        Sampling frequency, Hz.
    bands : mapping of str to (float, float)
        Edges, Hz; the lower one belongs to the band, the upper one does not.
    arch : str
        Architecture, for the message.

    Raises
    ------
    InputError
        If windows are so short, or sampled so slowly, that no band holds a frequency.

    Notes
    -----
    The filter is a mask on the Fourier transform of the window (mean removed, Hann taper): its phase is zero, and the taper keeps the
    drift and the edges of the window out of the other bands. By Parseval's theorem the covariance of the filtered window is a sum over the frequencies
    of a band, so that no filtered window is ever made. Covariances are divided by the number of samples and by the taper's mean square: the diagonal
    is the variance in the band, µV². Bands without a frequency below Nyquist are left out.
    """

    taper: torch.Tensor
    weight: torch.Tensor

    def __init__(self, n_times: int, sfreq: float, bands: Mapping[str, tuple[float, float]], arch: str) -> None:
        super().__init__()
        freqs = np.fft.rfftfreq(n_times, 1.0 / sfreq)
        members = {name: (freqs >= low) & (freqs < high) for name, (low, high) in bands.items()}
        self.band_names = tuple(name for name, member in members.items() if member.any())
        self.left_out = tuple(name for name in bands if name not in self.band_names)
        self.n_times = n_times
        if not self.band_names:
            raise InputError(
                f"{arch}: no band holds a frequency of windows of {counted(n_times, 'sample')} at {sfreq:g} Hz", hint="Cut longer windows."
            )
        taper = np.hanning(n_times + 2)[1:-1]
        # One-sided: the sum over all frequencies is the variance of the tapered window.
        power = np.where((freqs == 0) | np.isclose(2 * freqs, sfreq), 1.0, 2.0) / (n_times * np.sum(taper**2))
        self.low = int(min(np.flatnonzero(members[name])[0] for name in self.band_names))
        self.high = int(max(np.flatnonzero(members[name])[-1] for name in self.band_names)) + 1
        weight = np.stack([members[name] * power for name in self.band_names])[:, self.low : self.high]  # (n_bands, n_freqs)
        self.register_buffer("taper", torch.tensor(taper, dtype=torch.float32), persistent=False)
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.float32), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shrunken covariances: (batch, n_chans, n_times) in µV -> (batch, n_bands, n_chans, n_chans) in µV²."""
        spectrum = torch.fft.rfft((x - x.mean(dim=-1, keepdim=True)) * self.taper)[..., self.low : self.high]  # (batch, n_chans, n_freqs)
        parts = torch.cat([spectrum.real, spectrum.imag], dim=-1)[:, None]  # (batch, 1, n_chans, 2 n_freqs)
        weight = torch.cat([self.weight, self.weight], dim=-1)[:, None]  # (n_bands, 1, 2 n_freqs)
        return shrunken((parts * weight) @ parts.mT, self.n_times)
