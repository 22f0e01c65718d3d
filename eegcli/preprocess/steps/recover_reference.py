"""Step `recover-reference`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.montage import resolve
from eegcli.preprocess.definition import Definition
from eegcli.preprocess.signal import Signal


def recover_reference(signal: Signal, *, channel: str) -> Signal:
    """Add the recording reference as a channel of zeros: the electrode against which the others were recorded.

    Parameters
    ----------
    signal : Signal
    channel : str
        Name of the recording's reference electrode.

    Returns
    -------
    Signal
        With the channel, at its place if the file has it as a flat line, else last.

    Raises
    ------
    RecordingError
        If the channel is there and not flat: then it was not the reference.

    Notes
    -----
    Only a re-reference after it gives the channel a signal.
    """
    row = resolve([channel], signal.ch_names)[0]
    if row is None:
        return replace(
            signal,
            data=np.vstack([signal.data, np.zeros(signal.n_times)]),
            ch_names=(*signal.ch_names, channel),
            positions=np.vstack([signal.positions, np.full(3, np.nan)]),
        )
    here = signal.data[row]
    # A filter leaves rounding errors of a flat line, a thousand times below any EEG.
    if np.ptp(here) > 1e-3:
        raise RecordingError(
            f"{signal.ch_names[row]} has a signal, so it is not the reference of this recording",
            cause="reference",
            hint="Leave recover-reference out of the recipe.",
        )
    data = signal.data
    if here.any():
        data = data.copy()
        data[row] = 0.0
    # A flat line is often marked bad; as the reference it is as good as the others.
    bad = tuple(name for name in signal.bad_channels if name != signal.ch_names[row])
    return replace(signal, data=data, bad_channels=bad).renamed((*signal.ch_names[:row], channel, *signal.ch_names[row + 1 :]))


STEP = Definition(recover_reference)
