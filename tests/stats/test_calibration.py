"""Calibration against scikit-learn: bins, temperature; and an interval that holds the 0 of a calibrated network."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as oracle_loss

from eegcli.stats import calibration


def network(seed, n=2000, kappa=1.0, n_subjects=50):
    """Cases of a network that is `kappa` times as sure as it should be."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, n)
    truth = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    p = 1 / (1 + np.exp(-kappa * logit))
    return truth, np.stack([1 - p, p], axis=1), np.arange(n) % n_subjects


def test_bins_are_those_of_scikit_learn():
    truth, probabilities, subject = network(0)
    right = np.argmax(probabilities, axis=1) == truth
    found = calibration.reliability(truth, probabilities, subject)
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=calibration.N_BINS)
    full = found.n > 0
    np.testing.assert_allclose(found.accuracy[full], accuracy, atol=1e-12)
    np.testing.assert_allclose(found.confidence[full], confidence, atol=1e-12)
    error = np.sum(found.n[full] * np.abs(accuracy - confidence)) / len(truth)
    assert calibration.calibration_error(truth, probabilities) == pytest.approx(error)
    assert found.n.sum() == len(truth) and found.n_subjects.max() <= 50


def test_a_probability_on_the_edge_of_a_bin_belongs_to_the_lower_one():
    p = np.array([0.6, 0.6 + 1e-12, 1.0])
    found = calibration.reliability(np.zeros(3, int), np.stack([p, 1 - p], axis=1), np.arange(3))
    assert found.n.tolist() == [0] * 8 + [1, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("kappa", [0.3, 1.0, 4.0])
def test_the_temperature_of_two_classes_is_the_slope_of_a_logistic_regression(kappa):
    truth, probabilities, _ = network(1, kappa=kappa)
    logit = np.log(probabilities[:, 1] / probabilities[:, 0])[:, None]
    slope = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(logit, truth).coef_[0, 0]
    found = calibration.fit_temperature(truth, probabilities)
    assert found == pytest.approx(1 / slope, rel=1e-3)
    assert found == pytest.approx(kappa, rel=0.2)
    after = calibration.tempered(probabilities, found)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert calibration.log_loss(truth, after) <= calibration.log_loss(truth, probabilities)
    assert (np.argmax(after, axis=1) == np.argmax(probabilities, axis=1)).all()


def test_the_temperature_of_four_classes_has_the_least_log_loss():
    rng = np.random.default_rng(2)
    z = rng.normal(0, 3, (500, 4))
    truth = np.array([rng.choice(4, p=np.exp(row / 2) / np.exp(row / 2).sum()) for row in z])
    probabilities = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    def loss(temperature):
        scaled = np.exp(z / temperature)
        return oracle_loss(truth, scaled / scaled.sum(axis=1, keepdims=True))

    best = minimize_scalar(loss, bounds=(0.5, 8), method="bounded").x
    assert calibration.fit_temperature(truth, probabilities) == pytest.approx(best, rel=1e-3)


def test_cases_that_set_the_temperature_no_end_have_none():
    p = np.array([0.9, 0.8, 0.3])
    probabilities = np.stack([1 - p, p], axis=1)
    assert calibration.fit_temperature(np.array([1, 1, 0]), probabilities) == 0  # all right: the colder the better
    assert calibration.fit_temperature(np.array([0, 0, 1]), probabilities) == np.inf  # all wrong: the hotter
    assert np.isnan(calibration.fit_temperature(np.zeros(0, int), np.zeros((0, 2))))


def test_the_interval_of_the_error_holds_the_zero_of_a_calibrated_network_which_a_percentile_one_never_does():
    held = 0
    for seed in range(40):
        truth, probabilities, subject = network(seed, n=600, n_subjects=30)
        low, high = calibration.error_interval([(truth, probabilities, subject)], resamples=200, seed=0)
        error = calibration.calibration_error(truth, probabilities)
        assert low <= error <= high
        assert error > 0.01
        held += low == 0.0
    assert held >= 36  # of 40; benchmarks/calibration.py has 10,000 cohorts
    truth, probabilities, subject = network(0, n=6000, kappa=5.0, n_subjects=300)
    assert calibration.error_interval([(truth, probabilities, subject)], resamples=200, seed=0)[0] > 0.05


def test_draws_of_the_interval_are_those_of_a_loop():
    truth, probabilities, subject = network(5, n=60, n_subjects=7)
    gap = probabilities.max(axis=1) - (np.argmax(probabilities, axis=1) == truth)
    index = [sum(c > edge / 15 for edge in range(1, 15)) for c in probabilities.max(axis=1)]

    def gaps(rows):
        return np.array([sum(gap[row] for row in rows if index[row] == b) / len(rows) for b in range(15)])

    whole = gaps(range(60))
    off = [
        np.abs(gaps([row for who in draw for row in np.flatnonzero(subject == who)]) - whole).sum()
        for draw in np.random.default_rng(4).integers(0, 7, size=(50, 7))
    ]
    few = 2.4469118511449692 / 1.959963984540054 * np.sqrt(7 / 6)  # Student's t of 6 degrees of freedom, from its table
    error = np.abs(whole).sum()
    expected = max(0, error - few * np.quantile(off, 0.975)), min(1, error + few * np.quantile(off, 0.95))
    np.testing.assert_allclose(calibration.error_interval([(truth, probabilities, subject)], resamples=50, seed=4), expected, atol=1e-12)
    twice = [(truth, probabilities, subject)] * 2
    np.testing.assert_allclose(calibration.error_interval(twice, resamples=50, seed=4), expected, atol=1e-12)


def test_subjects_that_are_all_alike_do_not_make_a_point_of_the_interval_and_one_has_none():
    sure = np.tile([0.0, 1.0], (10, 1))
    low, high = calibration.error_interval([(np.ones(10, int), sure, np.arange(10))], resamples=20, seed=0)
    assert (low, high) == (0.0, pytest.approx(1 - 0.05**0.1))
    assert np.isnan(calibration.error_interval([(np.ones(10, int), sure, np.zeros(10, int))], resamples=20, seed=0)).all()


def test_probabilities_that_say_nothing_are_best_infinitely_hot_and_that_is_no_sign_of_being_right():
    truth = np.tile([0, 1], 50)
    p = np.repeat([0.9, 0.2], 50)  # each is right in half of its cases
    probabilities = np.stack([1 - p, p], axis=1)
    assert calibration.fit_temperature(truth, probabilities) == np.inf
