"""Matrices by second ways: SciPy's logarithm, scikit-learn's OAS, pyriemann's mean and tangent vectors; derivatives by differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import logm
from sklearn.covariance import oas

from eegcli.models.spd import half_vector, matrix_log, shrunken


def spd(n: int, size: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, size, 4 * size)) * np.arange(1, size + 1)[:, None]
    return x @ x.swapaxes(-1, -2) / (4 * size)


@pytest.mark.parametrize(("n_chans", "n_times"), [(1, 50), (2, 30), (19, 256), (24, 12)])
def test_shrinkage_is_that_of_scikit_learn(n_chans, n_times):
    x = 20 * np.random.default_rng(0).standard_normal((3, n_chans, n_times)) * np.linspace(0.2, 3, n_chans)[:, None]
    x -= x.mean(axis=-1, keepdims=True)
    found = shrunken(torch.from_numpy(x @ x.swapaxes(-1, -2) / n_times), n_times).numpy()
    np.testing.assert_allclose(found, [oas(window.T, assume_centered=True)[0] for window in x], rtol=1e-10)


def test_an_average_reference_leaves_no_eigenvalue_at_zero():
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((19, 256)))
    x = x - x.mean(dim=0)
    covariance = x @ x.mT / 256
    assert torch.linalg.eigvalsh(covariance)[0] < 1e-12
    assert torch.linalg.eigvalsh(shrunken(covariance, 256))[0] > 1e-4


def test_the_logarithm_is_that_of_scipy():
    matrices = spd(4, 7)
    found = matrix_log(torch.from_numpy(matrices)).numpy()
    np.testing.assert_allclose(found, [logm(matrix) for matrix in matrices], atol=1e-10)


def test_eigenvalues_below_the_floor_count_as_the_floor():
    found = matrix_log(torch.diag(torch.tensor([4.0, 0.0], dtype=torch.float64)), floor=1e-6)
    np.testing.assert_allclose(found, np.diag(np.log([4.0, 1e-6])), atol=1e-12)


@pytest.mark.parametrize(
    "eigenvalues",
    [(1, 1, 1, 1), (1, 1, 2, 2), (1, 1 + 1e-9, 2, 3), (1, 1.0005, 1.002, 5), (1e-3, 1, 10, 1000)],
    ids=["identity", "pairs", "nearly equal", "about the threshold", "wide"],
)
def test_the_derivative_of_the_logarithm_is_exact_where_eigenvalues_meet(eigenvalues):
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    matrix, direction = rotation * np.array(eigenvalues) @ rotation.T, spd(1, 4, seed=2)[0]
    upstream = np.random.default_rng(3).standard_normal((4, 4))
    x = torch.from_numpy(matrix).requires_grad_()
    (matrix_log(x) * torch.from_numpy(upstream)).sum().backward()
    step = 1e-4 * min(eigenvalues)
    difference = (logm(matrix + step * direction) - logm(matrix - step * direction)) / (2 * step)
    assert float((x.grad.numpy() * direction).sum()) == pytest.approx(float((upstream * difference).sum()), rel=1e-5)


def test_the_derivative_is_finite_at_zero():
    x = torch.zeros(1, 3, 3, requires_grad=True)
    matrix_log(x).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_the_norm_of_the_half_vector_is_that_of_the_matrix():
    matrices = torch.from_numpy(spd(5, 6))
    vectors = half_vector(matrices)
    assert vectors.shape == (5, 21)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.linalg.matrix_norm(matrices))


def test_mean_and_tangent_vectors_are_those_of_pyriemann():
    geometry = pytest.importorskip("pyriemann.geometry", reason="pyriemann is not installed")
    x = 10 * np.random.default_rng(0).standard_normal((12, 19, 256)) * np.linspace(0.5, 2, 19)[:, None]
    x -= x.mean(axis=1, keepdims=True)  # average reference
    x -= x.mean(axis=-1, keepdims=True)
    theirs = geometry.covariance.covariances(x, estimator="oas")
    ours = shrunken(torch.from_numpy(x @ x.swapaxes(-1, -2) / 256), 256)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    logs = matrix_log(ours)
    mean = geometry.mean.mean_logeuclid(theirs)
    np.testing.assert_allclose(torch.linalg.matrix_exp(logs.mean(dim=0)), mean, rtol=0, atol=1e-6)
    # Their vectors are in the coordinates of the reference, whose differential ours leave out: at the identity both are the same.
    at_identity = geometry.tangentspace.tangent_space(theirs, np.eye(19), metric="logeuclid")
    at_mean = at_identity - geometry.tangentspace.tangent_space(mean[None], np.eye(19), metric="logeuclid")
    np.testing.assert_allclose(half_vector(logs - logs.mean(dim=0)), at_mean, rtol=0, atol=1e-6)
