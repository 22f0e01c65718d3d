"""Constant predictions, scored by hand."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.stats.baseline import baseline


def test_the_baseline_of_classes_is_the_majority_of_the_training_windows():
    found = baseline(np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 1, 1]), ("M", "F"))
    assert found == {"answer": "M", "validation_accuracy": 0.25, "validation_balanced_accuracy": 0.5}


def test_the_baseline_of_a_number_is_the_mean_of_the_training_windows():
    found = baseline(np.array([8.0, 12.0]), np.array([9.0, 13.0]), ())
    assert found["answer"] == 10.0
    assert found["validation_mae"] == 2.0
    assert found["validation_r2"] == pytest.approx(1 - (1 + 9) / (4 + 4))
    assert np.isnan(found["validation_r"])  # a constant correlates with nothing


def test_a_validation_set_of_one_class_has_no_balanced_accuracy():
    found = baseline(np.array([0.0, 0, 1]), np.array([0.0, 0]), ("M", "F"))
    assert found["validation_accuracy"] == 1.0 and np.isnan(found["validation_balanced_accuracy"])
