"""Every figure against scikit-learn or scipy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as oracle

from eegcli.stats import metrics


def labels(n_classes: int):
    return st.lists(st.tuples(st.integers(0, n_classes - 1), st.integers(0, n_classes - 1)), min_size=1, max_size=60).map(
        lambda pairs: (np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    )


@given(labels(3))
def test_confusion_accuracy_and_balanced_accuracy_are_those_of_sklearn(pair):
    truth, predicted = pair
    matrix = metrics.confusion(truth, predicted, 3)
    np.testing.assert_array_equal(matrix, oracle.confusion_matrix(truth, predicted, labels=[0, 1, 2]))
    assert metrics.accuracy(truth, predicted) == pytest.approx(oracle.accuracy_score(truth, predicted))
    assert metrics.majority_rate(truth) == pytest.approx(np.bincount(truth).max() / len(truth))
    if len(np.unique(truth)) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a predicted class that does not occur
            assert metrics.balanced_accuracy(truth, predicted) == pytest.approx(oracle.balanced_accuracy_score(truth, predicted))


def test_one_class_alone_has_no_balanced_accuracy_and_no_auc():
    truth = np.zeros(4, int)
    assert np.isnan(metrics.balanced_accuracy(truth, np.array([0, 0, 1, 0])))
    assert np.isnan(metrics.auc(truth, np.full((4, 2), 0.5)))


def test_nothing_predicted_gives_no_figure():
    empty = np.zeros(0, int)
    assert np.isnan([metrics.accuracy(empty, empty), metrics.balanced_accuracy(empty, empty), metrics.majority_rate(empty)]).all()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=80))
def test_binary_auc_is_that_of_sklearn_ties_included(pairs):
    truth = np.array([int(a) for a, _ in pairs])
    score = np.array([b / 5 for _, b in pairs])
    if len(np.unique(truth)) == 2:
        assert metrics.auc(truth, np.stack([1 - score, score], axis=1)) == pytest.approx(oracle.roc_auc_score(truth, score))


def test_auc_of_many_classes_is_one_versus_rest():
    random = np.random.default_rng(0)
    truth = random.integers(0, 4, 300)
    probabilities = random.dirichlet(np.ones(4) * 0.5, 300)
    assert metrics.auc(truth, probabilities) == pytest.approx(
        oracle.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
    )


def test_auc_of_a_large_set_with_ties_counts_pairs():
    random = np.random.default_rng(1)
    truth, score = random.integers(0, 2, 400), np.round(random.random(400), 1)
    above = score[truth == 1][:, None] - score[truth == 0][None, :]
    by_hand = np.mean((above > 0) + 0.5 * (above == 0))
    assert metrics.auc(truth, np.stack([1 - score, score], axis=1)) == pytest.approx(by_hand)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=3, max_size=40))
def test_figures_of_a_regression_are_those_of_sklearn_and_scipy(pairs):
    truth, predicted = np.array(pairs).T
    assert metrics.mean_absolute_error(truth, predicted) == pytest.approx(oracle.mean_absolute_error(truth, predicted))
    if np.ptp(truth) > 1e-3:
        assert metrics.r_squared(truth, predicted) == pytest.approx(oracle.r2_score(truth, predicted))
        if np.ptp(predicted) > 1e-3:
            assert metrics.pearson_r(truth, predicted) == pytest.approx(stats.pearsonr(truth, predicted).statistic, abs=1e-9)


def test_a_constant_truth_has_no_r():
    assert np.isnan(metrics.r_squared(np.ones(5), np.arange(5.0)))
    assert np.isnan(metrics.pearson_r(np.ones(5), np.arange(5.0)))
    assert np.isnan(metrics.pearson_r(np.ones(1), np.ones(1)))


def test_two_points_which_always_lie_on_a_line_have_no_correlation():
    assert np.isnan(metrics.pearson_r(np.array([8.0, 12.0]), np.array([9.0, 10.0])))
    assert metrics.pearson_r(np.array([8.0, 12.0, 16.0]), np.array([9.0, 10.0, 11.0])) == pytest.approx(1.0)
