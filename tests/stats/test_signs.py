"""Sign-flip test against every pattern of signs, and against its own level."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats.signs import sign_flip_p


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_p_is_the_share_of_the_patterns_that_reach_the_sum(values):
    differences = np.array(values, dtype=float) / 10
    patterns = [abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in itertools.product((1, -1), repeat=len(values))]
    expected = np.mean([one >= abs(sum(values)) for one in patterns]) if any(values) else 1.0
    assert sign_flip_p(differences) == pytest.approx(expected)


def test_drawn_patterns_agree_with_all_of_them():
    random = np.random.default_rng(1)
    differences = random.normal(0.3, 1.0, size=14)  # one more than are all looked at
    signs = 1 - 2 * ((np.arange(2**14)[:, None] >> np.arange(14)) & 1)
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) * (1 - 1e-9))
    assert sign_flip_p(differences, n=40_000) == pytest.approx(exact, abs=0.01)
    assert np.isnan(sign_flip_p(np.array([])))


def test_level_is_kept_without_a_difference():
    random = np.random.default_rng(2)
    p = [sign_flip_p(random.normal(size=12)) for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.085
