"""Voting rules counted by hand, in fractions; ties are ties; weights are learned where quality tells who is right."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from eegcli.registry import load
from eegcli.registry.votes import VOTE_RULES
from eegcli.stats import vote_rules
from eegcli.stats.metrics import auc
from eegcli.stats.vote_weights import RIDGE, learn_weights
from eegcli.stats.votes import count_votes

SEEDS = range(50)


def cohort(seed):
    rng = np.random.default_rng(seed)
    n_classes, n_units = int(rng.integers(2, 4)), int(rng.integers(1, 8))
    member = rng.permutation(np.repeat(np.arange(n_units), rng.integers(1, 9, n_units)))
    probabilities = rng.multinomial(8, np.full(n_classes, 1 / n_classes), len(member)) / 8
    return member, probabilities, np.bincount(member), rng.integers(1, 9, len(member)) / 8


@pytest.mark.parametrize("seed", SEEDS)
def test_every_rule_is_that_of_fractions(seed):
    member, probabilities, n_windows, weight = cohort(seed)
    found = {name: load(entry.path)(probabilities, member, n_windows, weight) for name, entry in VOTE_RULES.items()}
    for unit in range(len(n_windows)):
        rows = [[Fraction(value) for value in row] for row in probabilities[member == unit]]
        weights = [Fraction(value) for value in weight[member == unit]]
        classes = range(probabilities.shape[1])
        votes = [row.index(max(row)) for row in rows]
        logs = [math.fsum(math.log(max(row[k], Fraction(1, 2**24))) for row in rows) / len(rows) for k in classes]
        odds = [math.exp(value - max(logs)) for value in logs]
        products = [math.prod(max(row[k], Fraction(1, 2**24)) for row in rows) for k in classes]
        wanted = {
            "mean": [sum(row[k] for row in rows) / len(rows) for k in classes],
            "majority": [Fraction(votes.count(k), len(rows)) for k in classes],
            "log-odds": [value / sum(odds) for value in odds],
            "weighted": [sum(w * row[k] for w, row in zip(weights, rows, strict=True)) / sum(weights) for k in classes],
        }
        assert set(wanted) == set(found)
        for name, values in wanted.items():
            np.testing.assert_allclose(found[name][unit], np.array(values, dtype=float), atol=1e-9, err_msg=name)
        exact = wanted | {"log-odds": products}  # the class of the largest product has the largest sum of log-odds; of equal ones the first
        for name, values in exact.items():
            assert np.argmax(found[name][unit]) == list(values).index(max(values)), name


def test_mean_and_majority_are_those_that_stood_before():
    member, probabilities, n_windows, _ = cohort(3)
    ballot = count_votes(member, probabilities)
    np.testing.assert_array_equal(vote_rules.mean(probabilities, member, n_windows), ballot.mean)
    np.testing.assert_array_equal(np.argmax(vote_rules.majority(probabilities, member, n_windows), axis=1), ballot.hard_vote)
    numbers = np.array([[1.0], [2.0], [4.0]])
    assert vote_rules.mean(numbers, np.array([0, 1, 1]), np.array([1, 2])).tolist() == [[1.0], [3.0]]


@pytest.mark.parametrize("rule", VOTE_RULES)
@pytest.mark.parametrize("p", [0.1, 1 / 3, 0.7000000001])
def test_a_constant_predictor_ties_under_every_rule_whatever_the_numbers_of_windows(rule, p):
    member = np.repeat(np.arange(40), np.arange(1, 41))
    constant = np.tile([1 - p, p], (len(member), 1))
    voted = load(VOTE_RULES[rule].path)(constant, member, np.bincount(member), np.ones(len(member)))
    assert auc((np.arange(40) > 20).astype(int), voted) == 0.5


@pytest.mark.parametrize("rule", VOTE_RULES)
def test_twenty_to_twenty_goes_to_the_first_class_under_every_rule(rule):
    sides = np.repeat([[0.25, 0.75], [0.75, 0.25]], 20, axis=0)
    voted = load(VOTE_RULES[rule].path)(sides, np.zeros(40, int), np.array([40]), np.full(40, 0.3))
    assert voted[0, 0] == voted[0, 1] and np.argmax(voted[0]) == 0


def graded(seed=0, n_units=60, n_windows=20):
    """Units whose windows of low quality say nothing, or the contrary."""
    rng = np.random.default_rng(seed)
    truth, quality = rng.integers(0, 2, n_units), rng.normal(size=(n_units, n_windows))
    of_truth = np.clip(0.5 + 0.25 * quality + 0.1 * rng.normal(size=quality.shape), 0.02, 0.98)
    p = np.where(truth[:, None] == 1, of_truth, 1 - of_truth).ravel()
    features = np.stack([quality.ravel(), np.full(p.shape, 7.0), rng.normal(size=p.shape)], axis=1)
    return features, np.stack([1 - p, p], axis=1), np.repeat(np.arange(n_units), n_windows), truth


def test_weights_are_learned_of_the_feature_that_tells_and_not_of_others():
    features, probabilities, member, truth = graded()
    learned = learn_weights(("quality", "constant", "noise"), features, probabilities, member, truth)
    quality, constant, noise = learned.coefficient
    assert quality > 1 and constant == 0 and abs(noise) < 0.3 and learned.n_units == 60
    others, p, of, right = graded(seed=1)
    n_windows = np.bincount(of)
    weighted = np.argmax(vote_rules.weighted(p, of, n_windows, learned.weights(others, of)), axis=1) == right
    assert weighted.mean() > (np.argmax(vote_rules.mean(p, of, n_windows), axis=1) == right).mean() + 0.05
    others[::3, 0] = np.nan
    assert np.isfinite(learned.weights(others, of)).all()


def test_what_is_learned_has_the_highest_likelihood_as_a_search_without_slopes_finds_it():
    features, probabilities, member, truth = graded(seed=2, n_units=15, n_windows=6)
    features = features[:, [0, 2]]
    z = (features - features.mean(axis=0)) / features.std(axis=0)

    def loss(coefficient):
        total = RIDGE / 2 * coefficient @ coefficient
        for unit in range(15):
            mine = member == unit
            weight = np.exp(z[mine] @ coefficient)
            total -= np.log(np.sum(weight * probabilities[mine, truth[unit]]) / weight.sum())
        return total

    expected = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}).x
    learned = learn_weights(("quality", "noise"), features, probabilities, member, truth)
    np.testing.assert_allclose(learned.coefficient, expected, atol=1e-3)
