"""Figures below each other: one number of decimals in the unit of the target, no sign before nothing, a dash for what is not defined."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.evaluate.wording import aligned, interval_text, tell
from eegcli.registry import METRICS
from eegcli.stats.summary import Predictions, summarise
from tests.kit.reporters import CapturingReporter


def level(mae: float, low: float, high: float, mean: float) -> dict:
    return {"mae": mae, "ci95": (low, high), "baseline_mae": mean, "r2": -0.0004, "r": 0.5, "n": 40, "n_subjects": 40}


@pytest.mark.parametrize(
    ("largest", "shown"),
    [(4.23, ["2.80", "0.04 to 3.40", "4.23"]), (9.996, ["2.8", "0.0 to 3.4", "10.0"]), (4230.0, ["3", "0 to 3", "4230"])],
)
def test_the_largest_figure_in_the_unit_of_the_target_has_three_digits_and_the_others_its_decimals(largest, shown):
    figures = level(2.8, 0.04, 3.4, largest)
    entries = aligned([figures, level(1.0, np.nan, np.nan, 1.0)], "regression")
    assert [entries["mae"].text(2.8), interval_text(figures["ci95"], entries["mae"]), entries["baseline_mae"].text(largest)] == shown
    assert entries["r"] is METRICS["r"]


def test_a_target_of_small_numbers_keeps_its_digits():
    assert aligned([level(0.00123, 0.001, 0.002, 0.0456)], "regression")["mae"].text(0.00123) == "0.0012"


@pytest.mark.parametrize(("value", "shown"), [(-0.0004, "0.00"), (-0.0, "0.00"), (-0.006, "-0.01"), (np.nan, "-"), (None, "-")])
def test_what_is_rounded_to_nothing_has_no_sign(value, shown):
    assert METRICS["r2"].text(value) == shown


def test_votes_of_two_have_no_correlation_on_the_screen_and_the_reason_is_said():
    truth, predicted = np.array([8.0, 12.0]), np.array([9.0, 10.0])
    two = Predictions(truth, predicted, np.arange(2), constant=np.full(2, 10.0))
    figures = summarise([two], "regression", 0, resamples=10, seed=0)
    assert np.isnan(figures["r"])
    stored = figures | {"r": None}  # as metrics.json has it
    reporter = CapturingReporter()
    tell({"kind": "regression", "unit": "subject", "splits": {"test": {"window": stored, "vote": stored}}}, title="t", reporter=reporter)
    [table] = reporter.tables
    assert [row[table.columns.index("r")] for row in table.rows] == ["-", "-"]
    assert "fewer than three" in " ".join(reporter.warnings)
