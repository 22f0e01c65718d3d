"""The spectral filter: it weighs frequencies by how unusual strong activity is there, so that muscle and drifts stand out."""

from __future__ import annotations

from functools import cache

import numpy as np

ORDER = 8
# Inverse of the usual EEG spectrum, little at 3-13 Hz (where the brain is strong), much below 2 and above 40 Hz.
KNOTS = (0.0, 2.0, 3.0, 13.0, 16.0, 40.0)  # Hz; the next is 80 Hz or just below half the sampling frequency, the last is that half
GAINS = (3.0, 0.75, 0.33, 0.33, 1.0, 1.0, 3.0, 3.0)
GRID = 512  # points from 0 to half the sampling frequency on which the design is made
LAGS_PER_ORDER = 4
MIN_SFREQ = 2.0 * (KNOTS[-1] + 1.0)  # below, the last knots would change places


@cache
def spectral_filter(sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Design the filter for a sampling frequency.

    Parameters
    ----------
    sfreq : float, Hz
        Above 82.

    Returns
    -------
    b, a : ndarray of float64, shape (9,)
        Numerator and denominator.

    Raises
    ------
    ValueError
        If the sampling frequency is too low for the knots.

    Notes
    -----
    Mullen et al. 2015, IEEE Trans. Biomed. Eng. 62:2553, doi:10.1109/TBME.2015.2481482, for its use in ASR.
    """
    if not sfreq > MIN_SFREQ:
        raise ValueError(f"a sampling frequency above {MIN_SFREQ:g} Hz is needed, not {sfreq:g} Hz")
    top = min(80.0, sfreq / 2.0 - 1.0)
    b, a = yule_walker(ORDER, np.array([*KNOTS, top, sfreq / 2.0]) / (sfreq / 2.0), np.array(GAINS))
    b.flags.writeable = a.flags.writeable = False
    return b, a


def yule_walker(order: int, frequencies: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Design a recursive filter whose magnitude follows given points, by the modified Yule-Walker equations.

    Parameters
    ----------
    order : int
    frequencies : ndarray, shape (n_points,)
        Ascending from 0 to 1, half the sampling frequency.
    gains : ndarray, shape (n_points,)
        Magnitudes there; linear in between.

    Returns
    -------
    b, a : ndarray of float64, shape (order + 1,)
        Stable, and of minimum phase.

    Notes
    -----
    Friedlander & Porat 1984, IEEE Trans. Aerosp. Electron. Syst. 20:158, doi:10.1109/TAES.1984.310437. The denominator comes
    from the autocorrelation at lags beyond the order, the numerator from the part of the spectrum that it leaves over.
    """
    from scipy.linalg import lstsq, toeplitz

    n_lags = LAGS_PER_ORDER * order
    half = _sampled(frequencies, gains)
    power = np.concatenate([half, half[-2:0:-1]]) ** 2
    lags = np.arange(n_lags)
    taper = 0.54 + 0.46 * np.cos(np.pi * lags / (n_lags - 1))
    autocorrelation = np.fft.ifft(power).real[:n_lags] * taper

    equations = toeplitz(autocorrelation[order : n_lags - 1], autocorrelation[order:0:-1])
    a = _reflected_inside(np.concatenate([[1.0], lstsq(equations, -autocorrelation[order + 1 :])[0]]))

    causal = np.concatenate([autocorrelation[:1] / 2.0, autocorrelation[1:]])
    additive = _numerator(causal, a, order)
    spectrum = 2.0 * (np.fft.fft(additive, power.size) / np.fft.fft(a, power.size)).real
    return _numerator(_minimum_phase(spectrum)[:n_lags], a, order), a


def _sampled(frequencies: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """The wanted magnitude on the grid; a point's grid cell is its frequency rounded down, so that each stretch ends before the next."""
    n_points = GRID + 1
    cells = np.floor(frequencies * n_points).astype(int)
    sampled, begin = np.empty(n_points), 0
    for cell, low, high in zip(cells[1:], gains[:-1], gains[1:], strict=True):
        # The stretch ends one cell before the knot's own, where the next begins.
        end = cell - 1
        share = (np.arange(begin, end + 1) - begin) / max(end - begin, 1)
        sampled[begin : end + 1] = share * high + (1.0 - share) * low
        begin = end + 1
    return sampled


def _reflected_inside(polynomial: np.ndarray) -> np.ndarray:
    """The polynomial with its roots outside the unit circle moved to their mirror images inside: a stable filter."""
    roots = np.roots(polynomial)
    outside = np.abs(roots) > 1.0
    roots[outside] = 1.0 / roots[outside].conj()
    reflected: np.ndarray = (polynomial[0] * np.poly(roots)).real
    return reflected


def _numerator(response: np.ndarray, a: np.ndarray, order: int) -> np.ndarray:
    """The numerator that with denominator `a` comes nearest to an impulse response, by least squares."""
    from scipy.linalg import lstsq, toeplitz
    from scipy.signal import lfilter

    impulse = np.zeros(response.size)
    impulse[0] = 1.0
    columns = toeplitz(lfilter([1.0], a, impulse), np.zeros(order + 1))
    solution: np.ndarray = lstsq(columns, response)[0]
    return solution


def _minimum_phase(spectrum: np.ndarray) -> np.ndarray:
    """Impulse response of the minimum-phase filter of that power spectrum: its cepstrum folded onto positive times."""
    n = spectrum.size
    fold = np.zeros(n)
    fold[0], fold[1 : (n + 1) // 2] = 0.5, 1.0
    response: np.ndarray = np.fft.ifft(np.exp(np.fft.fft(fold * np.fft.ifft(np.log(spectrum.astype(complex)))))).real
    return response
