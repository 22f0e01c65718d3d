"""Electrode positions: digitised ones first, then as the channel names say, else as the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from eegcli.bids.digitised import MAX_APART, UNORIENTED
from eegcli.bids.montage import template
from eegcli.preprocess.signal import Signal
from eegcli.study.electrodes import DIGITISED, IN_FILE, TEMPLATE, UNKNOWN, Electrodes
from eegcli.study.sphere import ORIGIN, apart, fit_sphere, known, seen_from, turn

OWN = "data"  # of --montage: no positions but the recording's own


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
    """
    return electrodes(signal, names).directions


def electrodes(signal: Signal, names: Sequence[str] | None = None) -> Electrodes:
    """Electrodes behind channels: where they are, and who says so.

    Parameters
    ----------
    signal : Signal
    names : sequence of str, optional
        Channels, also some that the recording does not have; left out: those of the recording.

    Returns
    -------
    Electrodes

    Notes
    -----
    Digitised positions go first. Channels without one have their standard position by name, turned as the digitised ones are against theirs
    and put on the same sphere, as two sources share no centre. Without any, all are standard positions by name, or all those of the file,
    if that knows more of the recording's channels; only the standard positions know a channel that was not recorded.
    """
    names = signal.ch_names if names is None else tuple(names)
    own = _own(signal)
    if signal.montage == OWN:
        return _own_of(own, signal, names)
    standard = _standard(signal.ch_names, [*signal.ch_names, *names], signal.montage)
    n_recorded = len(signal.ch_names)
    of_names = standard.take(range(n_recorded, n_recorded + len(names)))
    if signal.montage != "auto" or own is None:
        return of_names
    if signal.located in (DIGITISED, UNORIENTED):
        return _filled(
            _own_of(own, signal, names), of_names, own, standard.take(range(n_recorded)), turned_only=signal.located == UNORIENTED
        )
    n_standard, n_own = int(standard.known[:n_recorded].sum()), int(own.known.sum())
    if n_standard >= n_own or any(name not in signal.ch_names for name in names):
        return of_names
    return _own_of(own, signal, names)


def oriented(signal: Signal) -> Electrodes:
    """Electrodes of a recording as others may draw them: without positions of which nobody knows where the nose is."""
    return electrodes(replace(signal, positions=np.full_like(signal.positions, np.nan)) if signal.located == UNORIENTED else signal)


def _own_of(own: Electrodes | None, signal: Signal, names: Sequence[str]) -> Electrodes:
    """Select what the recording's own files say of channels, also of some that it does not have."""
    rows = {name: row for row, name in reversed(list(enumerate(signal.ch_names)))}
    positions = [own.positions[rows[name]] if own is not None and name in rows else np.full(3, np.nan) for name in names]
    sources = [own.sources[rows[name]] if own is not None and name in rows else UNKNOWN for name in names]
    return Electrodes(np.array(positions).reshape(-1, 3), tuple(sources), own.centre if own is not None else ORIGIN)


def _own(signal: Signal) -> Electrodes | None:
    """The positions that the recording's files state; None where there are none, or where they lie on no sphere."""
    there = known(signal.positions)
    if not there.any():
        return None
    digitised = signal.located in (DIGITISED, UNORIENTED)
    if digitised and signal.centre is not None:
        positions, centre = signal.positions, signal.centre
    else:
        sphere = fit_sphere(signal.positions)
        if sphere is None:
            return None
        there = known(seen_from(signal.positions, sphere))
        positions, centre = np.where(there[:, None], signal.positions, np.nan), tuple(sphere.centre.tolist())
    source = DIGITISED if digitised else IN_FILE
    return Electrodes(positions, tuple(source if found else UNKNOWN for found in there), centre)


def _standard(ch_names: Sequence[str], names: Sequence[str], montage: str) -> Electrodes:
    """Standard positions by name; `ch_names` are those of the recording, which tell the net."""
    template_name, named = template(ch_names, montage)
    table, unknown = _template_positions(template_name), np.full(3, np.nan)
    positions = np.array([table.get(named(name) or "", unknown) for name in names]).reshape(-1, 3)
    return Electrodes(positions, tuple(TEMPLATE if found else UNKNOWN for found in known(positions)), ORIGIN)


@cache
def _template_positions(name: str) -> Mapping[str, np.ndarray]:
    """Positions of one of MNE's montages in head coordinates, m."""
    import mne

    montage = mne.channels.make_standard_montage(name)
    info = mne.create_info(montage.ch_names, 100.0, "eeg")
    info.set_montage(montage, verbose="ERROR")
    return {channel["ch_name"]: channel["loc"][:3].copy() for channel in info["chs"]}


def _filled(found: Electrodes, by_name: Electrodes, own: Electrodes, standard: Electrodes, *, turned_only: bool) -> Electrodes:
    """Fill up electrodes that were not digitised with standard ones, turned and put on the sphere of the digitised ones."""
    lacking = ~found.known & by_name.known
    rotation = turn(standard.directions, own.directions)
    if not lacking.any() or (rotation is None and turned_only):
        return found
    if rotation is not None and float(np.nanmedian(apart(standard.directions @ rotation, own.directions))) > MAX_APART:
        return found  # these names are of another cap
    centre = np.array(own.centre)
    radius = float(np.median(np.linalg.norm(own.positions[own.known] - centre, axis=1)))
    outwards = by_name.directions[lacking]
    positions = found.positions.copy()
    positions[lacking] = centre + radius * (outwards if rotation is None else outwards @ rotation)
    sources = [TEMPLATE if fill else source for fill, source in zip(lacking, found.sources, strict=True)]
    return Electrodes(positions, tuple(sources), found.centre)
