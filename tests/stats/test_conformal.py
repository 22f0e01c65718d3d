"""Conformal sets against their definition, counted by hand, and their coverage against arithmetic and simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest

from eegcli.stats import conformal


def test_fewer_than_nine_calibration_subjects_can_leave_nothing_out_of_sets_of_nine_tenths():
    for coverage, needed in ((0.9, 9), (0.95, 19), (0.8, 4), (0.5, 1), (0.99, 99)):
        assert conformal.fewest(coverage) == needed
        assert conformal.rank_of(coverage, needed) == needed
        assert conformal.rank_of(coverage, needed - 1) > needed - 1
    scores = np.random.default_rng(0).random((4, 3))
    assert conformal.conformal_sets(np.arange(8.0), scores + 100, 0.9, np.full(4, 0.5)).plain.all()
    assert not conformal.conformal_sets(np.arange(9.0), scores + 100, 0.9, np.full(4, 0.5)).plain.any()


def test_ranks_are_those_of_fractions():
    for n in range(1, 200):
        for percent in (80, 90, 95, 99):
            assert conformal.rank_of(percent / 100, n) == math.ceil(Fraction(percent, 100) * (n + 1)), (n, percent)


@pytest.mark.parametrize("seed", range(20))
def test_sets_are_those_of_their_definition_with_ties(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 30))
    scores, truth, uniform = rng.integers(0, 5, (n, 3)) / 4, rng.integers(0, 3, n), rng.random(n)
    found = conformal.leave_one_out(scores, truth, 0.9, uniform)
    for i in range(n):
        others = sorted(scores[j, truth[j]] for j in range(n) if j != i)
        threshold = others[math.ceil(Fraction(9, 10) * n) - 1]
        for k in range(3):
            larger = sum(value > scores[i, k] for value in others)
            equal = sum(value == scores[i, k] for value in others) + 1
            assert found.plain[i, k] == (scores[i, k] <= threshold)
            assert found.p_value[i, k] == pytest.approx((larger + equal) / n)
            assert found.randomised[i, k] == ((larger + uniform[i] * equal) / n > 0.1)
            assert not found.randomised[i, k] or found.plain[i, k] or equal > 1


@pytest.mark.parametrize("n", [10, 20, 37, 40])
def test_of_a_cohort_without_ties_as_many_are_in_their_plain_set_as_the_rank_says(n):
    scores = np.random.default_rng(n).permutation(n)[:, None] / n
    found = conformal.leave_one_out(scores, np.zeros(n, int), 0.9, np.full(n, 0.5))
    assert found.plain.sum() == math.ceil(Fraction(9, 10) * n)  # 9 of 10 subjects, 36 of 40: but 34 of 37


@pytest.mark.parametrize("n", [9, 12, 39])
def test_randomised_sets_of_new_subjects_hold_the_truth_as_often_as_asked(n):
    rng = np.random.default_rng(1)
    held = []
    for _ in range(150):
        scores = rng.normal(size=(n + 40, 1))
        held.append(conformal.conformal_sets(scores[:n, 0], scores[n:], 0.9, rng.random(40)).randomised.mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.025)


@pytest.mark.parametrize("seed", range(10))
def test_half_widths_are_the_ranked_error_of_all_the_others(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 40))
    errors = rng.integers(0, 8, n) / 2
    for coverage in (0.9, 0.5):
        found = conformal.half_widths(errors, coverage)
        for i in range(n):
            others = sorted(np.delete(errors, i))
            assert found[i] == others[conformal.rank_of(coverage, n - 1) - 1]
    assert np.isinf(conformal.half_widths(errors[:9], 0.9)).all()
