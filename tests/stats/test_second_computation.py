"""Every figure of an evaluation against a second, slower computation in fractions, over random cohorts with ties and one-class sets."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from eegcli.registry import metrics_of
from eegcli.stats.metrics import r_squared
from eegcli.stats.summary import Predictions, summarise
from eegcli.stats.votes import count_votes

SEEDS = range(50)
RESAMPLES = 40


def cohort(seed):
    """Windows of 2 to 9 subjects with different numbers of windows; probabilities in steps of 1/8, so that ties are many."""
    rng = np.random.default_rng(seed)
    n_classes, n_subjects = int(rng.integers(2, 4)), int(rng.integers(2, 10))
    subject = np.repeat(np.arange(n_subjects), rng.integers(1, 7, n_subjects))
    # Every fifth cohort is of one class, every seventh is predicted by a constant that no binary fraction holds.
    label = np.zeros(n_subjects, int) if seed % 5 == 0 else rng.integers(0, n_classes, n_subjects)
    if seed % 7 == 0:
        constant = rng.random(n_classes)
        probabilities = np.tile(constant / constant.sum(), (len(subject), 1))
    else:
        probabilities = rng.multinomial(8, np.full(n_classes, 1 / n_classes), len(subject)) / 8
    return subject, label[subject], probabilities, n_classes


def fraction_auc(truth, scores, n_classes):
    """Pairs counted one by one."""
    of_interest = [1] if n_classes == 2 else range(n_classes)
    areas = []
    for k in of_interest:
        inside = [row[k] for row, own in zip(scores, truth, strict=True) if own == k]
        outside = [row[k] for row, own in zip(scores, truth, strict=True) if own != k]
        if not inside or not outside:
            return None
        won = sum(Fraction(1 if a > b else 0) + (Fraction(1, 2) if a == b else 0) for a, b in product(inside, outside))
        areas.append(won / (len(inside) * len(outside)))
    return sum(areas, Fraction(0)) / len(areas)


def by_hand(truth, predicted, scores, n_classes):
    n = len(truth)
    counts = [sum(own == k for own in truth) for k in range(n_classes)]
    recall = [
        Fraction(sum(own == k == guess for own, guess in zip(truth, predicted, strict=True)), counts[k])
        for k in range(n_classes)
        if counts[k]
    ]
    figures = {
        "accuracy": Fraction(sum(own == guess for own, guess in zip(truth, predicted, strict=True)), n),
        "balanced_accuracy": sum(recall, Fraction(0)) / len(recall) if len(recall) > 1 else None,
        "majority_rate": Fraction(max(counts), n),
    }
    return figures if scores is None else figures | {"auc": fraction_auc(truth, scores, n_classes)}


def drawn_by_hand(right, subject, truth, n_classes, seed):
    """Percentile intervals of accuracy and balanced accuracy, cohort after cohort, with the draws that the seed gives."""
    numbers = sorted(set(subject))
    if len(numbers) < 2:
        return (np.nan, np.nan), (np.nan, np.nan)
    draws = np.random.default_rng(seed).integers(0, len(numbers), size=(RESAMPLES, len(numbers)))
    means, balanced = [], []
    for draw in draws:
        rows = [row for number in draw for row in np.flatnonzero(subject == numbers[number])]
        means.append(np.mean([right[row] for row in rows]))
        recalls = [
            np.mean([right[row] for row in rows if truth[row] == k]) for k in range(n_classes) if any(truth[row] == k for row in rows)
        ]
        balanced.append(np.mean(recalls))
    one_class = len(set(truth)) == 1
    return np.quantile(means, [0.025, 0.975]), (np.nan, np.nan) if one_class else np.quantile(balanced, [0.025, 0.975])


def check(figures, wanted):
    for name, value in wanted.items():
        assert np.isnan(figures[name]) if value is None else figures[name] == pytest.approx(float(value), abs=1e-12), name


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_of_classes_is_that_of_fractions(seed):
    subject, truth, probabilities, n_classes = cohort(seed)
    ballot = count_votes(subject, probabilities)
    exact = [
        [sum(map(Fraction, probabilities[subject == s, k])) / int((subject == s).sum()) for k in range(n_classes)] for s in set(subject)
    ]
    vote = [row.index(max(row)) for row in exact]  # of equal ones the first
    if seed % 7:  # a constant is in steps of 2^-40 there, in those of a double here
        np.testing.assert_allclose(ballot.mean, np.array(exact, dtype=float), atol=1e-12)
    assert ballot.vote.tolist() == vote
    window = [[Fraction(value) for value in row] for row in probabilities]
    guess = [row.index(max(row)) for row in window]
    hard = [[sum(guess[row] == k for row in np.flatnonzero(subject == s)) for k in range(n_classes)] for s in set(subject)]
    assert ballot.hard_vote.tolist() == [row.index(max(row)) for row in hard]

    levels = [
        (Predictions(truth, np.argmax(probabilities, axis=1), subject, probabilities), truth, guess, window, subject),
        (
            Predictions(truth[ballot.first], ballot.vote, subject[ballot.first], ballot.mean),
            truth[ballot.first],
            vote,
            exact,
            subject[ballot.first],
        ),
        (
            Predictions(truth[ballot.first], ballot.hard_vote, subject[ballot.first]),
            truth[ballot.first],
            ballot.hard_vote.tolist(),
            None,
            None,
        ),
    ]
    for predictions, own, predicted, scores, who in levels:
        figures = summarise([predictions], "classification", n_classes, resamples=RESAMPLES, seed=3)
        wanted = by_hand(own.tolist(), predicted, scores, n_classes)
        assert set(wanted) <= {name for name in metrics_of("classification") if name in figures}  # the others: test_class_metrics.py
        check(figures, wanted)
        if who is not None:
            of_rows, of_classes = drawn_by_hand(own == np.array(predicted), who, own, n_classes, seed=3)
            np.testing.assert_allclose(figures["ci95"], of_rows, atol=1e-12)
            np.testing.assert_allclose(figures["balanced_accuracy_ci95"], of_classes, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_of_numbers_is_that_of_fractions(seed):
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(5), rng.integers(1, 5, 5))
    # Every fifth cohort has one truth, that no binary fraction holds; every seventh is predicted by its mean.
    truth = np.full(len(subject), 0.1) if seed % 5 == 0 else np.round(rng.normal(10, 3, 5), 1)[subject]
    constant = float(np.round(rng.normal(10, 1), 2))
    predicted = np.full(len(subject), constant) if seed % 7 == 0 else np.round(truth + rng.normal(0, 2, len(subject)), 1)
    exact, guess, mean = [*map(Fraction, truth)], [*map(Fraction, predicted)], Fraction(constant)
    n, middle = len(exact), sum(map(Fraction, truth)) / len(truth)
    total = sum((own - middle) ** 2 for own in exact)
    other = sum(guess) / n
    spread = sum((value - other) ** 2 for value in guess)
    covariance = sum((own - middle) * (value - other) for own, value in zip(exact, guess, strict=True))
    wanted = {
        "mae": sum(abs(own - value) for own, value in zip(exact, guess, strict=True)) / n,
        "r2": 1 - sum((own - value) ** 2 for own, value in zip(exact, guess, strict=True)) / total if total else None,
        "r": float(covariance) / (float(total) * float(spread)) ** 0.5 if total and spread and n > 2 else None,
        "baseline_mae": sum(abs(own - mean) for own in exact) / n,
        "baseline_r2": 1 - sum((own - mean) ** 2 for own in exact) / total if total else None,
    }
    predictions = Predictions(truth, predicted, subject, constant=np.full(n, constant))
    wanted["calibration_slope"] = covariance / spread if spread and n > 2 else None
    figures = summarise([predictions], "regression", 0, resamples=RESAMPLES, seed=3)
    assert set(wanted) == set(metrics_of("regression"))
    for name, value in wanted.items():
        assert np.isnan(figures[name]) if value is None else figures[name] == pytest.approx(float(value), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("p", [0.1, 0.3, 1 / 3, 0.7000000001, 0.5])
def test_a_constant_predictor_has_an_auc_of_a_half_whatever_the_numbers_of_windows(p):
    sizes = np.arange(1, 41)
    subject = np.repeat(np.arange(40), sizes)
    ballot = count_votes(subject, np.tile([1 - p, p], (len(subject), 1)))
    truth = (np.arange(40) > 20).astype(int)
    figures = summarise([Predictions(truth, ballot.vote, np.arange(40), ballot.mean)], "classification", 2, resamples=10, seed=0)
    assert figures["auc"] == 0.5
    assert len(set(ballot.vote.tolist())) == 1


def test_a_truth_that_is_constant_has_no_r_squared_though_its_mean_is_rounded():
    truth = np.full(10, 0.1)
    assert truth.mean() != 0.1 or np.sum(truth - truth.mean()) == 0
    assert np.isnan(r_squared(truth, truth + 1))
    assert np.isnan(r_squared(np.full(3, 0.7), np.zeros(3)))
