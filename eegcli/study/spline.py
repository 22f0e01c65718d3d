"""Spherical splines: interpolation of the potential at one place on the head from others."""

from __future__ import annotations

import numpy as np

MIN_SOURCES = 6  # with fewer electrodes a spline over the head is a guess
STIFFNESS = 4
N_TERMS = 50  # of the Legendre series: its terms fall with the seventh power
SMOOTHING = 1e-5  # on the diagonal; it also makes two electrodes at one place solvable


def spline_weights(sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Compute the weights of spherical splines that interpolate targets from sources.

    Parameters
    ----------
    sources, targets : ndarray, shape (n_sources, 3) and (n_targets, 3)
        Places seen from the centre of the head; only their directions count.

    Returns
    -------
    ndarray of float64, shape (n_targets, n_sources)
        Each row sums to one.

    Notes
    -----
    Perrin, Pernier, Bertrand & Echallier 1989, Electroencephalogr. Clin. Neurophysiol. 72:184; 75:424 (corrigendum).
    """
    sources, targets = unit_vectors(sources), unit_vectors(targets)
    return solve_weights(kernel(sources @ sources.T), kernel(targets @ sources.T))


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Normalise vectors to unit length, shape (n, 3)."""
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def kernel(cosine: np.ndarray) -> np.ndarray:
    """Equation 3 of Perrin et al.: the spline's kernel, by the cosine of the angle between two places."""
    n = np.arange(1, N_TERMS + 1)
    terms = (2 * n + 1) / (4 * np.pi * (n * (n + 1.0)) ** STIFFNESS)
    values: np.ndarray = np.polynomial.legendre.legval(cosine, np.concatenate([[0.0], terms]))
    return values


def solve_weights(among: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Solve for the weights of a spherical spline, from the kernel's values.

    Parameters
    ----------
    among : ndarray, shape (..., n_sources, n_sources)
        Kernel between the sources.
    between : ndarray, shape (..., n_targets, n_sources)
        Kernel between targets and sources.

    Returns
    -------
    ndarray of float64, shape (..., n_targets, n_sources)
    """
    n_sources = among.shape[-1]
    # Equations 1 and 2: the values at the sources are met but for the smoothing, and the coefficients sum to zero.
    system = np.ones((*among.shape[:-2], n_sources + 1, n_sources + 1))
    system[..., :-1, :-1] = among + SMOOTHING * np.eye(n_sources)
    system[..., -1, -1] = 0.0
    right = np.ones((*between.shape[:-1], n_sources + 1))
    right[..., :-1] = between
    # The system is symmetric, so that its inverse can be applied from the right by solving for the transpose.
    solved = np.linalg.solve(system, np.swapaxes(right, -1, -2))
    weights: np.ndarray = np.swapaxes(solved[..., :-1, :], -1, -2)
    return weights
