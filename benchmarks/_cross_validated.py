"""Simulation of cross-validated intervals for benchmarks/coverage.py: a linear classifier, trained anew in every fold of every cohort."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import bdtrc, ndtr
from scipy.stats import binom

from eegcli.stats.intervals import RESAMPLES, clustered
from eegcli.stats.intervals.nested import nested_interval
from eegcli.stats.intervals.ranking import FEW_SUBJECTS, delong, newcombe_of_groups, placements, ranked_together

WINDOWS, FEATURES, FOLDS, REPEATS = 31, 10, 5, 20
OF_SUBJECTS = 1.0  # standard deviation between subjects of each feature; within subjects it is 1
RIDGE = 1.0  # added to the covariance's diagonal
EFFECTS = {"none": 0.0, "small": 0.6, "large": 1.5}  # distance of the classes, in units of the spread between subjects
AT_ONCE = 20  # cohorts
SEED = 21

Floats = np.ndarray


def cross_validated(sizes: tuple[int, ...], n_cohorts: int) -> dict[str, Any]:
    """Coverage of all cells, in percent: number of subjects, effect, interval, quantity.

    ``networks_as_given`` is what `evaluate` gives with `--cv`, held against the accuracy on everybody of the networks of these folds (windows, votes)
    and ``next_cohort`` the same interval against the mean of that over cohorts; ``nested`` and ``nested_next_cohort`` those of nested cross-validation.
    """
    return {str(n): {name: _cell(n, effect, n_cohorts) for name, effect in EFFECTS.items()} for n in sizes}


def _cell(n: int, effect: float, n_cohorts: int) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for number, start in enumerate(range(0, n_cohorts, AT_ONCE)):
        random = np.random.default_rng([SEED, n, round(1000 * effect), number])
        for key, value in _block(random, n, effect, min(AT_ONCE, n_cohorts - start)).items():
            found.setdefault(key, []).append(value)
    whole = {key: np.concatenate(values) for key, values in found.items()}
    expected, expected_vote = float(whole["truth"].mean()), float(whole["truth_vote"].mean())

    def held(low: str, high: str, truth: Any) -> float:
        return round(100 * float(np.mean((whole[low] <= truth) & (truth <= whole[high]))), 1)

    return {
        "accuracy": round(expected, 4),
        "accuracy_of_votes": round(expected_vote, 4),
        "auc": round(float(whole["truth_auc"].mean()), 4),
        "networks_as_given": {
            "accuracy": held("low", "high", whole["truth"]),
            "balanced_accuracy": held("balanced_low", "balanced_high", whole["truth"]),
            "votes": held("vote_low", "vote_high", whole["truth_vote"]),
            "auc": held("auc_low", "auc_high", whole["truth_auc"]),
        },
        "next_cohort": {"accuracy": held("low", "high", expected), "votes": held("vote_low", "vote_high", expected_vote)},
        "nested": {"accuracy": held("nested_low", "nested_high", whole["truth"])},
        "nested_next_cohort": {"accuracy": held("nested_low", "nested_high", expected)},
        "width": round(float(np.mean(whole["high"] - whole["low"])), 3),
        "nested_width": round(float(np.mean(whole["nested_high"] - whole["nested_low"])), 3),
    }


def _block(random: np.random.Generator, n: int, effect: float, m: int) -> dict[str, Floats]:
    """Intervals and truths of m cohorts of n subjects, half of them of either class."""
    truth = np.arange(n) % 2
    centre = np.zeros(FEATURES)
    centre[0] = effect * OF_SUBJECTS / 2
    sign = 2.0 * truth - 1
    of_subject = sign[:, None] * centre + OF_SUBJECTS * random.standard_normal((m, n, FEATURES))
    x = of_subject[:, :, None] + random.standard_normal((m, n, WINDOWS, FEATURES))
    folds = _deal(random, truth, m)
    pairs = [(one, two) for one in range(FOLDS) for two in range(one, FOLDS)]  # (k, k): fold k alone is left out
    first, second = np.array(pairs).T
    left_out = (folds[:, :, None] == first[:, None]) | (folds[:, :, None] == second[:, None])  # (m, REPEATS, n_pairs, n)
    seen = ~left_out.reshape(m, REPEATS * len(pairs), n)
    weights, bias = _fit(x, truth, seen)
    right = _right(x, truth, weights, bias).reshape(m, REPEATS, len(pairs), n)
    place = {pair: number for number, pair in enumerate(pairs)}
    table = np.array([[place[min(j, k), max(j, k)] for k in range(FOLDS)] for j in range(FOLDS)])
    outer = np.take_along_axis(right, table[folds, folds][:, :, None], axis=2)[:, :, 0]
    inner = np.take_along_axis(right, np.moveaxis(table[folds], 3, 2), axis=2)
    counts = np.full(n, float(WINDOWS))
    nested = [nested_interval(folds[number], outer[number], inner[number], counts) for number in range(m)]
    # what `evaluate` sees: the folds of one training
    sums, of_all = outer[:, 0].T, np.full((n, m), float(WINDOWS))
    how = {"resamples": RESAMPLES, "seed": 0}
    bounds = clustered.mean_interval(sums, of_all, share=True, **how)
    in_class = np.stack([truth == 0, truth == 1], axis=1)[:, :, None]
    balanced = clustered.balanced_interval(sums[:, None] * in_class, of_all[:, None] * in_class, constant=True, **how)
    votes = clustered.votes_interval((sums > WINDOWS / 2).astype(float), np.ones((n, m)))
    alone = [place[fold, fold] for fold in range(FOLDS)]
    networks = weights.reshape(m, REPEATS, len(pairs), FEATURES)[:, 0, alone], bias.reshape(m, REPEATS, len(pairs))[:, 0, alone]
    accuracy, vote, area = _everybody(*networks, centre)
    areas = np.array([_auc_interval(truth, folds[number, 0], outer[number, 0]) for number in range(m)])
    return {
        "auc_low": areas[:, 0],
        "auc_high": areas[:, 1],
        "truth_auc": area,
        "low": bounds.low,
        "high": bounds.high,
        "balanced_low": balanced.low,
        "balanced_high": balanced.high,
        "vote_low": votes.low,
        "vote_high": votes.high,
        "nested_low": np.array([one.low for one in nested]),
        "nested_high": np.array([one.high for one in nested]),
        "truth": accuracy,
        "truth_vote": vote,
    }


def _deal(random: np.random.Generator, truth: Floats, m: int) -> Floats:
    """Folds of subjects, either class dealt out evenly, anew for each cohort and repeat; shape (m, REPEATS, n)."""
    folds = np.empty((m, REPEATS, len(truth)), dtype=np.int64)
    start = 0
    for label in (0, 1):
        members = np.flatnonzero(truth == label)
        order = np.argsort(random.random((m, REPEATS, len(members))), axis=2)
        folds[:, :, members] = (order + start) % FOLDS
        start = len(members) % FOLDS
    return folds


def _fit(x: Floats, truth: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Linear discriminant with a ridge, of the windows of the subjects seen; weights (m, n_networks, FEATURES) and biases (m, n_networks)."""
    m, n = x.shape[:2]
    sums = x.sum(axis=2)
    squares = np.matmul(np.swapaxes(x, 2, 3), x).reshape(m, n, -1)
    seen = seen.astype(float)
    means, number = [], []
    for label in (0, 1):
        members = seen * (truth == label)
        number.append(WINDOWS * members.sum(axis=2))
        means.append(np.matmul(members, sums) / number[-1][..., None])
    total = number[0] + number[1]
    covariance = np.matmul(seen, squares).reshape(*seen.shape[:2], FEATURES, FEATURES)
    for own, mean in zip(number, means, strict=True):
        covariance -= own[..., None, None] * mean[..., :, None] * mean[..., None, :]
    covariance = covariance / total[..., None, None] + RIDGE * np.eye(FEATURES)
    weights = np.linalg.solve(covariance, (means[1] - means[0])[..., None])[..., 0]
    return weights, -np.sum(weights * (means[0] + means[1]), axis=2) / 2


