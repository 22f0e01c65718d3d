"""Dealing units into parts: sums kept, strata even, no part without."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from eegcli.train.split.allocate import allocate, totals_of_shares


@st.composite
def deals(draw):
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=6))
    n_parts = draw(st.integers(2, 5))
    strata = np.random.default_rng(draw(st.integers(0, 99))).permutation(np.repeat(np.arange(len(sizes)), sizes))
    shares = draw(st.lists(st.floats(0.05, 1), min_size=n_parts, max_size=n_parts))
    return strata, totals_of_shares(len(strata), shares), draw(st.integers(0, 2**32 - 1))


def counts(strata: np.ndarray, part: np.ndarray, n_parts: int) -> np.ndarray:
    return np.array([[np.sum((strata == s) & (part == p)) for p in range(n_parts)] for s in range(strata.max() + 1)])


@given(deals())
def test_every_unit_gets_one_part_and_every_part_its_number(deal):
    strata, totals, seed = deal
    part = allocate(strata, totals, np.random.default_rng(seed))
    assert part.min() >= 0
    sizes = counts(strata, part, len(totals)).sum(axis=0)
    # A part may give one up only so that no other goes without a class that has enough units for all.
    if sizes.tolist() != totals:
        assert min(np.bincount(strata)) < 2 * len(totals) or min(totals) < 2 * (strata.max() + 1)


@given(deals())
def test_large_strata_are_shared_out_within_one_unit(deal):
    strata, totals, seed = deal
    strata = np.repeat(strata, 40)
    totals = [40 * total for total in totals]
    shares = np.outer(np.bincount(strata), totals) / len(strata)
    assume(shares[:, np.array(totals) > 0].min() >= 1)  # below, a unit moves so that no part goes without
    found = counts(strata, allocate(strata, totals, np.random.default_rng(seed)), len(totals))
    in_use = np.array(totals) > 0
    assert np.all(np.abs(found - shares)[:, in_use] <= 1 + 1e-9)
    assert found.sum(axis=0).tolist() == totals


@given(deals())
def test_a_stratum_with_enough_units_stands_in_every_part(deal):
    strata, totals, seed = deal
    found = counts(strata, allocate(strata, totals, np.random.default_rng(seed)), len(totals))
    in_use = np.array(totals) > 0
    if min(totals[i] for i in np.flatnonzero(in_use)) < strata.max() + 1:
        return  # there is no room for all strata in the smallest part
    for stratum in found:
        assert stratum.sum() < in_use.sum() or np.all(stratum[in_use] > 0)


@given(deals())
def test_the_deal_is_a_function_of_the_seed(deal):
    strata, totals, seed = deal
    one, two = (allocate(strata, totals, np.random.default_rng(seed)) for _ in range(2))
    assert one.tolist() == two.tolist()


def test_another_seed_deals_otherwise():
    strata = np.repeat([0, 1], 50)
    one, two = (allocate(strata, [60, 20, 20], np.random.default_rng(seed)) for seed in (0, 1))
    assert one.tolist() != two.tolist()


def test_three_of_a_rare_class_go_to_three_sets():
    strata = np.array([0] * 37 + [1] * 3)
    part = allocate(strata, [24, 8, 8], np.random.default_rng(0))
    assert sorted(part[37:].tolist()) == [0, 1, 2]
    assert np.bincount(part).tolist() == [24, 8, 8]


def test_shares_become_whole_numbers_by_the_largest_remainders():
    assert totals_of_shares(5, (0.6, 0.2, 0.2)) == [3, 1, 1]
    assert totals_of_shares(12, (0.6, 0.2, 0.2)) == [7, 3, 2]  # 7.2, 2.4, 2.4
    assert totals_of_shares(1574, (0.5625, 0.3125, 0.125)) == [885, 492, 197]  # as in Truong et al. 2021
    assert totals_of_shares(3, (1, 1, 1, 1)) == [1, 1, 1, 0]
