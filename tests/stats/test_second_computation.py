"""Every figure of an evaluation against a second, slower computation in fractions, over random cohorts with ties and one-class sets."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from eegcli.registry import metrics_of
from eegcli.stats.metrics import r_squared
from eegcli.stats.summary import Predictions, summarise
from eegcli.stats.votes import count_votes

SEEDS = range(50)
RESAMPLES = 100


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


def draws_by_hand(n, place, seed):
    return np.random.default_rng((seed, place) if place else seed).integers(0, n, size=(RESAMPLES, n))


def studentised(strata):
    """Mean over strata of sums over counts, and its variance, in fractions; a stratum is a list of (sum, count) of its subjects."""
    mean, variance = Fraction(0), Fraction(0)
    for stratum in strata:
        n, windows = len(stratum), sum(count for _, count in stratum)
        share = sum(total for total, _ in stratum) / windows
        mean += share / len(strata)
        variance += Fraction(n, n - 1) * sum((total - share * count) ** 2 for total, count in stratum) / windows**2 / len(strata) ** 2
    return mean, variance


def bootstrap_t_by_hand(strata, seed):
    """Bounds by bootstrap-t, cohort after cohort, with the draws that the seed gives; infinite where resamples have no spread."""
    mean, variance = studentised(strata)
    draws = [draws_by_hand(len(stratum), place, seed) for place, stratum in enumerate(strata)]
    lows, highs = [], []
    for number in range(RESAMPLES):
        drawn = [[stratum[who] for who in own[number]] for stratum, own in zip(strata, draws, strict=True)]
        of_draw, spread = studentised(drawn)
        off = of_draw - mean
        t = float(off) / float(spread) ** 0.5 if spread else (float("inf") if off > 0 else float("-inf"))
        lows.append(t)
        highs.append(float("inf") if not spread and not off else t)
    tail = 0.025 * (RESAMPLES - 1)
    below, above = sorted(lows)[int(np.floor(tail))], sorted(highs)[int(np.ceil(RESAMPLES - 1 - tail))]
    error = float(variance) ** 0.5
    return float(mean), error, float(mean) - above * error, float(mean) - below * error


def clopper_pearson_by_hand(k, n):
    """The shares at which the tail that was found, or a further one, has a probability of 2.5 %."""
    low = 0.0 if k == 0 else brentq(lambda p: beta_tail(k, n, p) - 0.025, 0, 1, xtol=1e-14)
    high = 1.0 if k == n else brentq(lambda p: 1 - beta_tail(k + 1, n, p) - 0.025, 0, 1, xtol=1e-14)
    return low, high


def beta_tail(k, n, p):
    """Probability of k or more right ones of n; by the beta distribution where they are not whole."""
    if float(k).is_integer():
        return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(int(k), n + 1))
    return stats.beta.cdf(p, k, n - k + 1)


def shares_by_hand(strata, n_subjects, seed, worst):
    """Interval of a mean of shares: bootstrap-t, and `worst` on the side where that has no bound."""
    _, error, low, high = bootstrap_t_by_hand(strata, seed)
    low, high = worst if error == 0 else (low if np.isfinite(low) else worst[0], high if np.isfinite(high) else worst[1])
    return max(low, 0.0), min(high, 1.0)


def mover_by_hand(classes):
    """Interval of the mean over classes, from the value and the interval of each."""
    middle = sum(value for value, *_ in classes) / len(classes)
    below = sum((value - low) ** 2 for value, low, _ in classes) ** 0.5 / len(classes)
    above = sum((high - value) ** 2 for value, _, high in classes) ** 0.5 / len(classes)
    return middle - below, middle + above


def intervals_of_classes(right, who, truth, n_classes, seed, votes):
    """Intervals of accuracy and balanced accuracy, of windows or of one vote of each subject."""
    numbers = sorted(set(who))
    of_subject = {one: (Fraction(int(sum(right[who == one]))), Fraction(int(sum(who == one)))) for one in numbers}
    label = {one: truth[who == one][0] for one in numbers}
    classes = [[of_subject[one] for one in numbers if label[one] == k] for k in range(n_classes)]
    classes = [own for own in classes if own]
    nothing = (np.nan, np.nan)
    n, mean = len(numbers), float(sum(right) / len(right))
    one_each = votes or len(who) == n
    if one_each:
        of_rows = clopper_pearson_by_hand(int(sum(right)), n)
    else:
        of_rows = shares_by_hand([[*of_subject.values()]], n, seed, clopper_pearson_by_hand(mean * n, n))
    if len(classes) < 2 or min(map(len, classes)) < 2:
        return of_rows, nothing
    each = []
    for own in classes:
        share = float(sum(total for total, _ in own) / sum(count for _, count in own))
        each.append((share, *clopper_pearson_by_hand(share * len(own), len(own))))
    worst = mover_by_hand(each)
    return of_rows, worst if one_each else shares_by_hand(classes, n, seed, worst)


def newcombe_by_hand(area, truth):
    """The areas whose own standard error, of Hanley and McNeil with the mean number of a class, reaches as far as the one that was found."""
    m, n = int(sum(truth == 1)), int(sum(truth == 0))
    star, z = (m + n) / 2 - 1, stats.norm.ppf(0.975)

    def off(guess, sign):
        q1, q2 = guess / (2 - guess), 2 * guess**2 / (1 + guess)
        variance = (guess * (1 - guess) + star * (q1 - guess**2) + star * (q2 - guess**2)) / (m * n)
        return area - guess - sign * z * max(variance, 0.0) ** 0.5

    return (
        0.0 if area == 0 else brentq(off, 0, area - 1e-13 if area < 1 else 1 - 1e-13, args=(1,), xtol=1e-14),
        1.0 if area == 1 else brentq(off, area + 1e-13 if area > 0 else 1e-13, 1, args=(-1,), xtol=1e-14),
    )


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

    first = ballot.first
    levels = [
        (Predictions(truth, np.argmax(probabilities, axis=1), subject, probabilities), guess, window),
        (Predictions(truth[first], ballot.vote, subject[first], ballot.mean), vote, exact),
        (Predictions(truth[first], ballot.hard_vote, subject[first]), ballot.hard_vote.tolist(), None),
    ]
    for number, (predictions, predicted, scores) in enumerate(levels):
        own = predictions.truth
        figures = summarise([predictions], "classification", n_classes, resamples=RESAMPLES, seed=3, votes=number > 0)
        wanted = by_hand(own.tolist(), predicted, scores, n_classes)
        assert set(wanted) <= {name for name in metrics_of("classification") if name in figures}  # the others: test_class_metrics.py
        check(figures, wanted)
        right = own == np.array(predicted)
        of_rows, of_classes = intervals_of_classes(right, predictions.subject, own, n_classes, 3, votes=number > 0)
        np.testing.assert_allclose(figures["ci95"], of_rows, atol=1e-9)
        np.testing.assert_allclose(figures["balanced_accuracy_ci95"], of_classes, atol=1e-9)
        if "auc" in figures:
            one_each = len(own) == len(set(predictions.subject)) and n_classes == 2 and wanted["auc"] is not None
            area = newcombe_by_hand(float(wanted["auc"]), own) if one_each else (np.nan, np.nan)
            np.testing.assert_allclose(figures["auc_ci95"], area, atol=1e-8)


def jackknife_by_hand(truth, predicted, subject):
    """Standard error of Fisher's z, a subject left out after the other; 0 for a row of each."""
    if len(subject) == len(set(subject)):
        return 0.0
    left_out = [subject != one for one in sorted(set(subject))]
    z = [
        np.arctanh(stats.pearsonr(truth[kept], predicted[kept])[0]) for kept in left_out if np.ptp(truth[kept]) and np.ptp(predicted[kept])
    ]
    return float(np.sqrt((len(z) - 1) / len(z) * np.sum((np.array(z) - np.mean(z)) ** 2)))


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
    # Of tenths: what the last bits of two numbers differ by is no spread.
    errors = [abs(own - value).limit_denominator(1000) for own, value in zip(exact, guess, strict=True)]
    of_subject = [
        (sum((errors[row] for row in np.flatnonzero(subject == one)), Fraction(0)), Fraction(int(sum(subject == one)))) for one in range(5)
    ]
    _, error, low, high = bootstrap_t_by_hand([of_subject], 3)
    bounds = (max(low, 0.0), high) if error and np.isfinite([low, high]).all() else (np.nan, np.nan)
    np.testing.assert_allclose(figures["ci95"], bounds, rtol=1e-9)
    if wanted["r"] is None:
        assert np.isnan(figures["r_ci95"]).all()
    else:
        z, half = np.arctanh(wanted["r"]), stats.norm.ppf(0.975) * max(1 / np.sqrt(2), jackknife_by_hand(truth, predicted, subject))
        np.testing.assert_allclose(figures["r_ci95"], np.tanh([z - half, z + half]), rtol=1e-9)
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
