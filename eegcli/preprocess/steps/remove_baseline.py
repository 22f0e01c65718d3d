"""Step `remove-baseline`."""

from __future__ import annotations

from dataclasses import replace

from eegcli.preprocess.definition import Definition
from eegcli.preprocess.signal import Signal


def remove_baseline(signal: Signal) -> Signal:
    """Subtract each channel's mean over the whole recording.

    Parameters
    ----------
    signal : Signal

    Returns
    -------
    Signal
        With channels of mean zero.
    """
    return replace(signal, data=signal.data - signal.data.mean(axis=1, keepdims=True))


STEP = Definition(remove_baseline)
