"""Step `remove-drifts`."""

from __future__ import annotations

from dataclasses import replace

from eegcli.bids.errors import RecordingError
from eegcli.preprocess import asr
from eegcli.preprocess.asr.drifts import TRANSITION
from eegcli.preprocess.definition import Cost, Definition, Options, Size
from eegcli.preprocess.dsp.fir import PASS
from eegcli.preprocess.signal import Signal


def remove_drifts(signal: Signal, *, stop: float = TRANSITION[0], start: float = TRANSITION[1]) -> Signal:
    """Remove drifts as clean_rawdata does, by a linear-phase filter run forwards and backwards; ASR needs that or a high-pass filter.

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
        return replace(signal, data=asr.remove_drifts(signal.data, signal.sfreq, transition=(stop, start)))
    except ValueError as error:
        raise RecordingError(f"drifts cannot be removed: {error}", cause="sampling frequency") from error


def _removes_drifts(options: Options) -> bool:
    return True


def _cost(options: Options, size: Size) -> Cost:
    return Cost(PASS, copies=2.0)


STEP = Definition(remove_drifts, removes_drifts=_removes_drifts, cost=_cost)
