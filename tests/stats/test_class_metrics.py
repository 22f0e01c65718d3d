"""Metrics of classes against scikit-learn, and against a second, slower computation in fractions, over random cohorts with ties and one-class sets."""

import math
import warnings
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from sklearn import metrics as oracle

from eegcli.registry import metrics_of
from eegcli.stats import class_metrics
from eegcli.stats.calibration import LEAST
from eegcli.stats.metrics import auc, auc_within_folds
from eegcli.stats.summary import Predictions, summarise

SEEDS = range(50)
BEFORE = {"accuracy", "balanced_accuracy", "majority_rate"}  # in test_second_computation.py


def cohort(seed):
    """Windows of 2 to 9 subjects in 1 to 3 folds; probabilities in steps of 1/8, so that ties are many, and 0 occurs."""
    rng = np.random.default_rng(seed)
    n_classes, n_subjects = int(rng.integers(2, 5)), int(rng.integers(2, 10))
    subject = np.repeat(np.arange(n_subjects), rng.integers(1, 7, n_subjects))
    # Every fifth cohort is of one class, every seventh is predicted by a constant.
    label = np.zeros(n_subjects, int) if seed % 5 == 0 else rng.integers(0, n_classes, n_subjects)
    fold = rng.integers(0, 1 + seed % 3, n_subjects)[subject]
    probabilities = rng.multinomial(8, np.full(n_classes, 1 / n_classes), len(subject)) / 8
    if seed % 7 == 0:
        probabilities = np.tile(probabilities[0], (len(subject), 1))
    return subject, label[subject], probabilities, n_classes, fold


def pairs_won(positive, negative):
    won = sum(Fraction(1 if a > b else 0) + (Fraction(1, 2) if a == b else 0) for a, b in product(positive, negative))
    return won / (len(positive) * len(negative))


def area_within_folds(truth, scores, fold, subject, k):
    """Pairs counted one by one, fold by fold; folds in which the class or the rest is missing are one fold."""
    groups = {}
    for f in set(fold):
        rows = [row for row in range(len(truth)) if fold[row] == f]
        both = len({truth[row] == k for row in rows}) == 2
        groups.setdefault(f if both else "pooled", []).extend(rows)
    total, weight = Fraction(0), 0
    for rows in groups.values():
        inside, outside = ([scores[row][k] for row in rows if (truth[row] == k) is own] for own in (True, False))
        if inside and outside:
            n_subjects = len({subject[row] for row in rows})
            total, weight = total + n_subjects * pairs_won(inside, outside), weight + n_subjects
    return total / weight if weight else None


