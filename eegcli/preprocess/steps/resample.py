"""Step `resample`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.errors import UsageError
from eegcli.preprocess.definition import Cost, Definition, Flag, Options, Size
from eegcli.preprocess.dsp.fir import PASS, filter_resample
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.filter import cuts

# The band of EEGLAB's pop_resample: passed to 0.8, stopped from 1.0 of half the lower frequency.
CUTOFF, WIDTH = 0.9, 0.2
ATTENUATION = 80.0  # dB, of a Kaiser window: a ripple of 1e-4


def resample(signal: Signal, *, sfreq: float) -> Signal:
    """Change the sampling frequency, on each side of a boundary by itself.

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
    if signal.sfreq == sfreq:
        return signal
    data = filter_resample(signal.data, signal.sfreq, [anti_alias(signal.sfreq, sfreq)], sfreq, cuts=cuts(signal))
    return replace(signal, data=data, sfreq=float(sfreq))


def anti_alias(sfreq: float, new_sfreq: float) -> np.ndarray:
    """Design the anti-alias kernel: it stops what is above half the lower sampling frequency.

    Parameters
    ----------
    sfreq, new_sfreq : float, Hz
        Before and after.

    Returns
    -------
    ndarray, shape (n_taps,)
        At `sfreq`.
    """
    from scipy.signal import firwin, kaiserord

    share = min(new_sfreq / sfreq, 1.0)
    n_taps, beta = kaiserord(ATTENUATION, WIDTH * share)
    kernel: np.ndarray = firwin(n_taps | 1, CUTOFF * share, window=("kaiser", beta))
    return kernel


def _check(options: Options) -> None:
    if not options["sfreq"]:
        raise UsageError("step resample: sfreq is 0 Hz")


def _cost(options: Options, size: Size) -> Cost:
    return Cost(PASS)


def _size(options: Options, size: Size) -> Size:
    rate = float(options["sfreq"])
    return Size(size.n_samples * rate / size.sfreq, size.n_channels, rate) if size.sfreq else size


STEP = Definition(resample, flags=(Flag("sfreq", "sfreq"),), check=_check, cost=_cost, size=_size)
