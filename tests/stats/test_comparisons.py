"""Tests between two methods against scipy, statsmodels' documented values, and formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eegcli.stats.detectable import detectable
from eegcli.stats.holm import holm
from eegcli.stats.mcnemar import mcnemar
from eegcli.stats.resampled import corrected_t
from eegcli.stats.variance import components


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_test_of_the_fair_coin(first, second):
    exact, mid = mcnemar(first, second)
    if first + second:
        assert exact == pytest.approx(stats.binomtest(first, first + second, 0.5).pvalue)
        if first != second:
            assert mid == pytest.approx(exact - stats.binom.pmf(first, first + second, 0.5))
        assert mid <= exact
    else:
        assert (exact, mid) == (1.0, 1.0)
    assert mcnemar(second, first) == (exact, mid)


def test_holm_is_the_published_example():
    # Holm 1979 by hand: 0.01 x 4, 0.013 x 3, 0.04 x 2, 0.05, none below the one before
    assert holm([0.04, 0.01, 0.05, 0.013]) == pytest.approx([0.08, 0.04, 0.08, 0.04])
    assert holm([]) == []
    with_none = holm([0.01, float("nan"), 0.02])
    assert with_none[::2] == pytest.approx([0.02, 0.02])
    assert np.isnan(with_none[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_makes_a_p_value_smaller_and_keeps_their_order(p):
    adjusted = holm(p)
    assert all(one >= before for before, one in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)
    assert max(adjusted) <= 1


def test_corrected_t_without_shared_training_sets_is_students():
    values = np.array([0.02, -0.01, 0.04, 0.03, 0.00])
    found = corrected_t(values, 0.0)
    reference = stats.ttest_1samp(values, 0.0)
    assert found is not None
    assert found.p == pytest.approx(reference.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval(0.95)))


def test_corrected_t_widens_the_error_as_published():
    values = np.array([0.02, -0.01, 0.04, 0.03, 0.00])
    plain, wide = corrected_t(values, 0.0), corrected_t(values, 0.25)
    assert plain is not None
    assert wide is not None
    assert (wide.high - wide.mean) / (plain.high - plain.mean) == pytest.approx(np.sqrt((1 / 5 + 1 / 4) / (1 / 5)))
    assert wide.p > plain.p
    assert corrected_t(np.array([0.1]), 0.2) is None
    assert corrected_t(np.full(4, 0.1), 0.2) is None


def test_a_detectable_difference_has_the_power_that_it_promises():
    random = np.random.default_rng(5)
    differences = random.normal(0.0, 0.1, size=20)
    found = detectable(differences)
    assert found is not None
    spread = float(np.std(differences, ddof=1))
    cohorts = random.normal(found.powered, spread, size=(20_000, 20))
    p = stats.ttest_1samp(cohorts, 0.0, axis=1).pvalue
    assert np.mean(p < 0.05) == pytest.approx(0.8, abs=0.01)
    assert found.significant == pytest.approx(stats.t.ppf(0.975, 19) * spread / np.sqrt(20))
    assert detectable(np.zeros(5)) is None
    for n in (2, 3, 8, 100, 3000):  # of any size
        found = detectable(random.normal(size=n))
        assert found is not None
        assert found.significant < found.powered < 3 * found.significant
    assert detectable(np.array([0.3])) is None


def test_components_are_those_that_were_put_in():
    random = np.random.default_rng(6)
    values = 0.7 + random.normal(0, 0.12, size=(4000, 1)) + random.normal(0, 0.03, size=(1, 400)) + random.normal(0, 0.05, size=(4000, 400))
    found = components(values)
    assert found is not None
    assert (found.subjects, found.seeds, found.rest) == pytest.approx((0.12, 0.03, 0.05), rel=0.08)
    assert found.error_of_subjects == pytest.approx(found.subjects / np.sqrt(4000))


def test_components_are_those_of_an_analysis_of_variance():
    # mean squares of the two-way table written out with sums over cells
    values = np.array([[0.6, 0.7, 0.5], [0.8, 0.9, 0.9], [0.4, 0.6, 0.5], [0.7, 0.7, 0.6]])
    n, s = values.shape
    grand = values.sum() ** 2 / values.size
    rows = (values.sum(axis=1) ** 2).sum() / s - grand
    columns = (values.sum(axis=0) ** 2).sum() / n - grand
    rest = (values**2).sum() - grand - rows - columns
    squares = rows / (n - 1), columns / (s - 1), rest / ((n - 1) * (s - 1))
    found = components(values)
    assert found is not None
    assert found.subjects**2 == pytest.approx((squares[0] - squares[2]) / s)
    assert found.seeds**2 == pytest.approx(max(0.0, (squares[1] - squares[2]) / n))
    assert found.rest**2 == pytest.approx(squares[2])
    assert components(values[:, :1]) is None


@given(st.integers(1, 30))
def test_an_even_split_has_the_mid_p_that_fagerland_and_others_publish(each):
    # doi:10.1186/1471-2288-13-91: 1 less half the probability of what was found; what is no more extreme counts one half.
    assert mcnemar(each, each)[1] == pytest.approx(1 - stats.binom.pmf(each, 2 * each, 0.5) / 2)
