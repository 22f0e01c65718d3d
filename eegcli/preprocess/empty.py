"""Empty samples: those of a signal in which nothing was recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.bids.padding import is_empty
from eegcli.preprocess.signal import Signal


def empty_samples(signal: Signal) -> np.ndarray | None:
    """Mark samples in which nothing was recorded: padding, and what FIF skips.

    Parameters
    ----------
    signal : Signal

    Returns
    -------
    ndarray of bool, shape (n_times,), or None
        None where there are none.
    """
    mask = np.zeros(signal.n_times, bool)
    for onset, duration, value in zip(signal.events.onset, signal.events.duration, signal.events.value, strict=True):
        if is_empty(str(value)):
            mask[max(round(onset * signal.sfreq), 0) : round((onset + duration) * signal.sfreq)] = True
    return mask if mask.any() else None


def recorded(signal: Signal) -> Signal:
    """Leave out the samples in which nothing was recorded; events and all else are as they were.

    What is judged by its samples is judged by these: in padding every channel is flat.
    """
    empty = empty_samples(signal)
    return signal if empty is None or empty.all() else replace(signal, data=signal.data[:, ~empty])
