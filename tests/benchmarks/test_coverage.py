"""The benchmark of intervals at a small size: what it simulates, what it finds, and the table that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import coverage as benchmark
    finally:
        sys.path.remove(str(BENCHMARKS))
    return benchmark


def test_intervals_cover_and_those_of_folds_do_not(benchmark, tmp_path, monkeypatch):
    found = benchmark.fixed(300, (8,))
    for name in ("70", "87"):
        for quantity, covered in found["coverage"]["8"][name].items():
            assert covered >= 91.2, f"{quantity} at {name}: 95 % and 3 standard errors of 1.26 %"
    assert found["coverage"]["8"]["rare_failures"]["accuracy"] < 80
    crossed = benchmark.cross_validated((36,), 120)
    none = crossed["36"]["none"]
    assert none["networks_as_given"]["accuracy"] < 93 and none["nested"]["accuracy"] > none["networks_as_given"]["accuracy"]
    assert none["accuracy"] == pytest.approx(0.5, abs=1e-9), "no effect: every network is right by chance"
    monkeypatch.setattr(benchmark, "OUTPUT", tmp_path / "simulated.py")
    benchmark.write_table({"n_cohorts": 300, "cross_validated_cohorts": 120, "cross_validated": crossed, **found})
    written: dict = {}
    exec((tmp_path / "simulated.py").read_text(), written)
    assert {row[:2] for row in written["CELLS"]["accuracy"]} == {(8, name) for name in benchmark.SPREADS}
    assert written["CROSS_VALIDATED"]["accuracy"][0] == (36, 0.5, none["networks_as_given"]["accuracy"])


def test_truths_of_everybody_are_those_of_a_second_draw(benchmark):
    spread = benchmark.SPREADS["70"]
    votes, auc = benchmark._truths(spread)
    random = np.random.default_rng(99)
    right = random.binomial(31, spread.draw(random, (2, 20_000)))
    assert votes == pytest.approx((right > 15.5).mean(), abs=0.01)
    positive, negative = right[0], 31 - right[1]
    assert auc == pytest.approx(np.mean([(p > negative).mean() + (p == negative).mean() / 2 for p in positive[:2000]]), abs=0.01)


def test_what_everybody_is_predicted_with_is_that_of_many_new_subjects(benchmark):
    import _cross_validated as simulated  # beside the benchmark

    random = np.random.default_rng(0)
    weights, bias = random.standard_normal((1, 1, 10)), np.array([[0.3]])
    centre = np.zeros(10)
    centre[0] = 0.75
    accuracy, vote, area = simulated._everybody(weights, bias, centre)
    truth = np.arange(20_000) % 2
    x = (2.0 * truth - 1)[:, None] * centre + random.standard_normal((20_000, 10))
    windows = x[:, None] + random.standard_normal((20_000, 31, 10))
    ones = (windows @ weights[0, 0] + 0.3 > 0).sum(axis=1)
    right = np.where(truth == 1, ones, 31 - ones)
    assert accuracy[0] == pytest.approx(right.mean() / 31, abs=0.01)
    assert vote[0] == pytest.approx((right > 15.5).mean(), abs=0.01)
    assert area[0] == pytest.approx(roc_auc_score(truth, ones), abs=0.01)
