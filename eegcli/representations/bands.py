"""Band power of each channel, as EEGLAB's spectopo estimates spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import Band
from eegcli.errors import InputError
from eegcli.representations import Representation, Signals

SEGMENT = 1.0  # s, of Welch's method; bins are 1 Hz apart
OVERLAP = 50 / 128  # of a segment: 50 samples where a segment has 128
FLOOR = 1e-10  # µV²/Hz (-100 dB): far below what an amplifier resolves; keeps the logarithm of a channel that is zero finite


@dataclass(frozen=True)
class Welch:
    """Welch estimate of a window's spectrum: its parameters.

    Attributes
    ----------
    sfreq : float
        Hz.
    n_segment : int
        Samples of a segment.
    step : int
        Samples from one segment's start to the next.
    n_fft : int
        Length of the transform: a segment, padded with zeros where it is shorter than a second.
    """

    sfreq: float
    n_segment: int
    step: int
    n_fft: int

    @classmethod
    def of(cls, sfreq: float, n_times: int) -> Welch:
        """The estimate for windows of `n_times` samples."""
        second = max(round(SEGMENT * sfreq), 1)
        n_segment = min(second, n_times)
        return cls(sfreq, n_segment, max(n_segment - int(OVERLAP * n_segment), 1), second)

    @property
    def freqs(self) -> NDArray[np.float64]:
        """Frequencies of the bins, Hz."""
        return np.asarray(np.fft.rfftfreq(self.n_fft, 1.0 / self.sfreq), dtype=np.float64)

    def bins(self, band: Band) -> slice:
        """Bins of a band, both edges included; never that of 0 Hz."""
        tolerance = 1e-9 * self.sfreq
        inside = np.flatnonzero((self.freqs >= band.low - tolerance) & (self.freqs <= band.high + tolerance))
        inside = inside[inside > 0]
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)


def band_power(x: NDArray[np.floating], sfreq: float, bands: tuple[Band, ...]) -> NDArray[np.float64]:
    """Mean power of each band in decibels.

    Parameters
    ----------
    x : ndarray, shape (n, n_channels, n_times), µV
        Windows.
    sfreq : float
        Hz.
    bands : tuple of Band

    Returns
    -------
    ndarray of float64, shape (n, n_channels, n_bands)
        Mean over the bins of a band of 10 log10 of the power spectral density in µV²/Hz.

    Notes
    -----
    Truong, Makeig & Delorme 2021 (arXiv:2105.04762) with EEGLAB's spectopo at 128 Hz: Welch's method with symmetric Hamming segments of
    128 samples that overlap by 50 samples, no mean removed, bins of 1 Hz. At other rates a segment is one second, or the window where that is
    shorter (then padded to bins of 1 Hz), and the overlap is the same share of it (50/128, rounded down).
    """
    welch = Welch.of(sfreq, x.shape[-1])
    taper = np.hamming(welch.n_segment)
    segments = np.lib.stride_tricks.sliding_window_view(x, welch.n_segment, axis=-1)[..., :: welch.step, :]
    chosen = [welch.bins(band) for band in bands]
    first, last = min(part.start for part in chosen), max(part.stop for part in chosen)
    transformed = np.fft.rfft(segments * taper, n=welch.n_fft, axis=-1)[..., first:last]  # (n, n_channels, n_segments, n_bins)
    density = (transformed.real**2 + transformed.imag**2).mean(axis=-2) * (2 / (sfreq * np.sum(taper**2)))
    if welch.n_fft % 2 == 0 and last == welch.n_fft // 2 + 1:
        density[..., -1] /= 2  # the bin at Nyquist has no twin of negative frequency
    decibel = 10 * np.log10(np.maximum(density, FLOOR))
    return np.stack([decibel[..., part.start - first : part.stop - first].mean(axis=-1) for part in chosen], axis=-1)


def require_bands(signals: Signals, bands: tuple[Band, ...]) -> None:
    """Refuse windows that cannot tell a band.

    Raises
    ------
    InputError
        If a band reaches beyond Nyquist, a window is shorter than one cycle of its lower edge, or no bin of 1 Hz lies in it.
    """
    welch = Welch.of(signals.sfreq, signals.n_times)
    for band in bands:
        if band.high > signals.sfreq / 2:
            raise InputError(
                f"band {band} Hz reaches beyond {signals.sfreq / 2:g} Hz, half the sampling frequency of the recordings",
                hint="Name other --bands, or preprocess with a higher --sfreq.",
            )
        if signals.seconds * band.low < 1:
            raise InputError(
                f"windows of {signals.seconds:g} s are too short for the band {band} Hz: one cycle of {band.low:g} Hz takes {1 / band.low:g} s",
                hint="Cut longer windows (--length), or name other --bands.",
            )
        if welch.bins(band) == slice(0, 0):
            raise InputError(
                f"no frequency of the spectrum ({welch.freqs[1]:g} Hz apart) lies in the band {band} Hz", hint="Name a wider band."
            )


def prepare(signals: Signals, *, bands: tuple[Band, ...], montage: str) -> Representation:
    """Windows (n_channels, n_bands) in dB.

    Raises
    ------
    InputError
        As `require_bands`.
    """
    require_bands(signals, bands)
    return Representation("bands", signals, (len(signals.ch_names), len(bands)), lambda x: band_power(x, signals.sfreq, bands), bands)
