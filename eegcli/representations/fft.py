"""Log magnitudes and phases of the tapered Fourier transform of each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import Band
from eegcli.errors import InputError
from eegcli.representations import Representation, Signals

FLOOR = 1e-12  # µV²: keeps the logarithm of a channel that is exactly zero finite


def spectrum(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log squared magnitudes, less their mean over the channel's frequencies, and beside them the phases.

    Parameters
    ----------
    x : ndarray, shape (n, n_channels, n_times), µV
        Windows.

    Returns
    -------
    ndarray of float64, shape (n, n_channels, 2 * (n_times // 2))
        First the natural logarithm of the squared magnitude at the frequencies 0, 1, ... n_times // 2 - 1 cycles per window, then the
        phases there (radians).

    Notes
    -----
    The third input of Truong, Makeig & Delorme 2021 (arXiv:2105.04762): a Hamming taper as long as the window, 24 x 256 for windows of
    24 x 256. Their code took the first window of each recording each time; here each window is its own. No table of theirs has it.
    """
    n_times = x.shape[-1]
    transformed = np.fft.rfft(x * np.hamming(n_times), axis=-1)[..., : n_times // 2]
    log_power = np.log(np.maximum(transformed.real**2 + transformed.imag**2, FLOOR))
    log_power -= log_power.mean(axis=-1, keepdims=True)
    return np.concatenate([log_power, np.angle(transformed)], axis=-1)


def prepare(signals: Signals, *, bands: tuple[Band, ...], montage: str) -> Representation:
    """Windows (n_channels, n_bins): half log squared magnitudes, half phases.

    Raises
    ------
    InputError
        If a window is a single sample.
    """
    n_bins = 2 * (signals.n_times // 2)
    if not n_bins:
        raise InputError("a window of one sample has no spectrum", hint="Cut longer windows (--length).")
    return Representation("fft", signals, (len(signals.ch_names), n_bins), spectrum)
