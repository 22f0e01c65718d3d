"""Figures of several networks together: a mean where each has the figure, nothing where one has none."""

from __future__ import annotations

import math

import pytest

from eegcli.artifacts.metrics_of_run import summary


def network(r2: float | None, accuracy: float) -> dict:
    of_test = {"epoch": 3, "test_accuracy": accuracy, "test_balanced_accuracy": r2}
    return {"validation": {"validation_r2": r2, "validation_loss": accuracy}, "optimistic": of_test, "honest": of_test}


@pytest.mark.parametrize("undefined", [None, math.nan])  # as metrics.json holds it, and before it is written
def test_a_figure_that_a_network_does_not_have_has_no_mean(undefined):
    together = summary([network(0.5, 0.25), network(undefined, 0.75)])
    assert together["validation"] == {"validation_r2": None, "validation_loss": 0.5}
    assert together["validation_sd"] == {"validation_r2": None, "validation_loss": pytest.approx(0.125**0.5)}
    assert together["optimistic"] == {"test_accuracy": 0.5, "test_balanced_accuracy": None}
