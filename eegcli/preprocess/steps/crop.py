"""Step `crop`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.errors import UsageError
from eegcli.preprocess.definition import Definition, Options
from eegcli.preprocess.signal import Signal


def crop(signal: Signal, *, tmin: float = 0.0, tmax: float | None = None) -> Signal:
    """Crop the recording to a stretch of time.

    Parameters
    ----------
    signal : Signal
    tmin, tmax : float, s
        From the first sample; `tmax` is left out, and a later one means the end.

    Returns
    -------
    Signal
        Events are counted from the new first sample; those that reach into the stretch are cut to it.

    Raises
    ------
    RecordingError
        If the recording ends before `tmin`.
    """
    start = round(tmin * signal.sfreq)
    stop = signal.n_times if tmax is None else min(round(tmax * signal.sfreq), signal.n_times)
    if start >= stop:
        raise RecordingError(f"lasts {signal.n_times / signal.sfreq:.1f} s, nothing is left after {tmin:g} s", cause="too short")
    first, last = start / signal.sfreq, stop / signal.sfreq
    begin = np.maximum(signal.events.onset, first)
    end = np.minimum(signal.events.onset + signal.events.duration, last)
    inside = (signal.events.onset >= first) & (signal.events.onset < last)
    kept = inside | (end > begin)
    events = replace(signal.events.take(kept), onset=begin[kept] - first, duration=np.maximum(end - begin, 0.0)[kept])
    return replace(signal.keep([(start, stop)]), events=events)


def _check(options: Options) -> None:
    if options["tmax"] is not None and options["tmax"] <= options["tmin"]:
        raise UsageError(f"step crop: tmax {options['tmax']:g} s is not after tmin {options['tmin']:g} s")


STEP = Definition(crop, check=_check)
