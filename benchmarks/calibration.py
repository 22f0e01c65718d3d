"""Benchmark of the interval of the expected calibration error: how often it holds the error of the network, beside a percentile bootstrap.

Simulated cohorts of subjects with 31 windows each. A network that is `sureness` times as sure as it should be (1: calibrated), easy (nearly all windows
right) or hard; its error is known from 100,000 subjects.

    python benchmarks/calibration.py [--json] [--quick]
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from eegcli.stats.calibration import N_BINS, calibration_error, error_interval
from eegcli.stats.intervals import LEVEL

N_WINDOWS = 31
SIZES = (8, 12, 20, 36, 100)
NETWORKS = {
    f"{name}, {words}": (mean, sureness)
    for name, mean in (("hard", 1.0), ("easy", 2.5))
    for words, sureness in (("calibrated", 1.0), ("half as sure", 0.5), ("1.5 times as sure", 1.5), ("3 times as sure", 3.0))
}


def cohort(rng: np.random.Generator, n: int, mean: float, sureness: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, probabilities and subjects of windows; windows of a subject share half of the variance of their evidence."""
    evidence = rng.normal(mean, 1, n)[:, None] + rng.normal(0, 1, (n, N_WINDOWS))
    truth = np.repeat(rng.integers(0, 2, n), N_WINDOWS)
    logit = sureness * mean * evidence.ravel() * np.where(truth == 1, 1, -1)  # 2 mean / variance of the evidence, which is 2
    p = 1 / (1 + np.exp(-logit))
    return truth, np.stack([1 - p, p], axis=1), np.repeat(np.arange(n), N_WINDOWS)


def percentile(truth: np.ndarray, probabilities: np.ndarray, n: int, *, resamples: int, seed: int) -> tuple[float, float]:
    """Percentile bootstrap over subjects, as it is usually done."""
    right = np.argmax(probabilities, axis=1) == truth
    confidence = probabilities.max(axis=1)
    index = np.searchsorted(np.arange(1, N_BINS) / N_BINS, confidence) + N_BINS * np.repeat(np.arange(n), N_WINDOWS)
    gaps = np.bincount(index, weights=confidence - right, minlength=N_BINS * n).reshape(n, N_BINS) / N_WINDOWS
    drawn = np.random.default_rng(seed).integers(0, n, (resamples, n))
    errors = np.abs(gaps[drawn].mean(axis=1)).sum(axis=1)
    low, high = np.quantile(errors, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def measure(mean: float, sureness: float, sizes: tuple[int, ...], n_cohorts: int, resamples: int) -> dict[str, Any]:
    """Coverage (%) by number of subjects, of our interval and of the percentile one, with the mean width of ours and the mean error seen."""
    truth, probabilities, _ = cohort(np.random.default_rng(1), 100_000, mean, sureness)
    error = calibration_error(truth, probabilities)
    result: dict[str, Any] = {"error": round(error, 4)}
    for n in sizes:
        rng = np.random.default_rng([2, n])
        found = []
        for number in range(n_cohorts):
            drawn = cohort(rng, n, mean, sureness)
            low, high = error_interval([drawn], resamples=resamples, seed=number)
            # Of a calibrated network the hundred thousand have an error, too, by chance alone: 0.001.
            holds = low - 0.001 <= error <= high
            below, above = percentile(*drawn[:2], n, resamples=resamples, seed=number)
            found.append((holds, below - 0.001 <= error <= above, high - low, calibration_error(*drawn[:2])))
        ours, theirs, width, seen = np.mean(found, axis=0)
        result[str(n)] = {
            "coverage": round(100 * float(ours), 1),
            "percentile": round(100 * float(theirs), 1),
            "width": round(float(width), 3),
            "mean_error_seen": round(float(seen), 4),
        }
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="20 cohorts of two sizes: does it run?")
    arguments = parser.parse_args()
    sizes, n_cohorts, resamples = ((8, 20), 20, 100) if arguments.quick else (SIZES, 1000, 500)
    result = {
        "benchmark": "calibration",
        "n_cohorts": n_cohorts,
        "coverage": {name: measure(*network, sizes, n_cohorts, resamples) for name, network in NETWORKS.items()},
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, figures in result["coverage"].items():  # type: ignore[attr-defined]
        print(f"{name}: error {figures['error']}")
        for n in map(str, sizes):
            print(f"  {n} subjects: " + ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in figures[n].items()))


if __name__ == "__main__":
    main()
