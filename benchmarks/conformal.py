"""Benchmark of conformal sets: how often they hold the truth, of new subjects, of each other's, and of those that had a say.

Simulated cohorts of two classes. `split`: sets of new subjects, by the number of calibration subjects. `leave_one_out`: sets of test subjects of one
network, each calibrated on the others, as `evaluate --conformal` makes them. `folds`: a linear classifier in four folds; within each fold, as `evaluate` does
it; all folds together, which it refuses, for new subjects whom one of the networks predicts (of each other they hold by arithmetic what is asked). `chosen`: calibrated on the validation subjects by whom the best of twenty epochs was
chosen, which it does not do either.

    python benchmarks/conformal.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np

from eegcli.stats.conformal import conformal_sets, fewest, leave_one_out

COVERAGE = 0.9
SIZES = (9, 12, 15, 20, 36, 39, 60, 100)


def scores_of(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, 2) and classes of subjects whose vote is right in 84 % of cases, and sure of itself beyond that."""
    truth = rng.integers(0, 2, n)
    logit = 3.0 * rng.normal(1.0, 1.0, n) * np.where(truth == 1, 1, -1)
    p = 1 / (1 + np.exp(-logit))
    return np.stack([p, 1 - p], axis=1), truth  # 1 - probability of either class


def held(inside: np.ndarray, truth: np.ndarray) -> float:
    """Share of subjects whose set holds the truth."""
    return float(inside[np.arange(len(truth)), truth].mean())


def split(rng: np.random.Generator, n: int, n_cohorts: int) -> dict[str, float]:
    """Coverage and mean size of the sets of one new subject per cohort, in percent and classes."""
    found = []
    for _ in range(n_cohorts):
        scores, truth = scores_of(rng, n + 1)
        sets = conformal_sets(scores[np.arange(n), truth[:n]], scores[n:], COVERAGE, rng.random(1))
        found.append((held(sets.plain, truth[n:]), held(sets.randomised, truth[n:]), sets.plain.sum(), sets.randomised.sum()))
    plain, randomised, size, size_randomised = np.mean(found, axis=0)
    return _rounded(plain=100 * plain, randomised=100 * randomised, plain_size=size, randomised_size=size_randomised)


def of_each_other(rng: np.random.Generator, n: int, n_cohorts: int) -> dict[str, float]:
    """Coverage of the sets of n + 1 test subjects of one network, each calibrated on the n others."""
    found = []
    for _ in range(n_cohorts):
        scores, truth = scores_of(rng, n + 1)
        sets = leave_one_out(scores, truth, COVERAGE, rng.random(n + 1))
        found.append((held(sets.plain, truth), held(sets.randomised, truth)))
    plain, randomised = np.mean(found, axis=0)
    return _rounded(plain=100 * plain, randomised=100 * randomised)


def in_folds(rng: np.random.Generator, n: int, n_cohorts: int, *, effect: float, n_folds: int = 4, n_features: int = 10) -> dict[str, Any]:
    """Coverage in cross-validation: of each other within each fold, where that has subjects enough; of new subjects by the scores of one fold, and of all."""
    within, by_one, by_all = [], [], []
    for _ in range(n_cohorts):
        truth = rng.permutation(np.arange(n) % 2)
        x = rng.normal(size=(n, n_features))
        x[:, 0] += effect * (truth - 0.5)
        fold = rng.permutation(np.arange(n) % n_folds)
        scores, news = np.empty((n, 2)), []
        for k in range(n_folds):
            learns, tested = fold != k, fold == k
            design = np.c_[np.ones(learns.sum()), x[learns]]
            slope = np.linalg.solve(design.T @ design + np.eye(n_features + 1), design.T @ (2.0 * truth[learns] - 1))
            new, of_new = rng.normal(size=(10, n_features)), rng.integers(0, 2, 10)
            new[:, 0] += effect * (of_new - 0.5)
            p, q = (1 / (1 + np.exp(-2 * np.c_[np.ones(len(who)), who] @ slope)) for who in (x[tested], new))
            scores[tested] = np.stack([p, 1 - p], axis=1)
            news.append((np.stack([q, 1 - q], axis=1), of_new, np.flatnonzero(tested)))
            if tested.sum() > fewest(COVERAGE):
                within.append(
                    held(leave_one_out(scores[tested], truth[tested], COVERAGE, rng.random(tested.sum())).randomised, truth[tested])
                )
        strange = scores[np.arange(n), truth]
        for of_new_ones, of_new, rows in news:
            by_all.append(held(conformal_sets(strange, of_new_ones, COVERAGE, rng.random(10)).randomised, of_new))
            by_one.append(held(conformal_sets(strange[rows], of_new_ones, COVERAGE, rng.random(10)).randomised, of_new))
    return _rounded(
        within_folds=100 * np.mean(within) if within else math.nan,
        new_subjects_by_one_fold=100 * np.mean(by_one),
        new_subjects_by_all_folds=100 * np.mean(by_all),
    )


def calibrated_on_choosers(rng: np.random.Generator, n: int, n_cohorts: int, *, n_epochs: int = 20) -> dict[str, float]:
    """Coverage where the calibration subjects chose the epoch that is best for them."""
    found = []
    for _ in range(n_cohorts):
        epochs = [scores_of(rng, n) for _ in range(n_epochs)]  # epochs that are equally good for everybody else
        right = [(scores.argmin(axis=1) == truth).mean() for scores, truth in epochs]
        scores, truth = epochs[int(np.argmax(right))]
        new, of_new = scores_of(rng, 20)
        sets = conformal_sets(scores[np.arange(n), truth], new, COVERAGE, rng.random(20))
        found.append((held(sets.plain, of_new), held(sets.randomised, of_new)))
    plain, randomised = np.mean(found, axis=0)
    return _rounded(plain=100 * plain, randomised=100 * randomised)


def _rounded(**values: float) -> dict[str, float]:
    return {name: round(float(value), 2) for name, value in values.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="hundreds of cohorts in place of ten thousand: does it run?")
    arguments = parser.parse_args()
    n_cohorts, n_trained = (300, 40) if arguments.quick else (10_000, 2_000)
    rng = np.random.default_rng(0)
    result = {
        "benchmark": "conformal",
        "coverage": COVERAGE,
        "fewest": fewest(COVERAGE),
        "n_cohorts": n_cohorts,
        "split": {n: split(rng, n, n_cohorts) for n in SIZES},
        "leave_one_out": {n: of_each_other(rng, n, n_cohorts // 5) for n in SIZES},
        "folds": {
            f"{n} subjects, effect {effect:g}": in_folds(rng, n, n_trained, effect=effect) for n in (36, 60, 100) for effect in (0.0, 2.0)
        },
        "chosen": {n: calibrated_on_choosers(rng, n, n_trained) for n in (9, 20, 39, 100)},
    }
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"sets of {100 * COVERAGE:g} %, {n_cohorts} cohorts: share (%) that holds the truth")
    for part in ("split", "leave_one_out", "folds", "chosen"):
        print(part)
        for name, figures in result[part].items():  # type: ignore[attr-defined]
            print(f"  {name}: " + ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
