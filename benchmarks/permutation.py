"""Benchmark of permutation tests: how often nothing is called something, at 5 %.

    python benchmarks/permutation.py --json [--quick]

Cohorts without any effect are simulated, and each is tested: a fixed network on held-out subjects, its windows and its votes; labels permuted against
predictions of cross-validation that are there already (which `evaluate` refuses); and a linear classifier that is trained again for each permutation, with folds
drawn anew (`--retrain`). A share of 4 to 6 % is what a test at 5 % promises.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from eegcli.stats.permutation import p_value, right_under
from eegcli.study.permutations import Permutations

WINDOWS = 31
LEVEL = 0.05


def held_out(n_subjects: int, n_cohorts: int, n_permutations: int, seed: int) -> dict[str, float]:
    """Shares of cohorts that are called significant: a network that says anything, on held-out subjects."""
    random = np.random.default_rng([seed, n_subjects])
    label = np.arange(n_subjects) % 2
    block = np.zeros(n_subjects, dtype=np.int64)
    found = {"windows": 0, "votes": 0, "votes_mid_p": 0}
    for cohort in range(n_cohorts):
        of_second = random.binomial(WINDOWS, random.beta(2, 2, size=n_subjects))
        permutations = Permutations(label, block, n_permutations, cohort)
        for name, tally in {
            "windows": np.stack([WINDOWS - of_second, of_second], axis=1).astype(float),
            "votes": np.stack([of_second <= WINDOWS // 2, of_second > WINDOWS // 2], axis=1).astype(float),
        }.items():
            observed = tally[np.arange(n_subjects), label].sum()
            null = right_under(permutations, tally)
            found[name] += p_value(observed, null) <= LEVEL
            if name == "votes":
                found["votes_mid_p"] += p_value(observed, null, mid=True) <= LEVEL
    return {name: value / n_cohorts for name, value in found.items()}


def folds_of(label: np.ndarray, n_folds: int, random: np.random.Generator) -> np.ndarray:
    """Stratified folds, drawn at random."""
    fold = np.empty(len(label), dtype=int)
    for value in np.unique(label):
        rows = random.permutation(np.flatnonzero(label == value))
        fold[rows] = (np.arange(len(rows)) + random.integers(n_folds)) % n_folds
    return fold


def said_by_folds(x: np.ndarray, label: np.ndarray, fold: np.ndarray, ridge: float) -> np.ndarray:
    """Class that a ridge classifier says of each subject in the fold that does not train on it."""
    said = np.empty(len(label), dtype=int)
    for number in np.unique(fold):
        train, test = fold != number, fold == number
        mean = x[train].mean(axis=0)
        a, y = x[train] - mean, 2.0 * label[train] - 1
        offset = y.mean()
        weights = a.T @ np.linalg.solve(a @ a.T + ridge * np.eye(len(a)), y - offset)
        said[test] = ((x[test] - mean) @ weights + offset > 0).astype(int)
    return said


def cross_validated(
    n_subjects: int, n_cohorts: int, n_permutations: int, seed: int, n_folds: int = 5, n_features: int = 20
) -> dict[str, float]:
    """Shares of cohorts that are called significant under cross-validation: fitted predictions, and training again."""
    random = np.random.default_rng([seed, n_subjects, 1])
    label = np.arange(n_subjects) % 2
    found = {"fitted_predictions": 0, "fitted_predictions_mid_p": 0, "retrained": 0, "retrained_mid_p": 0}
    for cohort in range(n_cohorts):
        x = random.normal(size=(n_subjects, n_features))
        said = said_by_folds(x, label, folds_of(label, n_folds, random), 1.0)
        observed = float(np.sum(said == label))
        tally = np.eye(2)[said]
        fixed = right_under(Permutations(label, np.zeros(n_subjects, dtype=np.int64), n_permutations, cohort), tally)
        again = []
        for _ in range(n_permutations):
            other = random.permutation(label)
            again.append(np.sum(said_by_folds(x, other, folds_of(other, n_folds, random), 1.0) == other))
        for name, null in (("fitted_predictions", fixed), ("retrained", np.array(again, dtype=float))):
            found[name] += p_value(observed, null) <= LEVEL
            found[f"{name}_mid_p"] += p_value(observed, null, mid=True) <= LEVEL
    return {name: value / n_cohorts for name, value in found.items()}


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="few cohorts: to see that it runs")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cohorts, permutations, trained = (40, 99, 5) if options.quick else (10_000, 399, 1000)
    start = time.process_time()
    result = {
        "cohorts": cohorts,
        "permutations": permutations,
        "held_out": {str(n): held_out(n, cohorts, permutations, options.seed) for n in (20, 60)},
        "cross_validated_cohorts": trained,
        "cross_validated": {str(n): cross_validated(n, trained, 99, options.seed) for n in ((20,) if options.quick else (20, 60))},
    }
    result["cpu_seconds"] = round(time.process_time() - start, 1)
    if options.json:
        print(json.dumps(result))
        return
    for n, shares in result["held_out"].items():
        print(f"held out, {n} subjects: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()))
    for n, shares in result["cross_validated"].items():
        print(f"five folds, {n} subjects: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()))


if __name__ == "__main__":
    main()
