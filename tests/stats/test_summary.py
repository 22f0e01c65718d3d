"""Figures of a set, each with its company, against slower computations."""

import numpy as np
import pytest

from eegcli.stats.summary import Predictions, summarise


def guesses(truth, predicted, subject, probabilities=None):
    return Predictions(np.array(truth), np.array(predicted), np.array(subject), probabilities)


def test_an_accuracy_never_stands_alone():
    random = np.random.default_rng(0)
    p = random.random(40)
    one = guesses(np.arange(40) % 2, (p > 0.5).astype(int), np.arange(40) // 4, np.stack([1 - p, p], axis=1))
    summary = summarise([one], "classification", 2, resamples=200, seed=0)
    assert {"accuracy", "balanced_accuracy", "auc", "ci95", "majority_rate", "n", "n_subjects", "confusion"} <= summary.keys()
    assert (summary["n"], summary["n_subjects"]) == (40, 10)
    assert "wilson95" not in summary
    assert "sd" not in summary


def test_votes_of_subjects_have_a_wilson_interval():
    one = guesses([0, 1, 1, 0], [0, 1, 1, 1], [0, 1, 2, 3])
    summary = summarise([one], "classification", 2, resamples=50, seed=0, votes=True)
    assert summary["wilson95"] == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert "auc" not in summary


def test_subjects_that_vote_in_several_folds_have_no_wilson_interval():
    one = guesses([0, 1, 0, 1], [0, 1, 1, 1], [0, 1, 0, 1])
    assert "wilson95" not in summarise([one], "classification", 2, resamples=50, seed=0, votes=True)


def test_seeds_are_averaged_and_their_spread_is_said():
    truth, subject = [0, 0, 1, 1, 1], [0, 0, 1, 2, 3]
    repeats = [guesses(truth, [0, 0, 1, 1, 1], subject), guesses(truth, [0, 1, 1, 1, 0], subject), guesses(truth, [1, 1, 0, 1, 1], subject)]
    summary = summarise(repeats, "classification", 2, resamples=100, seed=0)
    accuracies = [1.0, 0.6, 0.4]
    assert summary["accuracy"] == pytest.approx(np.mean(accuracies))
    assert summary["sd"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert summary["balanced_accuracy"] == pytest.approx(np.mean([1.0, (1 / 2 + 2 / 3) / 2, (0 + 2 / 3) / 2]))
    assert (summary["n"], summary["n_subjects"], summary["n_repeats"]) == (5, 4, 3)
    np.testing.assert_allclose(summary["confusion"], [[1, 1], [2 / 3, 7 / 3]])


def test_the_interval_over_seeds_resamples_subjects_with_their_mean_correctness():
    random = np.random.default_rng(2)
    n_subjects, n_seeds = 40, 4
    subject = np.repeat(np.arange(n_subjects), 5)
    truth = subject % 2
    right = random.random((n_seeds, len(subject))) < random.beta(3, 1, n_subjects)[subject]
    repeats = [guesses(truth, np.where(row, truth, 1 - truth), subject) for row in right]
    summary = summarise(repeats, "classification", 2, resamples=3000, seed=0)
    of_subject = right.mean(axis=0).reshape(n_subjects, 5).mean(axis=1)
    drawn = of_subject[random.integers(0, n_subjects, (20_000, n_subjects))]
    t = (drawn.mean(axis=1) - of_subject.mean()) / (drawn.std(axis=1, ddof=1) / np.sqrt(n_subjects))
    error = of_subject.std(ddof=1) / np.sqrt(n_subjects)
    wanted = of_subject.mean() - np.quantile(t, [0.975, 0.025]) * error
    assert summary["ci95"] == pytest.approx(wanted, abs=0.005)


def test_one_class_leaves_undefined_what_needs_two():
    p = np.array([0.2, 0.6, 0.1])
    one = guesses([0, 0, 0], [0, 1, 0], [0, 1, 2], np.stack([1 - p, p], axis=1))
    summary = summarise([one], "classification", 2, resamples=50, seed=0)
    assert np.isnan([summary["balanced_accuracy"], summary["auc"], *summary["balanced_accuracy_ci95"]]).all()
    assert summary["accuracy"] == pytest.approx(2 / 3)
    assert summary["majority_rate"] == 1.0


def test_a_mean_absolute_error_stands_beside_that_of_the_mean():
    truth = np.array([1.0, 2.0, 3.0, 6.0])
    one = Predictions(truth, np.array([1.5, 1.5, 3.5, 5.5]), np.arange(4), constant=np.full(4, 2.5))
    summary = summarise([one], "regression", 0, resamples=100, seed=0)
    assert summary["mae"] == 0.5
    assert summary["baseline_mae"] == pytest.approx((1.5 + 0.5 + 0.5 + 3.5) / 4)
    assert summary["r2"] == pytest.approx(1 - 4 * 0.25 / np.sum((truth - 3) ** 2))
    assert np.isnan(summary["ci95"]).all(), "four errors of the same size say nothing of the next one"
    assert summary["intervals"]["ci95"]["method"].startswith("none")
    assert (summary["n"], summary["n_subjects"]) == (4, 4)
