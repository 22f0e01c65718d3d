"""Electrode positions: as the channel names say, else as the file says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.bids.montage import template
from eegcli.preprocess.dsp.spline import unit_vectors
from eegcli.preprocess.signal import Signal

# Centre of the sphere in head coordinates, m: MNE's own default for a head that was not digitised.
ORIGIN = (0.0, 0.0, 0.04)
MIN_FIT = 8  # a sphere has four unknowns; with fewer electrodes than twice that, no fit can be called good or poor
MAX_MISFIT = 0.2  # of the radius: positions drawn on a plane are no head


def directions(signal: Signal, names: Sequence[str] | None = None) -> np.ndarray:
    """Directions of electrodes, seen from the centre of the head.

    Parameters
    ----------
    signal : Signal
    names : sequence of str, optional
        Channels, also some that the recording does not have; left out: those of the recording.

    Returns
    -------
    ndarray of float64, shape (n_names, 3)
        Unit vectors; NaN for a channel whose position is not known.

    Notes
    -----
    All come from one source, as two would not share a centre: the standard positions by name, unless the file knows more of the
    recording's channels. Only the standard positions know a channel that was not recorded.
    """
    names = signal.ch_names if names is None else names
    rows = {name: row for row, name in reversed(list(enumerate(signal.ch_names)))}
    by_name, by_file = _by_name(signal.ch_names, [*signal.ch_names, *names]), _by_file(signal.positions)
    standard, n_recorded = by_name[len(signal.ch_names) :], len(signal.ch_names)
    known = [int(np.isfinite(found).all(axis=1).sum()) for found in (by_name[:n_recorded], by_file)]
    if known[0] >= known[1] or any(name not in rows for name in names):
        return standard
    return by_file[[rows[name] for name in names]]


def _by_name(ch_names: Sequence[str], names: Sequence[str]) -> np.ndarray:
    import mne

    montage, named = template(ch_names)
    info = mne.create_info(montage.ch_names, 100.0, "eeg")
    info.set_montage(montage, verbose="ERROR")  # into head coordinates
    vectors = {channel["ch_name"]: channel["loc"][:3] - np.array(ORIGIN) for channel in info["chs"]}
    unknown = np.full(3, np.nan)
    return unit_vectors(np.array([vectors.get(named(name) or "", unknown) for name in names]))


def _by_file(positions: np.ndarray) -> np.ndarray:
    """Directions from the centre of the sphere through the electrodes; all unknown where they lie on no sphere."""
    nowhere = np.full(positions.shape, np.nan)
    known = np.isfinite(positions).all(axis=1)
    if known.sum() < MIN_FIT:
        return nowhere
    points = positions[known]
    middle, scale = points.mean(axis=0), np.ptp(points)
    if scale == 0:
        return nowhere
    points = (points - middle) / scale
    # |p|² = 2 c·p + (r² - |c|²) is linear in the centre c.
    solution, _, rank, _ = np.linalg.lstsq(np.column_stack([2 * points, np.ones(len(points))]), (points**2).sum(axis=1), rcond=1e-6)
    centred = points - solution[:3]
    distance = np.linalg.norm(centred, axis=1)
    if rank < 4 or np.sqrt(np.mean((distance / distance.mean() - 1) ** 2)) > MAX_MISFIT:
        return nowhere
    found = nowhere.copy()
    found[known] = unit_vectors(centred)
    return found
