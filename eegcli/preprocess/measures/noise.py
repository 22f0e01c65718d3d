"""Noise from outside the brain in a recording as read: muscle above 25 Hz, and the mains."""

from __future__ import annotations

import numpy as np

# Scalp muscle reaches from 20 to 300 Hz and is stronger than the EEG from about 25 Hz: Whitham et al. 2007, doi:10.1016/j.clinph.2007.04.027;
# Muthukumaraswamy 2013, doi:10.3389/fnhum.2013.00138.
MUSCLE_FROM, MUSCLE_TO = 25.0, 100.0  # Hz
MAX_SHARE = 0.45  # of the sampling frequency: above lies the amplifier's own low-pass
MIN_TO = 35.0  # Hz: a narrower band says nothing
MAINS = (50.0, 60.0)  # Hz
AROUND_MAINS = 2.0  # Hz on both sides of 50, 60 and 100 that are no measure of muscle
LINE_WIDTH, NEIGHBOURS = 1.0, (2.0, 5.0)  # Hz: of the line, and where the level beside it is taken


def spectra(pieces: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density of stretches, with a Hann window.

    Parameters
    ----------
    pieces : ndarray of float32, shape (n_stretches, n_rows, n_samples), µV
    sfreq : float, Hz

    Returns
    -------
    frequencies : ndarray, shape (n_freqs,), Hz
    power : ndarray of float64, shape (n_rows, n_freqs), µV²/Hz
        Median over the stretches: a movement in some of them decides nothing.
    """
    import scipy.fft

    n_samples = pieces.shape[2]
    window = np.hanning(n_samples + 1)[:-1].astype(np.float32)
    frequencies = np.arange(n_samples // 2 + 1) * sfreq / n_samples
    wanted = frequencies <= MUSCLE_TO
    transform = scipy.fft.rfft(pieces * window, axis=2, workers=1)[:, :, wanted]
    power = (transform.real**2 + transform.imag**2) * (2 / (sfreq * float((window.astype(float) ** 2).sum())))
    return frequencies[wanted], np.median(power, axis=0).astype(float)


def _bias(n: int) -> float:
    """Expected median of n exponential draws of mean 1; towards ln 2 for many."""
    pairs = np.arange(2, n, 2)
    return float(1.0 + np.sum(1.0 / (pairs + 1) - 1.0 / pairs))


def muscle(frequencies: np.ndarray, power: np.ndarray, sfreq: float, n_stretches: int) -> float:
    """Measure muscle: root of the mean power density from 25 to 100 Hz, or to 0.45 of the rate, without the mains; median over channels (µV/√Hz).

    Parameters
    ----------
    frequencies, power : ndarray
        From `spectra`.
    sfreq : float, Hz
    n_stretches : int
        Over how many the median was taken: it is brought to the mean of noise, so that recordings of any length can be compared.

    Returns
    -------
    float
        A density, so that recordings of several rates can be compared; NaN below a rate of 78 Hz.

    Notes
    -----
    Allen et al. 2012, doi:10.1103/PhysRevD.85.122006, appendix B, for the bias of the median.
    """
    highest = min(MUSCLE_TO, MAX_SHARE * sfreq)
    if highest < MIN_TO:
        return float("nan")
    band = (frequencies >= MUSCLE_FROM) & (frequencies <= highest)
    for mains in (*MAINS, 2 * MAINS[0]):
        band &= np.abs(frequencies - mains) > AROUND_MAINS
    return float(np.median(np.sqrt(power[:, band].mean(axis=1) / _bias(n_stretches))))


def line_noise(frequencies: np.ndarray, power: np.ndarray, stated: float | None = None) -> float:
    """Measure the mains: effective value within 1 Hz of the line, less the level beside it; median over channels (µV).

    Parameters
    ----------
    frequencies, power : ndarray
        From `spectra`.
    stated : float or None, Hz
        Frequency of the mains; None takes 50 or 60, whichever is stronger.

    Returns
    -------
    float
        NaN where the rate is too low to see it.
    """
    values = [_line(frequencies, power, mains) for mains in ((stated,) if stated else MAINS)]
    seen = [value for value in values if np.isfinite(value)]
    return max(seen, default=float("nan"))


def _line(frequencies: np.ndarray, power: np.ndarray, mains: float) -> float:
    if mains + NEIGHBOURS[0] > frequencies[-1]:
        return float("nan")
    distance = np.abs(frequencies - mains)
    line, beside = distance <= LINE_WIDTH, (distance >= NEIGHBOURS[0]) & (distance <= NEIGHBOURS[1])
    excess = (power[:, line] - power[:, beside].mean(axis=1, keepdims=True)).sum(axis=1) * (frequencies[1] - frequencies[0])
    return float(np.median(np.sqrt(np.maximum(excess, 0.0))))
