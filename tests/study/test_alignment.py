"""Alignment of subjects: the mean covariance of each becomes the identity, by either mean, also where a rank is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.covariance import oas

from eegcli.errors import InputError
from eegcli.study.alignment import covariances, euclidean_mean, riemannian_mean, shrunken, subject_mean, whitener


def windows(seed: int, n: int = 6, n_chans: int = 4, n_times: int = 50) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixing = np.linalg.qr(random.standard_normal((n_chans, n_chans)))[0] * random.uniform(5, 20, n_chans)
    return (mixing @ (random.standard_normal((n, n_chans, n_times)) * random.uniform(0.5, 2, (n, n_chans, 1)))).astype(np.float32)


@given(st.integers(0, 1000))
def test_after_alignment_the_mean_covariance_is_the_identity(seed):
    x = windows(seed)
    matrix = whitener(euclidean_mean(covariances(x)))
    np.testing.assert_allclose(euclidean_mean(covariances(matrix @ x)), np.eye(4), atol=1e-4)


@given(st.integers(0, 300))
def test_the_riemannian_mean_is_where_the_logarithms_cancel(seed):
    own = covariances(windows(seed))
    mean = riemannian_mean(own)
    # Slowly, by its definition: the gradient of the sum of squared distances is zero.
    root = np.linalg.inv(np.linalg.cholesky(mean))
    logs = []
    for one in own:
        values, vectors = np.linalg.eigh(root @ one @ root.T)
        logs.append(vectors @ np.diag(np.log(values)) @ vectors.T)
    np.testing.assert_allclose(np.mean(logs, axis=0), 0, atol=1e-7)


def test_of_two_matrices_the_riemannian_mean_is_the_geometric_one():
    a, b = np.diag([1.0, 4.0]), np.diag([9.0, 1.0])
    np.testing.assert_allclose(riemannian_mean(np.stack([a, b])), np.diag([3.0, 2.0]), atol=1e-9)


@pytest.mark.parametrize("mean", [euclidean_mean, riemannian_mean])
def test_an_average_reference_costs_a_rank_and_nothing_else(mean):
    x = windows(3).astype(np.float64)
    x -= x.mean(axis=1, keepdims=True)
    after = mean(covariances(whitener(mean(covariances(x))) @ x))
    values = np.linalg.eigvalsh(after)
    np.testing.assert_allclose(values, [0, 1, 1, 1], atol=1e-6)


def test_windows_of_unequal_rank_have_no_geometric_mean():
    x = windows(4)
    x[2, 1] = 0.0
    with pytest.raises(InputError, match="fewer independent channels"):
        riemannian_mean(covariances(x))


def of_unequal_rank() -> np.ndarray:
    """Windows of two recordings with an average reference, in which other channels were interpolated."""
    x = windows(4, n=8, n_chans=6).astype(np.float64)
    x[4:, 2] = (x[4:, 0] + x[4:, 1]) / 2
    return x - x.mean(axis=1, keepdims=True)


def test_shrunken_covariances_are_those_of_scikit_learn():
    x = of_unequal_rank()
    expected = [oas(window.T, assume_centered=True)[0] for window in x]
    np.testing.assert_allclose(shrunken(covariances(x), x.shape[2]), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(shrunken(np.zeros((2, 3, 3)), 50), np.zeros((2, 3, 3)))


def test_recordings_of_unequal_rank_have_a_geometric_mean_when_they_are_shrunken():
    x = of_unequal_rank()
    ranks = np.linalg.matrix_rank(covariances(x), tol=1e-9)
    assert ranks.tolist() == [5] * 4 + [4] * 4
    mean = subject_mean("subject-riemannian", covariances(x), x.shape[2])
    after = shrunken(covariances(x), x.shape[2])
    matrix = whitener(mean)
    np.testing.assert_allclose(riemannian_mean(matrix @ after @ matrix), np.eye(6), atol=1e-6)


def test_a_window_without_signal_has_no_part_in_the_geometric_mean():
    x = windows(5)
    silent = np.concatenate([x, np.zeros_like(x[:2])])
    found = subject_mean("subject-riemannian", covariances(silent), x.shape[2])
    np.testing.assert_allclose(found, subject_mean("subject-riemannian", covariances(x), x.shape[2]))
    np.testing.assert_array_equal(subject_mean("subject-riemannian", np.zeros((2, 3, 3)), 50), np.zeros((3, 3)))


def test_means_and_whitened_covariances_are_those_of_pyriemann():
    pytest.importorskip("pyriemann")
    from pyriemann.estimation import Covariances
    from pyriemann.transfer import TLCenter
    from pyriemann.utils.mean import mean_euclid, mean_riemann

    x = of_unequal_rank()
    theirs = Covariances(estimator="oas").fit_transform(x)
    ours = shrunken(covariances(x - x.mean(axis=2, keepdims=True)), x.shape[2])
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    for metric, of, expected in (("euclid", euclidean_mean, mean_euclid(theirs)), ("riemann", riemannian_mean, mean_riemann(theirs))):
        np.testing.assert_allclose(of(ours), expected, rtol=1e-6, atol=1e-6)
        matrix = whitener(of(ours))
        centred = TLCenter("s", metric=metric).fit(theirs, np.array(["s/a"] * len(theirs))).transform(theirs)
        np.testing.assert_allclose(matrix @ ours @ matrix, centred, atol=1e-6)


def test_a_subject_without_signal_becomes_zeros():
    np.testing.assert_array_equal(whitener(np.zeros((3, 3))), np.zeros((3, 3)))


def test_a_subject_without_signal_has_no_geometric_mean_and_stays_zero():
    np.testing.assert_array_equal(whitener(riemannian_mean(np.zeros((5, 3, 3)))), np.zeros((3, 3)))
