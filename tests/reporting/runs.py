"""Runs of these tests: a small cohort, evaluated in folds and by one split; and folders that only look like runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eegcli import evaluate
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers


def laboratory(factory: pytest.TempPathFactory) -> Path:
    """A folder of runs on one cohort: two in folds and evaluated, a network of one split that is not, one of a number."""

    def make(path: Path) -> None:
        windows = cohorts.windows(path / "w", subjects=range(12), n_windows=4, effect=3.0)
        for name, wishes in {
            "lab-logistic": {"cv": 3},
            "lab-majority": {"cv": 3, "arch": "majority"},
            "lab-eegnet": {"arch": "eegnet", "epochs": 2, "batch_size": 24, "cv": 3},
            "lab-unevaluated": {"arch": "eegnet", "epochs": 3, "batch_size": 24},
            "lab-age": {"cv": 3, "target": "age"},
        }.items():
            cohorts.train(windows, path / name, **wishes)
            if name != "lab-unevaluated":
                evaluate.run(EvaluateSettings(run=path / name, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())

    return once_for_all_workers(factory, "laboratory", make)


def pretended(
    path: Path,
    *,
    arch: str = "vgg",
    target: str = "sex",
    marked: str | None = None,
    leak: bool | None = True,
    low: float = 0.7,
    **more: object,
) -> Path:
    """A folder with the small files of an evaluated run, as an index reads them; its figures are those of nobody."""
    (path / "evaluation").mkdir(parents=True)
    vote = {
        "n": 20,
        "n_subjects": 20,
        "accuracy": 0.85,
        "balanced_accuracy": 0.8,
        "majority_rate": 0.55,
        "balanced_accuracy_ci95": [low, 0.9],
        "ci95": [low, 0.95],
    }
    metrics = {
        "arch": arch,
        "target": target,
        "kind": "classification",
        "classes": ["F", "M"],
        "n_windows": 2040,
        "n_subjects": 100,
        "marked": marked,
        "control": None,
    }
    checks = [{"name": "subjects in two splits", "passed": leak}]
    evaluation = {"kind": "classification", "unit": "subject", "splits": {"test": {"vote": vote, "window": vote}}, "leak_checks": checks}
    for name, content in {
        "settings.json": {"kind": "run", "settings": {}},
        "done.json": {"kind": "run"},
        "metrics.json": metrics | more,
        "provenance.json": {"windows": "/somewhere/demo-windows"},
        "evaluation/metrics.json": evaluation,
        "evaluation/done.json": {},
    }.items():
        (path / name).write_text(json.dumps(content))
    return path
