"""Permutation tests against every permutation written out, and against labels that mean nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats.permutation import correlation_under, p_value, right_under
from eegcli.study.permutations import Permutations

ONE_BLOCK = np.zeros(6, dtype=np.int64)


def all_orders(label: np.ndarray, block: np.ndarray) -> set[tuple]:
    """Every order of the labels that exchanges them within blocks alone."""
    found = {()}
    orders = [set(itertools.permutations(label[block == one].tolist())) for one in np.unique(block)]
    places = np.argsort(block, kind="stable")
    for combination in itertools.product(*orders):
        row = np.empty(len(label), dtype=label.dtype)
        row[places] = np.concatenate(combination)
        found.add(tuple(row.tolist()))
    return found - {()}


@pytest.mark.parametrize("block", [ONE_BLOCK, np.array([0, 0, 1, 1, 2, 2]), np.array([5, 1, 5, 1, 5, 1])])
def test_permutations_are_all_orders_within_blocks_and_equally_often(block):
    label = np.array([0, 1, 1, 0, 0, 1])
    drawn = np.concatenate(list(Permutations(label, block, 6000, seed=1)))
    rows, counts = np.unique(drawn, axis=0, return_counts=True)
    orders = all_orders(label, block)
    assert {tuple(row) for row in rows.tolist()} == orders
    expected = 6000 / len(orders)
    assert ((counts - expected) ** 2 / expected).sum() < 2.5 * len(orders) + 12  # chi square, far in its tail


def test_right_predictions_are_counted_as_if_each_were_compared(seed=3):
    random = np.random.default_rng(seed)
    tally = random.integers(0, 9, size=(12, 3)).astype(float)
    permutations = Permutations(random.integers(0, 3, 12), np.repeat(np.arange(4), 3), 50, seed)
    by_hand = [sum(tally[unit, label] for unit, label in enumerate(row)) for block in permutations for row in block]
    np.testing.assert_array_equal(right_under(permutations, tally), by_hand)


def test_correlation_is_that_of_every_window(seed=4):
    random = np.random.default_rng(seed)
    counts = random.integers(1, 7, 10)
    unit = np.repeat(np.arange(10), counts)
    prediction = random.normal(size=len(unit))
    permutations = Permutations(random.normal(size=10), np.zeros(10, dtype=np.int64), 40, seed)
    sums, squares = (np.bincount(unit, weights=values) for values in (prediction, prediction**2))
    by_hand = [np.corrcoef(row[unit], prediction)[0, 1] for block in permutations for row in block]
    np.testing.assert_allclose(correlation_under(permutations, sums, squares, counts.astype(float)), by_hand, atol=1e-12)


def test_a_truth_that_permutation_makes_constant_has_no_correlation():
    permutations = Permutations(np.array([1.0, 1.0, 1.0]), np.zeros(3, dtype=np.int64), 5, 0)
    assert not correlation_under(permutations, np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]), np.ones(3)).any()
    assert not permutations.can_differ
    assert not Permutations(np.array([0, 0, 1, 1]), np.array([7, 7, 9, 9]), 5, 0).can_differ
    assert Permutations(np.array([0, 1, 1, 1]), np.array([7, 7, 9, 9]), 5, 0).can_differ


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(0, 6))
def test_p_is_a_share_of_the_permutations_with_the_true_order(null, observed):
    whole = sum(value >= observed for value in null) + 1
    ties = sum(value == observed for value in null) + 1
    values = np.array(null, dtype=float)
    assert p_value(observed, values) == pytest.approx(whole / (len(null) + 1))
    assert p_value(observed, values, mid=True) == pytest.approx(max(whole - ties / 2, 1) / (len(null) + 1))


def test_the_best_of_twenty_orders_has_a_p_of_a_twentieth_however_ties_count():
    # The true order is the best of 20 in one of 20 studies of nothing: 0.025 would promise twice as much.
    null = np.arange(19.0)
    assert p_value(30.0, null) == p_value(30.0, null, mid=True) == 1 / 20
    assert p_value(17.5, null, mid=True) == 1.5 / 20


def test_what_differs_by_rounding_is_a_tie():
    assert p_value(0.1 + 0.2, np.array([0.3, 0.3])) == 1.0
    assert np.isnan(p_value(float("nan"), np.array([0.3])))


def test_same_seed_same_permutations_however_they_are_cut_into_blocks(monkeypatch):
    permutations = Permutations(np.arange(11), np.zeros(11, dtype=np.int64), 100, 2)
    whole = np.concatenate(list(permutations))
    monkeypatch.setattr("eegcli.study.permutations._NUMBERS_AT_ONCE", 50)
    np.testing.assert_array_equal(np.concatenate(list(permutations)), whole)


@pytest.mark.parametrize(("n_subjects", "mid"), [(20, False), (20, True), (60, False), (60, True)])
def test_labels_that_mean_nothing_are_found_in_five_percent(n_subjects, mid):
    """The smaller form of benchmarks/permutation.py: 600 cohorts, so that the share is known to about 0.9 points."""
    random = np.random.default_rng(n_subjects)
    label = np.arange(n_subjects) % 2
    found = 0
    for cohort in range(600):
        share = random.beta(2, 2, size=n_subjects)
        of_second = random.binomial(31, share)
        if mid:
            tally = np.stack([of_second <= 15, of_second > 15], axis=1).astype(float)
        else:
            tally = np.stack([31 - of_second, of_second], axis=1).astype(float)
        permutations = Permutations(label, np.zeros(n_subjects, dtype=np.int64), 199, cohort)
        observed = tally[np.arange(n_subjects), label].sum()
        found += p_value(observed, right_under(permutations, tally), mid=mid) <= 0.05
    assert 0.02 < found / 600 < 0.08
