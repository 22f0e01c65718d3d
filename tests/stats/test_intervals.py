"""Intervals against published values, SciPy, a slow loop, and their own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eegcli.errors import InputError
from eegcli.stats.intervals import clustered, mover, subject_interval
from eegcli.stats.intervals.binomial import clopper_pearson, korn_graubard, wilson
from eegcli.stats.intervals.correlation import fisher_z
from eegcli.stats.intervals.ranking import delong, newcombe, newcombe_of_groups, placements
from eegcli.stats.intervals.resampling import Stratum, bootstrap_t
from eegcli.stats.metrics import auc_within_folds
from eegcli.stats.summary import Predictions, summarise


def test_wilson_of_the_papers_test_set():
    # 87.0 % (a mean over seeds, so not of whole subjects) of 197: 81.6 to 91.0
    assert wilson(0.87 * 197, 197) == pytest.approx((0.816, 0.910), abs=5e-4)


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
    assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_a_share(n, share):
    low, high = wilson(share * n, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_of_nobody_is_undefined():
    assert np.isnan(wilson(0, 0)).all()


@pytest.mark.parametrize(("right", "n"), [(0, 8), (8, 8), (17, 20), (1, 29), (171, 197)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_clopper_pearson_is_scipys(right, n, confidence):
    wanted = stats.binomtest(right, n).proportion_ci(confidence, "exact")
    assert clopper_pearson(right, n, confidence=confidence) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_clopper_pearson_of_newcombes_table():
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 5
    low, high = clopper_pearson([81, 15, 0, 1], [263, 148, 20, 29])
    np.testing.assert_allclose(low, [0.2527, 0.0578, 0.0, 0.0009], atol=5e-5)
    np.testing.assert_allclose(high, [0.3676, 0.1617, 0.1684, 0.1776], atol=5e-5)
    assert np.isnan(clopper_pearson(0, 0)).all()


def test_several_votes_of_a_subject_are_worth_no_less_than_one_and_no_more_than_as_many():
    agree = np.array([[2.0], [0.0], [2.0], [2.0], [0.0], [2.0]])
    np.testing.assert_allclose(np.ravel(korn_graubard(agree, np.full((6, 1), 2.0))), clopper_pearson(4, 6), atol=1e-12)
    opposed = np.array([[1.0], [1.0], [1.0], [1.0], [1.0], [2.0]])
    np.testing.assert_allclose(np.ravel(korn_graubard(opposed, np.full((6, 1), 2.0))), clopper_pearson(7, 12), atol=1e-12)
    all_right = np.full((6, 1), 2.0)
    np.testing.assert_allclose(np.ravel(korn_graubard(all_right, all_right)), clopper_pearson(6, 6), atol=1e-12)


def test_the_effective_number_of_votes_is_the_one_of_a_slow_computation():
    random = np.random.default_rng(3)
    counts = random.integers(3, 9, 12).astype(float)
    sums = random.binomial(counts.astype(int), random.beta(4, 2, 12)).astype(float)
    share = sums.sum() / counts.sum()
    variance = 12 / 11 * sum((s - share * c) ** 2 for s, c in zip(sums, counts, strict=True)) / counts.sum() ** 2
    effective = share * (1 - share) / variance * (stats.t.ppf(0.975, counts.sum() - 1) / stats.t.ppf(0.975, 11)) ** 2
    assert 12 < effective < counts.sum()
    wanted = stats.beta.ppf(
        [0.025, 0.975], [share * effective, share * effective + 1], [(1 - share) * effective + 1, (1 - share) * effective]
    )
    assert np.ravel(korn_graubard(sums[:, None], counts[:, None])) == pytest.approx(wanted, abs=1e-12)


def test_fishers_z_is_scipys():
    random = np.random.default_rng(0)
    x = random.standard_normal(20)
    found = stats.pearsonr(x, x + random.standard_normal(20))
    wanted = found.confidence_interval(0.95)
    assert fisher_z(found.statistic, 20) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert np.isnan(fisher_z(0.5, 3)).all()
    assert fisher_z(1.0, 10) == (1.0, 1.0)


def test_delong_is_that_of_pairs_counted_one_by_one():
    random = np.random.default_rng(1)
    truth = np.repeat([0, 1], [40, 30])
    score = np.round(random.standard_normal(70) + truth, 1)  # ties
    wins = np.array([[(a > b) + 0.5 * (a == b) for b in score[truth == 0]] for a in score[truth == 1]])
    area = wins.mean()
    variance = wins.mean(axis=1).var(ddof=1) / 30 + wins.mean(axis=0).var(ddof=1) / 40
    logit, half = np.log(area / (1 - area)), stats.norm.ppf(0.975) * variance**0.5 / (area * (1 - area))
    wanted = 1 / (1 + np.exp(-np.array([logit - half, logit + half])))
    assert delong(placements(truth, score), truth) == pytest.approx(wanted, abs=1e-12)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_newcombes_bounds_are_the_areas_that_reach_as_far_as_what_was_found(m, n, area):
    low, high = (float(bound) for bound in newcombe(area, m, n))
    assert 0 <= low <= area + 1e-9 and area - 1e-9 <= high <= 1
    for bound in (low, high):
        star, q1, q2 = (m + n) / 2 - 1, bound / (2 - bound), 2 * bound**2 / (1 + bound)
        variance = (bound * (1 - bound) + star * (q1 - bound**2) + star * (q2 - bound**2)) / (m * n)
        assert abs(bound - area) == pytest.approx(stats.norm.ppf(0.975) * max(variance, 0) ** 0.5, abs=1e-6)


def test_perfect_scores_of_four_and_four_leave_a_wide_interval():
    low, high = newcombe(1.0, 4, 4)
    assert high == 1.0 and 0.5 < low < 0.7


def test_mover_of_means_and_of_a_difference():
    # Zou & Donner 2008, equation 5: with r = 0 the margins add up as squares
    assert mover.difference((0.5, 0.2, 0.9), (0.3, 0.1, 0.4), 0.0) == pytest.approx(
        (0.2 - (0.3**2 + 0.1**2) ** 0.5, 0.2 + (0.4**2 + 0.2**2) ** 0.5)
    )
    assert mover.difference((0.5, 0.3, 0.7), (0.3, 0.1, 0.5), 1.0) == pytest.approx((0.2, 0.2))
    assert mover.mean([(0.5, 0.2, 0.9), (0.3, 0.1, 0.4)]) == pytest.approx(
        (0.4 - (0.3**2 + 0.2**2) ** 0.5 / 2, 0.4 + (0.4**2 + 0.1**2) ** 0.5 / 2)
    )


def test_bootstrap_t_of_a_target_that_changes_within_subjects_agrees_with_a_loop():
    random = np.random.default_rng(3)
    counts = random.integers(5, 20, (12, 2)).astype(float)
    sums = random.binomial(counts.astype(int), random.beta(4, 2, (12, 1))).astype(float)

    def balanced(rows):
        totals, own = counts[rows].sum(axis=0), sums[rows].sum(axis=0)
        off = ((sums[rows] - own / totals * counts[rows]) / totals).sum(axis=1) / 2
        return (own / totals).mean(), (12 / 11 * (off**2).sum()) ** 0.5

    value, error = balanced(np.arange(12))
    draws = np.random.default_rng(5).integers(0, 12, (400, 12))
    t = sorted((mean - value) / spread for mean, spread in map(balanced, draws))
    found = bootstrap_t([Stratum(sums[:, :, None], counts[:, :, None])], resamples=400, seed=5, confidence=0.95)
    assert (found.value[0], found.error[0]) == pytest.approx((value, error), abs=1e-12)
    assert (found.t_low[0], found.t_high[0]) == pytest.approx((t[9], t[390]), abs=1e-9)


def test_many_cohorts_at_once_are_those_one_by_one():
    random = np.random.default_rng(0)
    counts = random.integers(4, 40, (9, 30)).astype(float)
    sums = random.binomial(counts.astype(int), 0.9).astype(float)
    together = clustered.mean_interval(sums, counts, share=True, resamples=300, seed=2)
    alone = [subject_interval(s, c, seed=2, resamples=300) for s, c in zip(sums.T, counts.T, strict=True)]
    np.testing.assert_allclose(np.stack([together.low, together.high], axis=1), alone, atol=1e-12)


def test_where_all_subjects_are_equal_it_is_clopper_pearsons_of_the_subjects():
    counts = np.array([31.0, 20, 31, 12, 31, 31, 31, 31])
    wanted = stats.binomtest(8, 8).proportion_ci(0.95, "exact")
    assert subject_interval(counts, counts) == pytest.approx((wanted.low, 1.0), abs=1e-12)
    bounds = clustered.mean_interval(counts[:, None], counts[:, None], share=True, resamples=100, seed=0)
    assert bounds.how[0] == clustered.ALL_EQUAL
    low, high = subject_interval(counts / 2, counts)
    assert (low, high) == pytest.approx([float(bound) for bound in clopper_pearson(4, 8)], abs=1e-12)
    assert np.isnan(subject_interval(4.0 * counts, counts)).all(), "errors of 4 years in every subject have no worst case"


def test_too_many_resamples_without_spread_leave_the_bound_to_clopper_pearson():
    counts = np.full(8, 31.0)
    sums = np.array([31.0, 31, 31, 31, 31, 31, 31, 20])
    low, high = subject_interval(sums, counts)
    assert low == pytest.approx(float(clopper_pearson(sums.sum() / 31, 8)[0]), abs=1e-12)
    assert sums.sum() / counts.sum() < high <= 1.0


def test_few_subjects_and_none_have_no_interval():
    for n in (0, 1):
        assert np.isnan(subject_interval(np.ones(n), np.full(n, 2.0))).all()
    bounds = clustered.balanced_interval(
        np.array([[[3.0], [0]], [[0], [2]]]), np.array([[[4.0], [0]], [[0], [4]]]), constant=True, resamples=10, seed=0
    )
    assert np.isnan(bounds.low).all()


@pytest.mark.parametrize(("sums", "counts"), [([1.0, 2], [1.0]), ([1.0, np.nan], [2.0, 2]), ([1.0, 0], [2.0, 0]), ([[1.0, 2]], [[2.0, 2]])])
def test_sums_and_counts_that_are_none_are_refused(sums, counts):
    with pytest.raises(InputError):
        subject_interval(np.array(sums), np.array(counts))


def test_same_seed_same_interval():
    random = np.random.default_rng(0)
    sums, counts = random.integers(0, 9, 700).astype(float), np.full(700, 9.0)
    assert subject_interval(sums, counts, seed=1) == subject_interval(sums, counts, seed=1)
    assert subject_interval(sums, counts, seed=1) != subject_interval(sums, counts, seed=2)


def test_an_interval_over_subjects_is_wider_where_windows_of_a_subject_agree():
    # 60 subjects of 20 windows that are all right or all wrong, truly 80 %: as 1200 draws they would cover about 35 %.
    random = np.random.default_rng(5)
    sums = 20.0 * (random.random((60, 300)) < 0.8)
    bounds = clustered.mean_interval(sums, np.full_like(sums, 20.0), share=True, resamples=400, seed=0)
    assert 0.91 <= np.mean((bounds.low <= 0.8) & (bounds.high >= 0.8)) <= 0.99  # 3 standard errors


@pytest.mark.parametrize(("n", "mean", "sd"), [(8, 0.87, 0.12), (20, 0.70, 0.15)])
def test_it_covers_what_it_says_at_sizes_at_which_a_percentile_bootstrap_covers_86_to_93_of_100(n, mean, sd):
    random, total = np.random.default_rng(7), mean * (1 - mean) / sd**2 - 1
    right = random.binomial(31, random.beta(mean * total, (1 - mean) * total, (n, 1500))).astype(float)
    bounds = clustered.mean_interval(right, np.full_like(right, 31.0), share=True, resamples=400, seed=0)
    assert 0.935 <= np.mean((bounds.low <= mean) & (mean <= bounds.high)) <= 0.97


def groups_of(fold: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(fold == number) for number in np.unique(fold)]


def test_an_area_within_folds_is_as_sure_as_the_pairs_that_folds_rank():
    # Four folds of two against one rank 8 pairs; all twelve together would rank 32. By hand: the variance of a mean of four.
    truth, fold = np.tile([1, 1, 0], 4), np.repeat(np.arange(4), 3)
    low, high = newcombe_of_groups(0.875, truth, groups_of(fold))
    for bound in (low, high):
        star, q1, q2 = 0.5, bound / (2 - bound), 2 * bound**2 / (1 + bound)
        of_fold = (bound * (1 - bound) + star * (q1 - bound**2) + star * (q2 - bound**2)) / 2
        assert abs(bound - 0.875) == pytest.approx(stats.norm.ppf(0.975) * (of_fold / 4) ** 0.5, abs=1e-6)
    assert low < 0.5 < newcombe(0.875, 8, 4)[0]
    one = groups_of(np.zeros(12))
    assert newcombe_of_groups(0.875, truth, one) == tuple(float(bound) for bound in newcombe(0.875, 8, 4))


def test_intervals_of_areas_within_folds_hold_one_half_where_scores_say_nothing():
    """Coverage in 2,000 cohorts of twelve in folds of three, where the numbers of either class alone would hold it in fewer than 90 %."""
    random = np.random.default_rng(5)
    truth, fold, groups = np.tile([1, 1, 0], 4), np.repeat(np.arange(4), 3), groups_of(np.repeat(np.arange(4), 3))
    held, held_together = [], []
    for _ in range(2000):
        p = random.random(12)
        area = auc_within_folds(truth, np.stack([1 - p, p], axis=1), fold, np.arange(12))
        for found, (low, high) in ((held, newcombe_of_groups(area, truth, groups)), (held_together, newcombe(area, 8, 4))):
            found.append(low <= 0.5 <= high)
    assert np.mean(held) > 0.935 > 0.9 > np.mean(held_together)


def test_whom_no_fold_ranks_has_no_part_in_an_interval():
    # A fold of one class, the only one: whoever is in it is ranked against nobody.
    random = np.random.default_rng(6)
    truth = np.r_[np.tile([0, 1], 40), np.ones(20, dtype=int)]
    fold = np.r_[np.repeat([0, 1], 40), np.full(20, 2)]
    p = np.clip(0.3 * truth + random.random(100) * 0.7, 0, 1)
    probabilities = np.stack([1 - p, p], axis=1)

    def interval(rows):
        one = Predictions(truth[rows], (p[rows] > 0.5).astype(int), rows, probabilities=probabilities[rows], fold=fold[rows])
        return summarise([one], "classification", 2, resamples=20, seed=0, votes=True, n_folds=3)["auc_ci95"]

    assert interval(np.arange(100)) == pytest.approx(interval(np.arange(80)), abs=1e-12)
