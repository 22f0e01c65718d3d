"""Permutation test of an evaluation: held against permutations that are made by hand, refused where it would not hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli import controls, evaluate
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError
from eegcli.files.atomic import read_json
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A held-out run, one of a target within subjects, one in folds, one by seeds."""

    def make(path: Path) -> None:
        windows = cohorts.windows(path / "w", subjects=range(16), n_windows=3, effect=6.0)
        for name, wishes in {
            "held": {"split": (0.4, 0.1, 0.5)},
            "task": {"split": (0.4, 0.1, 0.5), "target": "task"},
            "folds": {"cv": 2},
            "seeds": {"split": (0.4, 0.1, 0.5), "arch": "eegnet", "epochs": 1, "batch_size": 24, "seeds": 3},
        }.items():
            cohorts.train(windows, path / name, **wishes)

    return once_for_all_workers(tmp_path_factory, "permuted", make)


def copied(folder: Path, name: str, tmp_path: Path) -> Path:
    """A copy of a run for one test: workers share the folder, and two of them must not evaluate one run at once."""
    place = tmp_path / name
    return place if place.exists() else Path(shutil.copytree(folder / name, place))


def metrics(run: Path, **settings) -> dict:
    reporter = CapturingReporter()
    evaluate.run(EvaluateSettings(run=run, resamples=20, threads=1, device="cpu", force=True, **settings), reporter=reporter)
    return read_json(run / "evaluation" / "metrics.json")


def test_p_is_that_of_every_order_of_the_subjects_labels(folder, tmp_path):
    found = metrics(copied(folder, "held", tmp_path), permutations=4000)["permutation"]
    votes = read_table(copied(folder, "held", tmp_path) / "evaluation" / "votes.parquet")
    test = votes["split"] == "test"
    truth, vote = votes["truth"][test], votes["vote"][test]
    random = np.random.default_rng(1)
    right = np.array([np.sum(random.permutation(truth) == vote) for _ in range(20_000)])
    observed = np.sum(truth == vote)
    assert found["exchanged"] == "subjects"
    assert found["vote"]["p"] == pytest.approx(np.mean(right > observed) + np.mean(right == observed) / 2, abs=0.02)
    assert found["vote"]["p_whole"] == pytest.approx(np.mean(right >= observed), abs=0.02)
    assert found["window"]["p"] < 0.2


def test_labels_that_vary_within_subjects_are_exchanged_there(folder, tmp_path):
    found = metrics(copied(folder, "task", tmp_path))["permutation"]
    assert found["exchanged"] == "recordings of a subject"
    windows = read_table(copied(folder, "task", tmp_path) / "evaluation" / "predictions.parquet")
    test = windows["split"] == "test"
    subject, truth = windows["subject"][test], windows["truth"][test]
    said = np.where(windows["p_rest"][test] >= windows["p_sums"][test], "rest", "sums")
    swapped = np.where(truth == "rest", "sums", "rest")
    names = np.unique(subject)
    right = []
    for pattern in range(2 ** len(names)):  # of each subject the two labels stay or are exchanged
        changed = np.isin(subject, names[((pattern >> np.arange(len(names))) & 1) == 1])
        right.append(np.sum(np.where(changed, swapped, truth) == said))
    assert found["window"]["p"] == pytest.approx(np.mean(np.array(right) >= np.sum(truth == said)), abs=0.04)


def test_fitted_predictions_of_folds_are_refused_and_training_again_is_not(folder, tmp_path):
    found = metrics(copied(folder, "folds", tmp_path))["permutation"]
    assert "some 8 %" in found["refused"]
    assert "window" not in found
    with pytest.raises(InputError, match="permuted labels of 5 are not trained"):
        metrics(copied(folder, "folds", tmp_path), retrain=True, permutations=5)
    controls.train_permuted(
        EvaluateSettings(run=copied(folder, "folds", tmp_path), retrain=True, permutations=5, threads=1, device="cpu"),
        reporter=CapturingReporter(),
    )
    found = metrics(copied(folder, "folds", tmp_path), retrain=True, permutations=5)["permutation"]
    assert found["window"]["p"] * 6 == pytest.approx(round(found["window"]["p"] * 6))
    assert found["window"]["p"] <= 0.5
    learnt = [open_run(copied(folder, "folds", tmp_path) / "controls" / f"permuted-{number:04d}") for number in (1, 2)]
    tested = [frozenset(run.splits["subject"][(run.splits["fold"] == 0) & (run.splits["split"] == "test")]) for run in learnt]
    assert tested[0] != tested[1]  # folds are drawn anew
    assert all("labels are shuffled" in run.metrics["control"] for run in learnt)


def test_none_is_made_where_none_is_wanted_and_none_can_be_made_of_one_label(folder, tmp_path):
    assert "permutation" not in metrics(copied(folder, "held", tmp_path), permutations=0)
    windows = cohorts.windows(tmp_path / "w", subjects=range(21, 36, 2), n_windows=3)  # women alone
    figures = evaluate.run(
        EvaluateSettings(run=copied(folder, "held", tmp_path), windows=windows, resamples=20, threads=1, device="cpu"),
        reporter=CapturingReporter(),
    )
    found = read_json(figures.evaluation / "metrics.json")["permutation"]
    assert "changes nothing" in found["refused"]


def test_seeds_are_told_from_subjects(folder, tmp_path):
    found = metrics(copied(folder, "seeds", tmp_path))["seeds_and_subjects"]
    windows = read_table(copied(folder, "seeds", tmp_path) / "evaluation" / "predictions.parquet")
    test = windows["split"] == "test"
    right = (np.where(windows["p_F"] >= windows["p_M"], "F", "M") == windows["truth"])[test]
    subject, seed = windows["subject"][test], windows["seed"][test]
    values = np.array([[right[(subject == one) & (seed == number)].mean() for number in range(3)] for one in np.unique(subject)])
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    assert found["rest"] == pytest.approx(np.sqrt((rest**2).sum() / (2 * (len(values) - 1))))
    assert (found["n_subjects"], found["n_seeds"]) == (len(values), 3)
    assert "seeds_and_subjects" not in metrics(copied(folder, "held", tmp_path))
