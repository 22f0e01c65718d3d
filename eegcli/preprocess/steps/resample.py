"""Step `resample`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from eegcli.preprocess.signal import Signal

# The anti-alias filter of EEGLAB's pop_resample: pass band to 0.8, stop band from 1.0 of half the lower frequency.
CUTOFF, WIDTH = 0.9, 0.2
ATTENUATION = 54.0  # dB; a Kaiser window of beta 5
MAX_DENOMINATOR = 10_000  # of the ratio of the frequencies: an error of 1e-8, 30 µs in an hour


def resample(signal: Signal, *, sfreq: float) -> Signal:
    """Change the sampling frequency by a polyphase filter.

    Parameters
    ----------
    signal : Signal
    sfreq : float, Hz
        The new sampling frequency.

    Returns
    -------
    Signal
        Of round(n_times · sfreq / old sfreq) samples, the first at the time of the old first;
        as it is where it has that frequency.

    Notes
    -----
    MNE's resampling rounds the length of its padding, which moves the signal by up to half a sample against its events.
    """
    from scipy.signal import firwin, kaiserord, resample_poly

    if signal.sfreq == sfreq:
        return signal
    ratio = (Fraction(sfreq) / Fraction(signal.sfreq)).limit_denominator(MAX_DENOMINATOR)
    up, down = ratio.numerator, ratio.denominator
    n_taps, beta = kaiserord(ATTENUATION, WIDTH / max(up, down))
    kernel = firwin(n_taps | 1, CUTOFF / max(up, down), window=("kaiser", beta))
    data = resample_poly(signal.data, up, down, axis=1, window=kernel, padtype="edge")
    n_times = max(round(signal.n_times * sfreq / signal.sfreq), 1)
    return replace(signal, data=data[:, :n_times], sfreq=float(sfreq))
