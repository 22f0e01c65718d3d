"""Sphere through the electrodes of a head: its centre, directions from it, and the turn between two sets of directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Centre of the sphere in head coordinates, m: MNE's own default for a head that was not digitised.
ORIGIN = (0.0, 0.0, 0.04)
MIN_FIT = 8  # a sphere has four unknowns; with fewer electrodes than twice that, no fit can be called good or poor
MAX_MISFIT = 0.2  # of the radius: positions drawn on a plane are no head
MAX_OFF = 0.4  # of the radius: an electrode farther from the sphere than that was digitised elsewhere (a head is no sphere: up to 0.2)
MAX_DROPPED = 0.2  # of the electrodes
MIN_TURNED = 4  # directions that determine a turn, with one to spare


@dataclass(frozen=True)
class Sphere:
    """Sphere through electrodes.

    Attributes
    ----------
    centre : ndarray of float64, shape (3,)
        In the unit of the points.
    radius : float
        Mean distance of the electrodes that it was laid through.
    """

    centre: Floats
    radius: float


def known(positions: Floats) -> NDArray[np.bool_]:
    """Mark the positions that are known, shape (n,)."""
    there: NDArray[np.bool_] = np.asarray(np.isfinite(positions).all(axis=1))
    return there


def fit_sphere(positions: Floats) -> Sphere | None:
    """Lay a sphere through electrodes.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
        NaN where unknown.

    Returns
    -------
    Sphere or None
        None where fewer than eight are known, or they lie on no sphere. Single electrodes far from it have no say.
    """
    points = positions[known(positions)]
    n_least = max(MIN_FIT, int(np.ceil((1 - MAX_DROPPED) * len(points))))
    while len(points) >= n_least:
        fit = _fit(points)
        if fit is None:
            return None
        sphere, distance = fit
        off = np.abs(distance / np.median(distance) - 1)
        if off.max() <= MAX_OFF:
            misfit = np.sqrt(np.mean((distance / distance.mean() - 1) ** 2))
            return sphere if misfit <= MAX_MISFIT else None
        points = np.delete(points, int(off.argmax()), axis=0)
    return None


def _fit(points: Floats) -> tuple[Sphere, Floats] | None:
    """Sphere of least squares, and the distance of each point from its centre."""
    middle, scale = points.mean(axis=0), np.ptp(points)
    if scale == 0:
        return None
    points = (points - middle) / scale
    # |p|² = 2 c·p + (r² - |c|²) is linear in the centre c.
    solution, _, rank, _ = np.linalg.lstsq(np.column_stack([2 * points, np.ones(len(points))]), (points**2).sum(axis=1), rcond=1e-6)
    distance = np.linalg.norm(points - solution[:3], axis=1)
    if rank < 4:
        return None
    return Sphere(middle + scale * solution[:3], float(scale * distance.mean())), distance


def seen_from(positions: Floats, sphere: Sphere) -> Floats:
    """Directions of electrodes from the centre of a sphere.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
    sphere : Sphere

    Returns
    -------
    ndarray of float64, shape (n, 3)
        Unit vectors; NaN where a position is unknown or far from the sphere.
    """
    vectors = positions - sphere.centre
    distance = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: Floats = vectors / np.where(distance > 0, distance, np.nan)
    directions[~(np.abs(distance[:, 0] / sphere.radius - 1) <= MAX_OFF)] = np.nan
    return directions


def turn(directions: Floats, onto: Floats) -> Floats | None:
    """Compute the rotation that brings directions nearest to others.

    Parameters
    ----------
    directions, onto : ndarray, shape (n, 3)
        Unit vectors, pairwise; pairs with NaN do not count.

    Returns
    -------
    ndarray of float64, shape (3, 3), or None
        ``directions @ rotation`` is nearest to `onto`; None where fewer than four pairs are known, or they determine none.

    Notes
    -----
    Kabsch 1976, Acta Crystallogr. A 32:922.
    """
    both = known(directions) & known(onto)
    if both.sum() < MIN_TURNED:
        return None
    left, size, right = np.linalg.svd(directions[both].T @ onto[both])
    if size[1] < 1e-3 * size[0]:  # all in one line
        return None
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation: Floats = left @ handed @ right
    return rotation


def apart(directions: Floats, others: Floats) -> Floats:
    """Angle between directions, pairwise, in degrees; shape (n,)."""
    angle: Floats = np.degrees(np.arccos(np.clip((directions * others).sum(axis=1), -1.0, 1.0)))
    return angle


def turned_by(rotation: Floats) -> float:
    """Angle of a rotation, degrees."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1.0, 1.0))))
