"""Class weights: scikit-learn's, from 60:40 on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from eegcli.engine.class_weights import class_weights


@given(st.lists(st.integers(1, 200), min_size=2, max_size=5))
def test_balanced_weights_are_those_of_scikit_learn(counts):
    answers = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=answers)
    np.testing.assert_allclose(class_weights(np.array(counts), "balanced"), expected)


@pytest.mark.parametrize(
    ("counts", "balances"), [((50, 50), False), ((59, 41), False), ((60, 40), True), ((40, 60), True), ((90, 60, 70), True)]
)
def test_auto_balances_from_sixty_to_forty_on(counts, balances):
    assert (class_weights(np.array(counts), "auto") is not None) == balances


def test_none_never_balances():
    assert class_weights(np.array([99, 1]), "none") is None
