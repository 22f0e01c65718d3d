"""Scores: scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from eegcli.engine.score import accuracy, balanced_accuracy, baseline, r_squared


@given(st.integers(0, 9999), st.integers(2, 4), st.integers(2, 60))
def test_scores_of_classes_are_those_of_scikit_learn(seed, n_classes, n_windows):
    rng = np.random.default_rng(seed)
    outputs, answers = rng.normal(size=(n_windows, n_classes)), rng.integers(0, n_classes, n_windows).astype(float)
    predicted = outputs.argmax(axis=1)
    assert accuracy(outputs, answers) == pytest.approx(metrics.accuracy_score(answers, predicted))
    recalls = metrics.recall_score(answers, predicted, labels=np.unique(answers), average="macro", zero_division=0)
    assert balanced_accuracy(outputs, answers) == pytest.approx(recalls)


@given(st.integers(0, 9999), st.integers(2, 60))
def test_r_squared_is_that_of_scikit_learn(seed, n_windows):
    rng = np.random.default_rng(seed)
    outputs, answers = rng.normal(size=(n_windows, 1)), rng.normal(size=n_windows)
    assert r_squared(outputs, answers) == pytest.approx(metrics.r2_score(answers, outputs[:, 0]))


def test_of_equal_outputs_the_first_class_is_the_answer():
    assert accuracy(np.zeros((4, 2)), np.array([0.0, 0.0, 1.0, 0.0])) == 0.75


def test_the_baseline_of_classes_is_the_majority_of_the_training_windows():
    found = baseline(np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 1, 1]), ("M", "F"))
    assert found == {"answer": "M", "validation_accuracy": 0.25, "validation_balanced_accuracy": 0.5}


def test_the_baseline_of_a_number_is_the_mean_of_the_training_windows():
    found = baseline(np.array([8.0, 12.0]), np.array([9.0, 13.0]), ())
    assert found["answer"] == 10.0
    assert found["validation_mae"] == 2.0
    assert found["validation_r2"] == pytest.approx(1 - (1 + 9) / (4 + 4))
