"""Intervals against published values, a slow loop, and their own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.stats import intervals


def test_wilson_of_the_papers_test_set():
    # 87.0 % (a mean over seeds, so not of whole subjects) of 197: 81.6 to 91.0
    assert intervals.wilson(0.87 * 197, 197) == pytest.approx((0.816, 0.910), abs=5e-4)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_of_newcombes_table(right, n, low, high):
    assert intervals.wilson(right, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_a_share(n, share):
    low, high = intervals.wilson(share * n, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_of_nobody_is_undefined():
    assert np.isnan(intervals.wilson(0, 0)).all()


def test_sums_by_subject_add_up_what_belongs_together():
    sums = intervals.sums_by_subject(np.array([1.0, 2, 4, 8]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 0]), 2, 2)
    np.testing.assert_array_equal(sums, [[1, 4], [10, 0]])


def test_bootstrap_agrees_with_a_loop_over_resampled_windows():
    random = np.random.default_rng(3)
    n_subjects = 30
    n_windows = random.integers(5, 40, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_windows)
    truth = (np.arange(n_subjects) % 2)[subject]
    right = random.random(len(subject)) < random.beta(4, 2, n_subjects)[subject]
    ones = np.ones(len(subject))

    def by(values):
        return intervals.sums_by_subject(values, subject, truth, n_subjects, 2)

    of_accuracy, of_balanced = intervals.bootstrap(by(right.astype(float)), by(ones), resamples=4000, seed=0)

    accuracies, balanced = [], []
    for _ in range(4000):
        rows = np.concatenate([np.flatnonzero(subject == s) for s in random.integers(0, n_subjects, n_subjects)])
        accuracies.append(right[rows].mean())
        balanced.append(np.mean([right[rows][truth[rows] == k].mean() for k in (0, 1) if (truth[rows] == k).any()]))
    assert of_accuracy == pytest.approx(np.quantile(accuracies, [0.025, 0.975]), abs=0.01)
    assert of_balanced == pytest.approx(np.quantile(balanced, [0.025, 0.975]), abs=0.01)


def test_bootstrap_over_subjects_covers_where_windows_of_a_subject_agree():
    # 60 subjects of 20 windows that are all right or all wrong, truly 80 %: treated as 1200 draws it would cover about 35 %.
    random = np.random.default_rng(5)
    covered = 0
    for trial in range(200):
        counts = np.full((60, 1), 20.0)
        sums = counts * (random.random((60, 1)) < 0.8)
        (low, high), _ = intervals.bootstrap(sums, counts, resamples=400, seed=trial)
        covered += low <= 0.8 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_same_seed_same_interval():
    sums, counts = np.random.default_rng(0).integers(0, 9, (700, 2)).astype(float), np.full((700, 2), 9.0)
    assert intervals.bootstrap(sums, counts, resamples=300, seed=1) == intervals.bootstrap(sums, counts, resamples=300, seed=1)
    assert intervals.bootstrap(sums, counts, resamples=300, seed=1) != intervals.bootstrap(sums, counts, resamples=300, seed=2)


def test_one_subject_has_no_interval():
    assert np.isnan(intervals.bootstrap(np.ones((1, 2)), np.ones((1, 2)), resamples=10, seed=0)).all()
