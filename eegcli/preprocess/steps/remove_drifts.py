"""Step `remove-drifts`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.preprocess import asr
from eegcli.preprocess.asr.drifts import TRANSITION
from eegcli.preprocess.definition import Cost, Definition, Options, Size
from eegcli.preprocess.dsp.fir import PASS
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.filter import stretches


def remove_drifts(signal: Signal, *, stop: float = TRANSITION[0], start: float = TRANSITION[1]) -> Signal:
    """Remove drifts as clean_rawdata does, by a linear-phase filter run forwards and backwards; ASR needs that or a high-pass filter.

    Each side of a boundary is filtered by itself.

    Parameters
    ----------
    signal : Signal
    stop, start : float, Hz
        The transition band: nothing passes below `stop`; from `start` on the gain rises from 0.7 to 1.

    Returns
    -------
    Signal

    Raises
    ------
    RecordingError
        If the band does not fit the sampling frequency.
    """
    try:
        parts = [
            # A sample alone is nothing but drift.
            asr.remove_drifts(signal.data[:, begin:end], signal.sfreq, transition=(stop, start))
            if end - begin > 1
            else np.zeros((len(signal.data), 1))
            for begin, end in stretches(signal)
        ]
    except ValueError as error:
        raise RecordingError(f"drifts cannot be removed: {error}", cause="sampling frequency") from error
    return replace(signal, data=parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))


def _removes_drifts(options: Options) -> bool:
    return True


def _cost(options: Options, size: Size) -> Cost:
    return Cost(PASS, copies=2.0)


STEP = Definition(remove_drifts, removes_drifts=_removes_drifts, cost=_cost)
