"""Principal components of many vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.compute.threads import limited

ROWS = 4096  # that are in double precision at once


@dataclass(frozen=True)
class Components:
    """First principal components.

    Attributes
    ----------
    mean : ndarray, shape (n_features,)
    axes : ndarray, shape (n_components, n_features)
        Unit vectors; the entry of largest size of each is positive.
    shares : ndarray, shape (n_components,)
        Of the variance.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    shares: NDArray[np.float64]

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Coordinates of vectors: (n, n_features) -> (n, n_components)."""
        with limited(1):
            result: NDArray[np.float64] = (vectors.astype(np.float64) - self.mean) @ self.axes.T
        return result


def principal_components(vectors: NDArray[np.float32], n: int = 2) -> Components:
    """Compute the first principal components of vectors.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n_vectors, n_features)
        At least one.
    n : int
        How many; axes beyond the number of features are zero.

    Notes
    -----
    Eigenvectors of the covariance (Pearson 1901, doi:10.1080/14786440109462720), on one thread: the last bits of sums depend on their number.
    """
    from scipy.linalg import eigh

    n_vectors, n_features = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((n_features, n_features))
    with limited(1):
        for start in range(0, n_vectors, ROWS):
            part = vectors[start : start + ROWS] - mean
            covariance += part.T @ part
        found = min(n, n_features)
        values, axes = eigh(covariance, subset_by_index=(n_features - found, n_features - 1))
    axes = axes[:, ::-1].T
    axes *= np.sign(axes[np.arange(found), np.abs(axes).argmax(axis=1)])[:, None]
    total = np.trace(covariance)
    shares = np.zeros(n)
    shares[:found] = np.maximum(values[::-1], 0.0) / total if total > 0 else 0.0
    return Components(mean, np.vstack([axes, np.zeros((n - found, n_features))]), shares)
