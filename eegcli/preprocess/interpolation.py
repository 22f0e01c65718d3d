"""Interpolation of channels from others by spherical splines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.compute.threads import limited
from eegcli.errors import counted
from eegcli.preprocess.positions import directions
from eegcli.preprocess.signal import Signal
from eegcli.study.spline import MIN_SOURCES, spline_weights


def interpolate(signal: Signal, names: Sequence[str]) -> np.ndarray:
    """Estimate channels from all others whose position is known and that are not bad.

    Parameters
    ----------
    signal : Signal
        The recording.
    names : sequence of str
        Channels to estimate; of a channel that is in the recording, the data there are not used.

    Returns
    -------
    ndarray of float64, shape (len(names), n_times), µV

    Raises
    ------
    RecordingError
        If a position is not known, or fewer than six channels can serve as sources.

    Notes
    -----
    Perrin, Pernier, Bertrand & Echallier 1989, Electroencephalogr. Clin. Neurophysiol. 72:184.
    """
    found = directions(signal, [*names, *signal.ch_names])
    targets, others = found[: len(names)], found[len(names) :]
    known = np.isfinite(found).all(axis=1)
    unknown = [name for name, there in zip(names, known, strict=False) if not there]
    if unknown:
        recorded = set(unknown) <= set(signal.ch_names)
        raise RecordingError(
            f"cannot interpolate {', '.join(unknown)}: no known position",
            cause="missing channels",
            hint="drop-channels leaves a channel out; electrodes.tsv may say where it is."
            if recorded
            else "A channel that was not recorded has to have a name of the 10-05 system or of EGI's net, and a --montage of names.",
        )
    # Another spelling of a target is that very electrode.
    same = (others @ targets.T > 1 - 1e-12).any(axis=1)
    left_out = {*names, *signal.bad_channels}
    usable = known[len(names) :] & ~same & [name not in left_out for name in signal.ch_names]
    if usable.sum() < MIN_SOURCES:
        raise RecordingError(
            f"cannot interpolate {', '.join(names)}: only {counted(usable.sum(), 'channel')} with a known position",
            cause="missing channels",
        )
    # One thread, whoever calls: a sum's last bit depends on how it is shared out.
    with limited(1):
        estimate: np.ndarray = spline_weights(others[usable], targets) @ signal.data[usable]
    return estimate
