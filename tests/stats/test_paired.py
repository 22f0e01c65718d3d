"""Interval of paired differences: coverage over simulated cohorts, and what cannot be told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from eegcli.stats.paired import paired_interval


@pytest.mark.parametrize(("n", "skewed"), [(8, False), (20, True), (36, False)])
def test_it_covers_the_true_mean_in_95_of_100_cohorts(n, skewed):
    rng, covered = np.random.default_rng(4), 0
    for seed in range(400):
        differences = rng.exponential(1.0, n) - 1.0 if skewed else rng.normal(0.0, 1.0, n)
        low, high = paired_interval(differences, resamples=400, seed=seed)
        covered += low <= 0 <= high
    assert 0.92 <= covered / 400 <= 1.0  # 3 standard errors of 95 % below; it is the wider of two


def test_it_is_never_narrower_than_students():
    differences = np.random.default_rng(1).exponential(1.0, 15)
    low, high = paired_interval(differences, resamples=2000, seed=0)
    student = stats.t.interval(0.95, 14, loc=differences.mean(), scale=stats.sem(differences))
    assert low <= student[0] + 1e-12 and high >= student[1] - 1e-12
    assert high - student[1] > student[0] - low, "a long tail above: the mean may be far higher"


@pytest.mark.parametrize("differences", [[], [0.1], [0.2, 0.2, 0.2], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])
def test_where_nothing_can_be_told_there_is_no_interval(differences):
    assert all(math.isnan(bound) for bound in paired_interval(np.array(differences), resamples=500, seed=0))
