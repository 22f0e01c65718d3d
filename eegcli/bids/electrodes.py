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
        A name in `registry.MONTAGES`: what the names mean. ``auto`` takes the net of EGI for its own numbers (E1 to E128), else the 10-05 system.

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
    if montage == "auto":
        montage = "hydrocel-128" if is_hydrocel_128(names) else "10-05"
    table = _positions(montage)
    named: Callable[[str], str | None] = hydrocel_name(names) if montage == "hydrocel-128" else standard_name(names)
    return np.array([table.get(named(name) or "", (np.nan, np.nan)) for name in names], dtype=np.float64).reshape(-1, 2)


@cache
def _positions(montage: str) -> dict[str, tuple[float, float]]:
    text = resources.files("eegcli.bids").joinpath("montages", f"positions-{montage}.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")][1:]
    return {name: (float(azimuth), float(radius)) for name, azimuth, radius in rows}
