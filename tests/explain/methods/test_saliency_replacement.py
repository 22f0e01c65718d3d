"""Saliency replacement against numpy.interp."""

import numpy as np
import pytest

from eegcli.explain.methods.saliency_replacement import replaced, shifted

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((4, 3, 50)).astype(np.float32)
MAPS = RANDOM.random((4, 3, 50)).astype(np.float32)


def test_samples_below_the_quantile_are_interpolated_and_no_other_changes():
    made = replaced(X, MAPS, 0.3)
    for window in range(4):
        least = np.quantile(MAPS[window], 0.3)
        for channel in range(3):
            kept = np.flatnonzero(MAPS[window, channel] >= least)
            np.testing.assert_array_equal(made[window, channel, kept], X[window, channel, kept])
            expected = np.interp(np.arange(50), kept, X[window, channel, kept])
            np.testing.assert_allclose(made[window, channel], expected, rtol=1e-6)
    assert np.mean(made != X) == pytest.approx(0.3, abs=0.01)


def test_a_channel_without_a_sample_left_is_zero_and_ends_go_on():
    maps = np.ones((1, 3, 50), np.float32)
    maps[0, 0] = 0.0
    maps[0, 1, :10] = 0.0
    made = replaced(X[:1], maps, 0.5)
    assert not made[0, 0].any() and (made[0, 1, :10] == X[0, 1, 10]).all() and (made[0, 2] == X[0, 2]).all()


def test_chance_removes_as_much_elsewhere():
    moved = shifted(MAPS, np.random.default_rng(0))
    for one, other in zip(MAPS, moved, strict=True):
        assert any(np.array_equal(np.roll(one, step, axis=1), other) for step in range(1, 50))
    assert not np.array_equal(moved, MAPS)
