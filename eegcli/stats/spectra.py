"""Spectra of signals and of attributions, and what share of them falls into each band."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import EXPLAIN_HALF_OPEN

Floats = NDArray[np.float64]


def frequencies(n_times: int, sfreq: float) -> Floats:
    """Frequencies (Hz) of the spectrum of a window of `n_times` samples, shape (n_freqs,)."""
    return np.asarray(np.fft.rfftfreq(n_times, 1 / sfreq), dtype=np.float64)


def amplitude_spectrum(x: NDArray[np.floating]) -> Floats:
    """Amplitude spectrum of each window.

    Parameters
    ----------
    x : ndarray, shape (..., n_times)
        Signals or attributions, in any unit.

    Returns
    -------
    ndarray, shape (..., n_freqs)
        In the unit of `x`: a sine of amplitude A at one of the frequencies shows A there.

    Notes
    -----
    Mean removed and a periodic Hann taper, for signals and attributions alike: drift of a signal would otherwise leak over
    all bands, and the two could not be compared.
    """
    taper = np.hanning(x.shape[-1] + 1)[:-1]
    centred = x - x.mean(axis=-1, keepdims=True, dtype=np.float64)
    amplitude: Floats = np.abs(np.fft.rfft(centred * taper)) * 2 / taper.sum()
    return amplitude


def shared_spectrum(x: NDArray[np.floating], slope: NDArray[np.floating]) -> Floats:
    """Contributions of frequencies to the sum of the products of two signals.

    Parameters
    ----------
    x, slope : ndarray, shape (..., n_times)
        A signal, and the slope of an output with respect to each of its samples.

    Returns
    -------
    ndarray, shape (..., n_freqs)
        In the unit of `x` times that of `slope`. Of two sines of one of the frequencies in phase: the sum of their products over time.

    Notes
    -----
    By Parseval's theorem the sum over time is one over frequencies, in which each has its own part (Vielhaben, Lapuschkin, Montavon & Samek 2024,
    doi:10.1016/j.patcog.2024.110309). Mean and taper as of `amplitude_spectrum`.
    """
    n_times = x.shape[-1]
    taper = np.hanning(n_times + 1)[:-1]
    ours, theirs = (np.fft.rfft((each - each.mean(axis=-1, keepdims=True, dtype=np.float64)) * taper) for each in (x, slope))
    parts: Floats = (ours * theirs.conj()).real * (2 / taper.sum()) ** 2 * n_times / 2
    return parts


def in_range(freqs: Floats) -> NDArray[np.bool_]:
    """Mark the frequencies of the analysed range, shape (n_freqs,)."""
    return (freqs >= min(low for low, _ in EXPLAIN_HALF_OPEN.values())) & (freqs < max(high for _, high in EXPLAIN_HALF_OPEN.values()))


def band_shares(spectrum: Floats, freqs: Floats) -> dict[str, float]:
    """Share of each band in a spectrum within the analysed range.

    Parameters
    ----------
    spectrum : ndarray, shape (..., n_freqs)
        Amplitudes; channels (and classes) are added up.
    freqs : ndarray, shape (n_freqs,)
        Hz.

    Returns
    -------
    dict of str to float
        By name of the band; they sum to 1, or are NaN where the spectrum is zero.
    """
    total = spectrum[..., in_range(freqs)].sum()
    if not total > 0:
        return dict.fromkeys(EXPLAIN_HALF_OPEN, np.nan)
    return {name: float(spectrum[..., (freqs >= low) & (freqs < high)].sum() / total) for name, (low, high) in EXPLAIN_HALF_OPEN.items()}


def chance_shares(freqs: Floats) -> dict[str, float]:
    """Share of each band in a flat spectrum: what no preference looks like."""
    return band_shares(np.ones(len(freqs)), freqs)
