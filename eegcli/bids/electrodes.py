"""Electrode positions seen from above: tables of ours, so that no other library is needed and none changes a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from eegcli.bids.montage import hydrocel_name, is_hydrocel_128, standard_name
from eegcli.registry import MONTAGES, lookup


def polar_positions(names: Sequence[str], montage: str = "auto") -> NDArray[np.float64]:
    """Positions of electrodes on the head, seen from above.

    Parameters
    ----------
    names : sequence of str
        Channels, in any spelling.
    montage : str
        A name in `registry.MONTAGES`: what the names mean. ``auto`` takes the net of EGI for its own numbers (E1 to E128), else the 10-05
        system; with ``data`` names mean nothing.

    Returns
    -------
    ndarray of float64, shape (n_names, 2)
        Azimuth in degrees from the nose to the right, and radius: the angle from the vertex as a share of a half-turn, 0.5 on the equator.
        NaN for a channel whose position is not known.

    Raises
    ------
    UsageError
        If there is no such montage.

    Notes
    -----
    The convention is that of EEGLAB's channel locations (theta, radius).
    """
    lookup("montage", montage, MONTAGES)
    if montage == "data":
        return np.full((len(names), 2), np.nan)
    if montage == "auto":
        montage = "hydrocel-128" if is_hydrocel_128(names) else "10-05"
    table = _positions(montage)
    named: Callable[[str], str | None] = hydrocel_name(names) if montage == "hydrocel-128" else standard_name(names)
    return np.array([table.get(named(name) or "", (np.nan, np.nan)) for name in names], dtype=np.float64).reshape(-1, 2)


def standard_directions(names: Sequence[str], montage: str = "auto") -> NDArray[np.float64]:
    """Unit vectors from the centre of the head to electrodes (x to the right, y to the nose), shape (n_names, 3); NaN where unknown.

    Parameters
    ----------
    names : sequence of str
        Channels, in any spelling.
    montage : str
        As of `polar_positions`.
    """
    azimuth, angle = (polar_positions(names, montage) * [np.pi / 180, np.pi]).T
    return np.stack([np.sin(angle) * np.sin(azimuth), np.sin(angle) * np.cos(azimuth), np.cos(angle)], axis=1)


def polar_of(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Azimuth (degrees) and radius, as `polar_positions` gives them, of unit vectors from the centre of the head, shape (n, 3)."""
    x, y, z = directions.T
    return np.stack([np.degrees(np.arctan2(x, y)), np.arccos(np.clip(z, -1.0, 1.0)) / np.pi], axis=1)


@cache
def _positions(montage: str) -> dict[str, tuple[float, float]]:
    text = resources.files("eegcli.bids").joinpath("montages", f"positions-{montage}.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")][1:]
    return {name: (float(azimuth), float(radius)) for name, azimuth, radius in rows}
