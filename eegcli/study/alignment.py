"""Alignment of subjects: a matrix for each that makes the mean covariance of its windows the same, without its labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError

Floats = NDArray[np.float64]

RANK_TOLERANCE = 1e-6  # of the largest eigenvalue: average reference and interpolation leave directions without signal
KARCHER_TOLERANCE, KARCHER_STEPS = 1e-10, 100  # of the step's norm, relative to the root of the rank


def shrunken(covariances: Floats, n_times: int) -> Floats:
    """Oracle approximating shrinkage (OAS): covariances of full rank, so that they have a geometric mean whatever was interpolated.

    Parameters
    ----------
    covariances : ndarray, shape (n, n_chans, n_chans)
        Second moments of windows.
    n_times : int
        Samples of each window.

    Returns
    -------
    ndarray, shape (n, n_chans, n_chans)
        A matrix of zeros stays one.

    Notes
    -----
    Chen, Wiesel, Eldar & Hero 2010 (doi:10.1109/TSP.2010.2053029), as scikit-learn and pyriemann compute it. Interpolated channels and an average reference leave
    directions without signal, and other ones in each recording of a subject; a matrix without signal in a direction is infinitely far from one that has some.
    """
    n = covariances.shape[-1]
    level = np.trace(covariances, axis1=1, axis2=2) / n  # mean variance
    square = np.mean(covariances**2, axis=(1, 2))
    spread = (n_times + 1) * (square - level**2 / n)
    # Without a spread the matrix is a multiple of the identity, or zero.
    share = np.minimum(np.divide(square + level**2, spread, out=np.ones_like(level), where=spread > 0), 1.0)
    result: Floats = (1 - share)[:, None, None] * covariances + (share * level)[:, None, None] * np.eye(n)
    return result


def euclidean_mean(covariances: Floats) -> Floats:
    """Arithmetic mean of covariances, (n, n_chans, n_chans) -> (n_chans, n_chans)."""
    mean: Floats = covariances.mean(axis=0)
    return mean


def riemannian_mean(covariances: Floats) -> Floats:
    """Geometric mean of covariances (affine-invariant), in the subspace that their arithmetic mean spans.

    Parameters
    ----------
    covariances : ndarray, shape (n, n_chans, n_chans)

    Returns
    -------
    ndarray, shape (n_chans, n_chans)

    Raises
    ------
    InputError
        If one of them has no signal in a direction that others have: no geometric mean exists then.

    Notes
    -----
    Karcher's flow (Moakher 2005, doi:10.1137/S0895479803436937): the mean is moved along the average of the logarithms until these cancel.
    """
    centre = euclidean_mean(covariances)
    values, vectors = np.linalg.eigh(centre)
    basis = vectors[:, values > RANK_TOLERANCE * values[-1]] if values[-1] > 0 else vectors[:, :0]
    if not basis.shape[1]:
        return centre  # no signal at all
    inside = np.einsum("ki,nkl,lj->nij", basis, covariances, basis, optimize=True)
    values = np.linalg.eigvalsh(inside)
    if (values[:, 0] <= RANK_TOLERANCE * values[:, -1]).any():
        raise InputError(
            "alignment: a window has fewer independent channels than others of its subject, so that they have no geometric mean",
            hint="Shrink the covariances (`shrunken`), or take their arithmetic mean.",
        )
    mean = euclidean_mean(inside)
    for _ in range(KARCHER_STEPS):
        root, inverse = _power(mean, 0.5), _power(mean, -0.5)
        step = _log(inverse @ inside @ inverse).mean(axis=0)
        mean = root @ _exp(step) @ root
        if np.linalg.norm(step) < KARCHER_TOLERANCE * np.sqrt(len(mean)):
            break
    result: Floats = basis @ mean @ basis.T
    return result


def subject_mean(how: str, covariances: Floats, n_times: int) -> Floats:
    """Mean covariance of the windows of a subject, (n, n_chans, n_chans) -> (n_chans, n_chans).

    Parameters
    ----------
    how : {"subject", "subject-riemannian"}
        Arithmetic mean, or the geometric one of shrunken covariances: windows without any signal have no part in it.
    covariances : ndarray, shape (n, n_chans, n_chans)
    n_times : int
        Samples of each window.
    """
    if how == "subject":
        return euclidean_mean(covariances)
    with_signal = covariances[np.trace(covariances, axis1=1, axis2=2) > 0]
    return riemannian_mean(shrunken(with_signal, n_times)) if len(with_signal) else euclidean_mean(covariances)


MEANS = ("subject", "subject-riemannian")  # alignments that whiten windows, by the value of --align


# In model.json, beside the names of means: the features of a network are recentred by subject, and windows are left as they are.
RECENTRED = "subject-features"
ALIGNMENTS = (*MEANS, RECENTRED)


def whitener(mean: Floats) -> Floats:
    """Symmetric matrix that makes a mean covariance the identity, where it has signal, and zero elsewhere; (n_chans, n_chans)."""
    values, vectors = np.linalg.eigh(mean)
    kept = values > RANK_TOLERANCE * values[-1] if values[-1] > 0 else np.zeros(len(values), dtype=bool)
    scaled = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    result: Floats = (vectors * scaled) @ vectors.T
    return result


def covariances(x: np.ndarray) -> Floats:
    """Second moments of windows, (n, n_chans, n_times) -> (n, n_chans, n_chans): what is filtered has no mean to take away."""
    x = np.asarray(x, dtype=np.float64)
    result: Floats = x @ x.swapaxes(1, 2) / x.shape[-1]
    return result


def _of_eigenvalues(matrices: Floats, function: np.ufunc) -> Floats:
    values, vectors = np.linalg.eigh(matrices)
    result: Floats = (vectors * function(values)[..., None, :]) @ vectors.swapaxes(-1, -2)
    return result


def _log(matrices: Floats) -> Floats:
    return _of_eigenvalues(matrices, np.log)


def _exp(matrices: Floats) -> Floats:
    return _of_eigenvalues(matrices, np.exp)


def _power(matrix: Floats, exponent: float) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    result: Floats = (vectors * values**exponent) @ vectors.T
    return result
