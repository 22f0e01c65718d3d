"""Objective: the figures of an epoch, and which epoch is kept where a metric is not defined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as oracle

from eegcli.engine.objective import Objective, TargetScaler
from eegcli.models.head import LOGIT, NUMBER, SOFTMAX
from eegcli.registry import METRICS


@pytest.mark.parametrize("head", [SOFTMAX, LOGIT], ids=str)
def test_the_figures_of_classes_are_those_of_scikit_learn(head):
    rng = np.random.default_rng(0)
    outputs, labels = rng.normal(size=(40, head.n_outputs(2))), rng.integers(0, 2, 40).astype(float)
    predicted = outputs.argmax(axis=1) if head is SOFTMAX else outputs[:, 0] > 0
    objective = Objective(head)
    row = objective.validation_row(outputs, labels)
    assert list(row) == ["validation_loss", "validation_accuracy", "validation_balanced_accuracy"]
    assert row["validation_accuracy"] == pytest.approx(oracle.accuracy_score(labels, predicted))
    assert row["validation_balanced_accuracy"] == pytest.approx(oracle.balanced_accuracy_score(labels, predicted))
    probabilities = head.predictions(outputs)
    assert row["validation_loss"] == pytest.approx(oracle.log_loss(labels, probabilities))
    assert objective.test_row(outputs, labels) == {name.replace("validation", "test"): value for name, value in row.items()}
    assert objective.train_row(outputs, labels)["train_accuracy"] == pytest.approx(oracle.accuracy_score(labels, predicted))


def test_of_a_validation_set_of_one_class_the_smallest_loss_decides():
    objective, labels = Objective(SOFTMAX), np.zeros(3)
    sure, unsure = (objective.validation_row(np.tile([margin, 0.0], (3, 1)), labels) for margin in (3.0, 1.0))
    assert np.isnan(sure["validation_balanced_accuracy"])
    assert objective.score(sure) > objective.score(unsure)


def test_a_defined_score_decides_before_any_loss():
    objective = Objective(SOFTMAX)
    better = {"validation_loss": 9.0, "validation_balanced_accuracy": 0.6}
    assert objective.score(better) > objective.score({"validation_loss": 0.1, "validation_balanced_accuracy": 0.5})
    assert objective.score(better) == objective.score(better | {"validation_loss": 1.0})  # of equals the earliest is kept


def test_metrics_in_the_unit_of_a_standardised_target_are_given_in_that_unit(monkeypatch):
    monkeypatch.setitem(METRICS, "mae", replace(METRICS["mae"], per_epoch=True))
    rng = np.random.default_rng(1)
    ages, predicted = rng.uniform(5, 21, 30), rng.uniform(5, 21, 30)
    scaler = TargetScaler.fitted(ages)
    outputs = scaler.standardised(predicted)[:, None]
    row = Objective(NUMBER, scaler=scaler).validation_row(outputs, scaler.standardised(ages))
    assert row["validation_mae"] == pytest.approx(oracle.mean_absolute_error(ages, predicted))
    assert row["validation_r2"] == pytest.approx(oracle.r2_score(ages, predicted))
    assert row["validation_loss"] == pytest.approx(oracle.mean_squared_error(ages, predicted) / ages.var())


def test_a_metric_of_which_the_lowest_is_best_keeps_the_lowest(monkeypatch):
    monkeypatch.setitem(METRICS, "r2", replace(METRICS["r2"], chooses=False))
    monkeypatch.setitem(METRICS, "mae", replace(METRICS["mae"], per_epoch=True, chooses=True))
    rows = [{"validation_loss": 1.0, "validation_mae": error} for error in (3.0, 2.0, 4.0)]
    assert max(rows, key=Objective(NUMBER).score)["validation_mae"] == 2.0