def by_hand(truth, predicted, scores, n_classes, fold, subject, positive):
    n, classes = len(truth), range(n_classes)
    both = list(zip(truth, predicted, strict=True))
    named = [k for k in classes if k in truth or k in predicted]
    right = {k: sum(pair == (k, k) for pair in both) for k in classes}
    f1 = {k: Fraction(2 * right[k], truth.count(k) + predicted.count(k)) for k in named}
    several = len(set(truth)) > 1
    mine, others = [p for t, p in both if t == positive], [p for t, p in both if t != positive]
    # Correlation of indicators, summed over classes (Gorodkin 2004, equation 8).
    covariance = {
        (a, b): sum(
            sum(
                ((x[row] == k) - Fraction(x.count(k), n)) * ((y[row] == k) - Fraction(y.count(k), n))
                for k in classes
            )
            for row in range(n)
        )
        for (a, x), (b, y) in product({"t": truth, "p": predicted}.items(), repeat=2)
    }  # fmt: skip
    spread = float(covariance["t", "t"]) * float(covariance["p", "p"])
    lacking = sum(any(not any(t == k and f == one for t, f in zip(truth, fold, strict=True)) for k in set(truth)) for one in set(fold))
    of_interest = [1] if n_classes == 2 else classes
    areas = [area_within_folds(truth, scores, fold, subject, k) for k in of_interest]
    pooled = [area_within_folds(truth, scores, [0] * n, subject, k) for k in of_interest]
    bins = [Fraction(0)] * 15
    for (t, p), row in zip(both, scores, strict=True):
        bins[sum(float(row[p]) > edge / 15 for edge in range(1, 15))] += row[p] - (t == p)
    squares = sum(sum((row[k] - (t == k)) ** 2 for k in classes) for t, row in zip(truth, scores, strict=True))
    return {
        "sensitivity": Fraction(mine.count(positive), len(mine)) if mine else None,
        "specificity": 1 - Fraction(others.count(positive), len(others)) if others else None,
        "f1_positive": f1.get(positive),
        "f1": sum(f1.values()) / len(f1) if several else None,
        "mcc": (float(covariance["t", "p"]) / math.sqrt(spread) if spread else 0) if several else None,
        "auc": None if None in areas else sum(areas) / len(areas),
        "auc_pooled": None if None in pooled else sum(pooled) / len(pooled),
        "auc_folds_pooled": lacking,
        "brier": squares / n / (2 if n_classes == 2 else 1),
        "log_loss": sum(-math.log(min(max(float(row[t]), LEAST), 1 - LEAST)) for t, row in zip(truth, scores, strict=True)) / n,
        "ece": sum(map(abs, bins)) / n,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_is_that_of_fractions(seed):
    subject, truth, probabilities, n_classes, fold = cohort(seed)
    predicted, positive = np.argmax(probabilities, axis=1), seed % n_classes
    given = Predictions(truth, predicted, subject, probabilities, fold=fold, positive=np.full(len(truth), positive))
    figures = summarise([given], "classification", n_classes, resamples=5, seed=0)
    scores = [[Fraction(value) for value in row] for row in probabilities]
    wanted = by_hand(truth.tolist(), predicted.tolist(), scores, n_classes, fold.tolist(), subject.tolist(), positive)
    assert set(wanted) == set(metrics_of("classification")) - BEFORE
    for name, value in wanted.items():
        assert np.isnan(figures[name]) if value is None else figures[name] == pytest.approx(float(value), abs=1e-12), name


@pytest.mark.parametrize("seed", SEEDS)
def test_metrics_are_those_of_scikit_learn(seed):
    subject, truth, probabilities, n_classes, _ = cohort(seed)
    predicted, classes = np.argmax(probabilities, axis=1), list(range(n_classes))
    positive = np.ones(len(truth), int)
    figures = summarise(
        [Predictions(truth, predicted, subject, probabilities, positive=positive)], "classification", n_classes, resamples=5, seed=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "brier": oracle.brier_score_loss(truth, probabilities, labels=classes)
            if n_classes > 2
            else oracle.brier_score_loss(truth, probabilities[:, 1], pos_label=1),
            "log_loss": oracle.log_loss(truth, probabilities, labels=classes),
            "sensitivity": oracle.recall_score(truth == 1, predicted == 1) if (truth == 1).any() else np.nan,
            "specificity": oracle.recall_score(truth != 1, predicted != 1) if (truth != 1).any() else np.nan,
            "f1_positive": oracle.f1_score(truth == 1, predicted == 1) if ((truth == 1) | (predicted == 1)).any() else np.nan,
        }
        several = len(set(truth)) > 1
        expected["f1"] = oracle.f1_score(truth, predicted, average="macro") if several else np.nan
        expected["mcc"] = oracle.matthews_corrcoef(truth, predicted) if several else np.nan
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, abs=1e-12, nan_ok=True), name


def test_matthews_holds_for_more_windows_than_fourth_powers_have_room_for():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 235_000)
    predicted = np.where(rng.random(235_000) < 0.7, truth, rng.integers(0, 3, 235_000))
    assert class_metrics.matthews(truth, predicted) == pytest.approx(oracle.matthews_corrcoef(truth, predicted), abs=1e-12)


def test_a_majority_model_has_half_an_area_within_folds_and_any_in_one_ranking():
    # Of each fold's subjects the others are the training: where more of one class are tested, fewer taught the constant.
    truth = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    fold, subject = np.repeat([0, 1], 4), np.arange(8)
    share = np.where(fold == 0, 0.75, 0.25)
    constant = np.stack([1 - share, share], axis=1)
    assert auc_within_folds(truth, constant, fold, subject) == 0.5
    assert auc(truth, constant) == 0.25


def test_folds_of_one_class_are_ranked_together_and_counted():
    truth, fold, subject = np.array([0, 0, 1, 1]), np.arange(4), np.arange(4)
    p = np.array([0.1, 0.6, 0.5, 0.9])
    probabilities = np.stack([1 - p, p], axis=1)
    assert auc_within_folds(truth, probabilities, fold, subject) == auc(truth, probabilities) == 0.75
    assert class_metrics.folds_lacking_a_class(truth, fold) == 4
    assert class_metrics.folds_lacking_a_class(truth, np.array([0, 1, 1, 1])) == 1
    assert class_metrics.folds_lacking_a_class(np.zeros(4, int), fold) == 0


def test_one_network_has_the_area_of_before_to_the_last_bit():
    rng = np.random.default_rng(3)
    for _ in range(200):
        truth, p = rng.integers(0, 2, 37), rng.random(37)
        probabilities = np.stack([1 - p, p], axis=1)
        assert auc_within_folds(truth, probabilities, np.zeros(37, int), rng.integers(0, 7, 37)) == auc(truth, probabilities)
