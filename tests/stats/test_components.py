"""Principal components: those of scikit-learn, with a sign that does not depend on the library."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from eegcli.stats.components import principal_components


def test_components_are_those_of_scikit_learn():
    x = (np.random.default_rng(0).standard_normal((5000, 12)) * np.arange(1, 13)).astype(np.float32)
    found, expected = principal_components(x), PCA(2, svd_solver="full").fit(x.astype(np.float64))
    np.testing.assert_allclose(found.shares, expected.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(np.abs(found.axes), np.abs(expected.components_), atol=1e-6)
    np.testing.assert_allclose(np.abs(found(x[:9])), np.abs(expected.transform(x[:9].astype(np.float64))), atol=1e-4)
    assert (found.axes[np.arange(2), np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_one_feature_and_equal_vectors_have_no_second_component():
    one = principal_components(np.arange(6, dtype=np.float32)[:, None])
    assert one.shares.tolist() == [1.0, 0.0] and one.axes.shape == (2, 1)
    assert principal_components(np.ones((4, 3), np.float32)).shares.tolist() == [0.0, 0.0]
