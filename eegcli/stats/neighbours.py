"""Neighbours of electrodes: edges of the triangulation of a head seen from above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FARTHEST = 2.0  # times the median edge: the rim of a triangulation joins electrodes that lie far from each other


def neighbours(directions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Neighbourhood of electrodes.

    Parameters
    ----------
    directions : ndarray, shape (n_channels, 3)
        Unit vectors from the centre of the head (z upwards); NaN where unknown.

    Returns
    -------
    ndarray of bool, shape (n_channels, n_channels)
        Symmetric. A channel of unknown place has no neighbour; of fewer than four known ones, or of some that lie on a line, none has.

    Notes
    -----
    Delaunay triangulation of the azimuthal equidistant projection, as FieldTrip's method "triangulation" does it, without edges above twice the median.
    """
    from scipy.spatial import Delaunay, QhullError

    beside: NDArray[np.bool_] = np.zeros((len(directions), len(directions)), dtype=bool)
    known = np.flatnonzero(np.isfinite(directions).all(axis=1))
    if len(known) < 4:
        return beside
    x, y, z = directions[known].T
    across = np.hypot(x, y)
    radius = np.arctan2(across, z) / np.where(across > 0, across, 1.0)
    try:
        corners = Delaunay(np.stack([x * radius, y * radius], axis=1)).simplices
    except QhullError:
        return beside
    edges = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    one, other = known[edges].T
    angle = np.arccos(np.clip((directions[one] * directions[other]).sum(axis=1), -1.0, 1.0))
    near = angle <= FARTHEST * np.median(angle)
    beside[one[near], other[near]] = beside[other[near], one[near]] = True
    return beside
