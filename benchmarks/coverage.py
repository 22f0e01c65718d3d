"""Benchmark of intervals: how often a nominal 95 % interval of `evaluate` holds the truth, over simulated cohorts.

A cell is a number of subjects and a spread of their accuracies; every cohort is new subjects of 31 windows each. The intervals are those that
`evaluate` gives, resamples and seed included. With `--cv` in its name, a linear classifier is trained in every fold, and the truth is the accuracy
on everybody of the networks of those folds, or of the next cohort's. `--table` writes what it found to the table in the package.

    python benchmarks/coverage.py [--json] [--quick] [--cohorts N] [--only fixed|cross-validated] [--table]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from scipy.special import betaincinv, ndtr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _cross_validated import cross_validated

from eegcli.stats.intervals import RESAMPLES, clustered
from eegcli.stats.intervals.correlation import fisher_z
from eegcli.stats.intervals.ranking import FEW_SUBJECTS, delong, newcombe, placements
from eegcli.stats.paired import paired_intervals

SIZES = (8, 12, 20, 36, 100)
WINDOWS = 31
AT_ONCE = 500  # cohorts
SEED = 20
OUTPUT = Path(__file__).resolve().parents[1] / "eegcli" / "stats" / "intervals" / "simulated.py"

Floats = np.ndarray
Cell = Iterator[tuple[str, float, Floats, Floats, Floats]]  # quantity, truth, low, high, features (n_features, n_cohorts)


def beta_draws(mean: float, sd: float) -> Callable[[np.random.Generator, tuple[int, ...]], Floats]:
    """Accuracies of subjects, beta distributed."""
    total = mean * (1 - mean) / sd**2 - 1
    return lambda random, shape: random.beta(mean * total, (1 - mean) * total, shape)


def beta_quantiles(mean: float, sd: float) -> Callable[[Floats], Floats]:
    """Quantile function of the same distribution."""
    total = mean * (1 - mean) / sd**2 - 1
    return lambda share: betaincinv(mean * total, (1 - mean) * total, share)


def rare_failures(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Accuracies of subjects of whom one in ten fails."""
    return np.where(random.random(shape) < RARE, 0.3, 0.98)


RARE = 0.1
ALIKE = 0.5  # correlation of what two networks make of a subject
PROMISED = ("70", "87", "normal")


class Spread(NamedTuple):
    """Distribution of the subjects' accuracies."""

    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    mean: float
    quantile: Callable[[Floats], Floats]


SPREADS = {
    "70": Spread(beta_draws(0.70, 0.15), 0.70, beta_quantiles(0.70, 0.15)),
    "87": Spread(beta_draws(0.87, 0.12), 0.87, beta_quantiles(0.87, 0.12)),
    "ceiling": Spread(beta_draws(0.96, 0.05), 0.96, beta_quantiles(0.96, 0.05)),
    "rare_failures": Spread(rare_failures, 0.9 * 0.98 + 0.1 * 0.3, lambda share: np.where(share < RARE, 0.3, 0.98)),
}
# Errors of a prediction, of mean 0 and standard deviation 1, and what one subject's windows differ by beside it.
ERRORS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": lambda random, shape: random.standard_normal(shape),
    "laplace": lambda random, shape: random.laplace(0.0, 0.5**0.5, shape),
    "lognormal": lambda random, shape: (random.lognormal(0.0, 1.0, shape) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e),
}
WITHIN = 0.5
R = 0.5


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--quick", action="store_true", help="400 cohorts of 8 and 20 subjects")
    parser.add_argument(
        "--cohorts", type=int, default=None, help="cohorts of a cell (10,000; of ceilings and heavy tails a fifth, cross-validated a tenth)"
    )
    parser.add_argument(
        "--only", choices=("fixed", "cross-validated"), help="a fixed network on held-out subjects, or cross-validation, alone"
    )
    parser.add_argument("--table", action="store_true", help="write the table in the package")
    given = parser.parse_args()
    if given.table and given.only:
        parser.error("--table needs both, without --only")
    found = measure(given.cohorts or (400 if given.quick else 10_000), quick=given.quick, only=given.only)
    if given.table:
        write_table(found)
    print(json.dumps(found, indent=None if given.json else 1))


