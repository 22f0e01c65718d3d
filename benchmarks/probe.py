"""Probes: what a linear probe says of vectors that tell nothing, and of vectors that tell something.

Cohorts are simulated: a vector per subject, of which one direction carries the class (or nothing does). Printed are, per number of subjects, the mean balanced accuracy and AUC,
and how often the interval over subjects lies above chance (or holds it).
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from eegcli.compute.threads import limited
from eegcli.stats.probe import FOLDS, probe
from eegcli.stats.summary import Predictions, summarise

N_FEATURES, N_VALIDATION = 64, 4
EFFECTS = {"none": 0.0, "some": 1.5}  # distance of the classes, in standard deviations of one direction
RESAMPLES = 500


def told(n_subjects: int, effect: float, seed: int) -> dict[str, Any]:
    """Figures of one cohort, half of each class, of which some validation subjects are fitted to and not told."""
    random = np.random.default_rng(seed)
    n = n_subjects + N_VALIDATION
    values = (np.arange(n) % 2).astype(float)
    vectors = random.standard_normal((n, N_FEATURES))
    vectors[:, 0] += effect * values
    probed = probe(vectors.astype(np.float32), values, np.arange(n), np.arange(n) >= N_VALIDATION, 2, seed=seed)
    truth = values[probed.rows].astype(int)
    predictions = Predictions(truth, probed.outputs.argmax(axis=1), probed.rows, probabilities=probed.outputs, fold=probed.fold)
    return summarise([predictions], "classification", 2, resamples=RESAMPLES, seed=0, votes=True, n_folds=FOLDS)


def measure(sizes: tuple[int, ...], n_cohorts: int) -> dict[str, Any]:
    """Figures per number of subjects and effect."""
    found: dict[str, Any] = {}
    with limited(1):
        for n_subjects in sizes:
            for name, effect in EFFECTS.items():
                several = [told(n_subjects, effect, seed) for seed in range(n_cohorts)]
                low, high = np.array([one["ci95"] for one in several], dtype=float).T
                found.setdefault(str(n_subjects), {})[name] = {
                    "balanced_accuracy": round(float(np.mean([one["balanced_accuracy"] for one in several])), 4),
                    "auc": round(float(np.mean([one["auc"] for one in several])), 4),
                    "interval_above_chance": round(float((low > 0.5).mean()), 4),
                    "interval_holds_chance": round(float(((low <= 0.5) & (high >= 0.5)).mean()), 4),
                }
    return {"n_cohorts": n_cohorts, "n_features": N_FEATURES, "subjects": found}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few cohorts, to see that it works")
    parser.add_argument("--cohorts", type=int, default=200, help="how many of each kind")
    options = parser.parse_args()
    result = measure((20,), 4) if options.quick else measure((20, 60), options.cohorts)
    print(json.dumps(result) if options.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
