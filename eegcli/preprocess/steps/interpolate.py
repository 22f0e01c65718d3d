"""Step `interpolate`."""

from __future__ import annotations

from dataclasses import replace

from eegcli.preprocess.definition import Definition
from eegcli.preprocess.interpolation import interpolate as estimate
from eegcli.preprocess.signal import Signal


def interpolate(signal: Signal) -> Signal:
    """Interpolate all bad channels from the others by spherical splines.

    Parameters
    ----------
    signal : Signal

    Returns
    -------
    Signal
        Without bad channels; those that were are `interpolated`.

    Raises
    ------
    RecordingError
        If a bad channel's position is not known, or fewer than six good channels have one.

    Notes
    -----
    Perrin, Pernier, Bertrand & Echallier 1989, Electroencephalogr. Clin. Neurophysiol. 72:184. An interpolated channel is a sum of others:
    each costs the data one rank.
    """
    bad = signal.bad_channels
    if not bad:
        return signal
    data = signal.data.copy()
    data[[signal.ch_names.index(name) for name in bad]] = estimate(signal, bad)
    return replace(signal, data=data, bad_channels=(), interpolated=tuple(dict.fromkeys((*signal.interpolated, *bad))))


STEP = Definition(interpolate)