def measure(n_cohorts: int, *, quick: bool, only: str | None = None) -> dict[str, Any]:
    """All cells: coverage in percent, and what the intervals cost."""
    result: dict[str, Any] = {"n_cohorts": n_cohorts, "standard_error": round(100 * (0.95 * 0.05 / n_cohorts) ** 0.5, 2)}
    if only != "cross-validated":
        result |= fixed(n_cohorts, (8, 20) if quick else SIZES)
        result["seconds_of_500_subjects"] = speeds()
    if only != "fixed":
        started = time.process_time()
        result["cross_validated_cohorts"] = max(n_cohorts // 10, 40)
        result["cross_validated"] = cross_validated((20,) if quick else (20, 36, 60, 100), result["cross_validated_cohorts"])
        result["cross_validated_seconds"] = round(time.process_time() - started, 1)
    return result


def fixed(n_cohorts: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Coverage of a fixed network's intervals on subjects that were held out."""
    started = time.process_time()
    coverage: dict[str, dict[str, dict[str, float]]] = {}
    cells: dict[str, Any] = {}
    for n in sizes:
        for name, spread in SPREADS.items():
            _add(coverage, cells, n, name, accuracies(n, spread, _cohorts(name, n_cohorts)))
            _add(coverage, cells, n, name, paired(n, spread, _cohorts(name, n_cohorts)))
        for name, draw in ERRORS.items():
            _add(coverage, cells, n, name, numbers(n, draw, _cohorts(name, n_cohorts)))
    return {"coverage": coverage, "cells": cells, "seconds": round(time.process_time() - started, 1)}


def _cohorts(name: str, n_cohorts: int) -> int:
    """Cohorts of a cell: a fifth where no method is promised to hold."""
    return n_cohorts if name in PROMISED else max(n_cohorts // 5, 200)


def _add(coverage: dict[str, Any], cells: dict[str, Any], n: int, name: str, cell: Cell) -> None:
    """Put a cell's blocks together."""
    inside: dict[str, list[Floats]] = {}
    features: dict[str, list[Floats]] = {}
    for quantity, truth, low, high, of_cohorts in cell:
        given = ~np.isnan(low)  # the others are told to have none
        inside.setdefault(quantity, []).append(((low <= truth) & (truth <= high))[given])
        features.setdefault(quantity, []).append(of_cohorts)
    own = coverage.setdefault(str(n), {}).setdefault(name, {})
    for quantity, found in inside.items():
        own[quantity] = round(100 * float(np.concatenate(found).mean()), 2)
        middle = np.nanmedian(np.concatenate(features[quantity], axis=1), axis=1)
        cells.setdefault(quantity, []).append([n, name, [round(float(value), 4) for value in middle], own[quantity]])


def _blocks(n: int, name: int, n_cohorts: int) -> Iterator[tuple[np.random.Generator, int]]:
    for number, start in enumerate(range(0, n_cohorts, AT_ONCE)):
        yield np.random.default_rng([SEED, n, name, number]), min(AT_ONCE, n_cohorts - start)


def accuracies(n: int, spread: Spread, n_cohorts: int) -> Cell:
    """Accuracy of windows and votes, balanced accuracy, AUC, paired difference, gain of the vote."""
    truth_of_votes, truth_of_auc = _truths(spread)
    how = {"resamples": RESAMPLES, "seed": 0}
    half = n // 2
    truth = (np.arange(n) < half).astype(np.int64)
    for random, m in _blocks(n, round(1e6 * spread.mean), n_cohorts):
        accuracy = spread.draw(random, (n, m))
        right = random.binomial(WINDOWS, accuracy).astype(float)
        counts = np.full_like(right, WINDOWS)
        votes, ones = (right > WINDOWS / 2).astype(float), np.ones_like(right)
        shares = right / WINDOWS
        looks = np.stack([shares.mean(axis=0), shares.std(axis=0, ddof=1)])
        bounds = clustered.mean_interval(right, counts, share=True, **how)
        yield "accuracy", spread.mean, bounds.low, bounds.high, looks
        in_class = np.stack([truth == 0, truth == 1], axis=1)[:, :, None]
        bounds = clustered.balanced_interval(right[:, None] * in_class, counts[:, None] * in_class, constant=True, **how)
        yield "balanced_accuracy", spread.mean, bounds.low, bounds.high, looks
        bounds = clustered.votes_interval(votes, ones)
        yield "votes", truth_of_votes, bounds.low, bounds.high, votes.mean(axis=0)[None]
        bounds = clustered.balanced_votes_interval(votes[:, None] * in_class, ones[:, None] * in_class)
        yield "balanced_votes", truth_of_votes, bounds.low, bounds.high, np.stack([votes.mean(axis=0), votes.std(axis=0, ddof=1)])
        _, low, high = clustered.gain_interval((votes, ones), (right, counts), **how)
        yield "vote_gain", truth_of_votes - spread.mean, low, high, looks
        # A score of each subject: the share of its windows that say class 1.
        score = np.where(truth[:, None] == 1, shares, 1 - shares)
        low, high, area = auc_intervals(truth, score)
        yield "auc", truth_of_auc, low, high, area[None]


def paired(n: int, spread: Spread, n_cohorts: int) -> Cell:
    """Difference between two networks that are as good as each other on everybody; ranks of a subject correlate with 0.5 (Gaussian copula)."""
    for random, m in _blocks(n, 7 + round(1e6 * spread.mean), n_cohorts):
        one = random.standard_normal((n, m))
        other = ALIKE * one + (1 - ALIKE**2) ** 0.5 * random.standard_normal((n, m))
        by_one, by_other = (random.binomial(WINDOWS, spread.quantile(ndtr(place))) / WINDOWS for place in (one, other))
        differences = by_one - by_other
        low, high = paired_intervals(differences, resamples=RESAMPLES, seed=0)
        yield "paired", 0.0, low, high, np.abs(stats.skew(differences, axis=0))[None]


def auc_intervals(truth: np.ndarray, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Intervals of the AUC as `evaluate` gives them, a cohort each; and the areas."""
    placed = [placements(truth, column) for column in score.T]
    area = np.array([one[truth == 1].mean() for one in placed])
    n_positive, n_negative = int(truth.sum()), int((truth == 0).sum())
    low, high = newcombe(area, n_positive, n_negative)
    if len(truth) >= FEW_SUBJECTS:
        by_delong = np.array([delong(one, truth) for one in placed])
        low, high = (np.where(np.isnan(own), few, own) for own, few in zip(by_delong.T, (low, high), strict=True))
    return low, high, area


def _truths(spread: Spread) -> tuple[float, float]:
    """Accuracy of votes, and AUC of the scores, of everybody: half a million subjects."""
    random = np.random.default_rng([SEED, round(1e6 * spread.mean)])
    right = random.binomial(WINDOWS, spread.draw(random, (500_000,)))
    share = np.bincount(right, minlength=WINDOWS + 1) / len(right)
    # a positive scores `right`, a negative WINDOWS - right
    below = np.cumsum(share[::-1]) - share[::-1] / 2
    return float((right > WINDOWS / 2).mean()), float((share * below).sum())


def numbers(n: int, draw: Callable[[np.random.Generator, tuple[int, ...]], Floats], n_cohorts: int) -> Cell:
    """Mean absolute error of windows, and the correlation of subjects' predictions with what is true."""
    everybody = np.random.default_rng(SEED)
    error = draw(everybody, (1_000_000,))
    truth_of_error = float(np.abs(error + WITHIN * everybody.standard_normal(error.shape)).mean())
    slope = R / (1 - R**2) ** 0.5
    for random, m in _blocks(n, 1 + [*ERRORS.values()].index(draw), n_cohorts):
        off = draw(random, (n, m))
        windows = np.abs(off[:, None] + WITHIN * random.standard_normal((n, WINDOWS, m)))
        sums, counts = windows.sum(axis=1), np.full((n, m), float(WINDOWS))
        bounds = clustered.mean_interval(sums, counts, share=False, resamples=RESAMPLES, seed=0)
        yield "mae", truth_of_error, bounds.low, bounds.high, stats.skew(sums, axis=0)[None]
        x = random.standard_normal((n, m))
        y = slope * x + off
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        r = (x * y).sum(axis=0) / np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
        low, high = fisher_z(r, n)
        yield "r", R, low, high, np.abs(stats.skew(y - x, axis=0))[None]


def speeds() -> dict[str, float]:
    """CPU seconds of 10,000 resamples of 500 subjects, a quantity each (AUC and r have no resamples: one interval)."""
    random = np.random.default_rng(SEED)
    counts = random.integers(20, 40, (500, 1)).astype(float)
    right = random.binomial(counts.astype(int), beta_draws(0.7, 0.15)(random, (500, 1))).astype(float)
    votes, ones = (right > counts / 2).astype(float), np.ones_like(right)
    truth = np.arange(500) % 2
    in_class = np.stack([truth == 0, truth == 1], axis=1)[:, :, None]
    how = {"resamples": 10_000, "seed": 0}
    calls: dict[str, Callable[[], object]] = {
        "accuracy": lambda: clustered.mean_interval(right, counts, share=True, **how),
        "balanced_accuracy": lambda: clustered.balanced_interval(
            right[:, None] * in_class, counts[:, None] * in_class, constant=True, **how
        ),
        "mae": lambda: clustered.mean_interval(3.3 * right, counts, share=False, **how),
        "paired": lambda: paired_intervals(right / counts - 0.5, **how),
        "votes": lambda: clustered.votes_interval(votes, ones),
        "vote_gain": lambda: clustered.gain_interval((votes, ones), (right, counts), **how),
        "auc": lambda: auc_intervals(truth, right / counts),
        "r": lambda: fisher_z(0.5, 500),
    }
    return {name: round(min(_seconds(call) for _ in range(3)), 3) for name, call in calls.items()}


def _seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def write_table(found: dict[str, Any]) -> None:
    """Write what was measured as plain Python."""
    lines = [
        '"""Coverage of the intervals over simulated cohorts; made by benchmarks/coverage.py --table, read by stats/intervals/measured.py."""',
        "",
        f"N_COHORTS = {found['n_cohorts']}  # of a cell; of ceilings and heavy tails a fifth; cross-validated {found['cross_validated_cohorts']}",
        "# By quantity: number of subjects, distribution, what such cohorts look like (median of each feature), coverage in percent.",
        "CELLS: dict[str, tuple[tuple[int, str, tuple[float, ...], float], ...]] = {",
    ]
    for quantity, cells in found["cells"].items():
        lines += [
            f'    "{quantity}": (',
            *(f"        {(n, name, tuple(looks), held)!r},".replace("'", '"') for n, name, looks, held in cells),
            "    ),",
        ]
    lines += [
        "}",
        "# Cross-validated, 5 folds: number of subjects, what everybody is predicted with, coverage in percent of the interval that takes networks as given.",
    ]
    lines.append("CROSS_VALIDATED: dict[str, tuple[tuple[int, float, float], ...]] = {")
    by_quantity: dict[str, list[tuple[int, float, float]]] = {}
    for n, effects in found["cross_validated"].items():
        for figures in effects.values():
            for quantity, held in figures["networks_as_given"].items():
                by_quantity.setdefault(quantity, []).append(
                    (int(n), figures[{"votes": "accuracy_of_votes", "auc": "auc"}.get(quantity, "accuracy")], held)
                )
            by_quantity.setdefault("nested", []).append((int(n), figures["accuracy"], figures["nested_next_cohort"]["accuracy"]))
    for quantity, rows in by_quantity.items():
        lines += [f'    "{quantity}": (', *(f"        {row!r}," for row in rows), "    ),"]
    OUTPUT.write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
