"""Channels made of other channels by spherical splines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.preprocess.montage import template
from eegcli.preprocess.signal import Signal

MIN_SOURCES = 6  # with fewer electrodes a spline over the head is a guess
# Centre of the sphere in head coordinates, m: MNE's own default for a head that was not digitised.
ORIGIN = (0.0, 0.0, 0.04)


def interpolate(signal: Signal, names: Sequence[str]) -> np.ndarray:
    """Estimate channels from all others whose standard position is known and that are not bad.

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
    import mne

    montage, named = template(signal.ch_names)
    targets = [named(name) for name in names]
    unknown = [name for name, target in zip(names, targets, strict=True) if target is None]
    if unknown:
        raise RecordingError(f"cannot interpolate {', '.join(unknown)}: no known position", cause="missing channels")
    sources: dict[str, int] = {}
    for row, name in enumerate(signal.ch_names):
        position = named(name)
        if position is not None and position not in targets and name not in signal.bad_channels:
            sources.setdefault(position, row)
    if len(sources) < MIN_SOURCES:
        raise RecordingError(
            f"cannot interpolate {', '.join(names)}: only {len(sources)} channels with a known position", cause="missing channels"
        )
    # The spline is linear: what it makes of the unit vectors is its matrix, and the signal need not be copied into MNE.
    unit = np.vstack([np.eye(len(sources)), np.zeros((len(targets), len(sources)))])
    raw = mne.io.RawArray(unit, mne.create_info([*sources, *(str(target) for target in targets)], signal.sfreq, "eeg"), verbose="ERROR")
    raw.set_montage(montage, verbose="ERROR")
    raw.info["bads"] = [str(target) for target in targets]
    raw.interpolate_bads(origin=ORIGIN, verbose="ERROR")
    weights = raw.get_data()[len(sources) :]
    estimate: np.ndarray = weights @ signal.data[list(sources.values())]
    return estimate