def _right(x: Floats, truth: Floats, weights: Floats, bias: Floats) -> Floats:
    """Count the windows of each subject that each network gets right, shape (m, n_networks, n)."""
    m, n = x.shape[:2]
    right = np.empty((m, weights.shape[1], n))
    for cohort in range(m):
        said = x[cohort].reshape(n * WINDOWS, FEATURES) @ weights[cohort].T + bias[cohort] > 0
        ones = said.reshape(n, WINDOWS, -1).sum(axis=1)
        right[cohort] = np.where(truth[:, None] == 1, ones, WINDOWS - ones).T
    return right


def _auc_interval(truth: Floats, fold: Floats, right: Floats) -> tuple[float, float]:
    """Interval of the AUC within folds as `evaluate` gives it, of a score of each subject: how many of its windows are said to be of the second class."""
    score = np.where(truth == 1, right, WINDOWS - right)
    groups = ranked_together(truth, fold)
    placed = np.zeros(len(truth))
    for rows in groups:
        placed[rows] = placements(truth[rows], score[rows])
    if len(truth) >= FEW_SUBJECTS:
        low, high = delong(placed, truth)
        if np.isfinite(low):
            return low, high
    area = sum(len(rows) * placed[rows][truth[rows] == 1].mean() for rows in groups) / len(truth)
    return newcombe_of_groups(float(area), truth, groups)


def _everybody(weights: Floats, bias: Floats, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """Figures on everybody of the networks of each cohort, mean over folds.

    Accuracy of windows and of votes (a subject's own mean decides), and the AUC of the number of windows of a subject that are said to be of the second class.
    """
    length = np.sqrt((weights**2).sum(axis=2))
    towards = weights @ centre
    accuracy, vote = np.zeros(bias.shape), np.zeros(bias.shape)
    nodes, mass = np.polynomial.hermite_e.hermegauss(61)
    mass = mass / mass.sum()
    said = []  # chances of each number of windows that are said to be of the second class, by class
    for sign in (-1.0, 1.0):
        middle = (sign * bias + towards) / length  # distance from the border, in units of a window's spread within a subject
        accuracy += ndtr(middle / np.sqrt(1 + OF_SUBJECTS**2)) / 2
        of_subject = ndtr(middle[..., None] + OF_SUBJECTS * nodes)  # accuracy of a subject's windows
        vote += (bdtrc(WINDOWS // 2, WINDOWS, of_subject) * mass).sum(axis=2) / 2
        right = np.einsum("mknw,n->mkw", binom.pmf(np.arange(WINDOWS + 1), WINDOWS, of_subject[..., None]), mass)
        said.append(right if sign > 0 else right[..., ::-1])
    below = np.cumsum(said[0], axis=2) - said[0] / 2
    return accuracy.mean(axis=1), vote.mean(axis=1), (said[1] * below).sum(axis=2).mean(axis=1)
