"""Calibration of ASR: what the clean part of a recording looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eegcli.preprocess.asr.covariance import robust_covariance
from eegcli.preprocess.asr.distribution import fit_clean
from eegcli.preprocess.asr.spectral import ORDER, spectral_filter
from eegcli.preprocess.asr.windows import window_rms, window_starts

WINDOW_SECONDS = 0.5
ROWS = 16  # components worked on at a time: bounds the memory


@dataclass(frozen=True)
class Calibration:
    """Statistics of the clean signal on which ASR is calibrated.

    Attributes
    ----------
    covariance : ndarray, shape (n_channels, n_channels)
        Robust covariance after the spectral filter.
    mixing : ndarray, shape (n_channels, n_channels)
        Its square root, M.
    threshold : ndarray, shape (n_channels, n_channels)
        T: a row per component of M, scaled so that a direction v with power above ‖T v‖² is an artifact.
    state : ndarray, shape (n_channels, 8)
        Of the spectral filter at the end of the clean signal.
    """

    covariance: np.ndarray
    mixing: np.ndarray
    threshold: np.ndarray
    state: np.ndarray


def calibrate(data: np.ndarray, sfreq: float, *, cutoff: float) -> Calibration:
    """Calibrate ASR.

    Parameters
    ----------
    data : ndarray of float64, shape (n_channels, n_times)
        Clean signal without drifts. It is overwritten.
    sfreq : float, Hz
    cutoff : float
        Standard deviations above the mean at which a component's power is an artifact.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If a component's power cannot be fitted.

    Notes
    -----
    Mullen et al. 2015, doi:10.1109/TBME.2015.2481482; Chang et al. 2020, doi:10.1109/TBME.2019.2930186.
    """
    from scipy.signal import lfilter

    b, a = spectral_filter(sfreq)
    state = np.zeros((len(data), ORDER))
    for row, channel in enumerate(data):
        data[row], state[row] = lfilter(b, a, channel, zi=state[row])
    covariance = robust_covariance(data)
    power, vectors = np.linalg.eigh(covariance)
    roots = np.sqrt(np.maximum(power, 0.0))
    mixing = (vectors * roots) @ vectors.T
    length = round(WINDOW_SECONDS * sfreq)
    starts = window_starts(data.shape[1], length)
    rms = [window_rms(vectors.T[row : row + ROWS] @ data, starts, length) for row in range(0, len(data), ROWS)]
    mean, deviation = fit_clean(np.concatenate(rms))
    return Calibration(covariance, mixing, (mean + cutoff * deviation)[:, None] * vectors.T, state)
