"""Differences between runs, computed a second time from the tables that evaluate wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from eegcli import compare
from eegcli.artifacts.table import read_table
from eegcli.cli.compare import tables
from eegcli.errors import InputError
from eegcli.settings import CompareSettings, EvaluateSettings
from eegcli.stats.difference import McNemar, said
from eegcli.stats.resampled import Resampled
from tests.kit import cohorts
from tests.kit.commands import eegcli
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Evaluated runs of one cohort: in folds, by seeds, of a target within subjects, of a number, and one whose test subjects are others."""

    def make(path: Path) -> None:
        from eegcli import evaluate

        windows = cohorts.windows(path / "w", subjects=range(12), n_windows=4, effect=3.0)
        for name, wishes in {
            "logistic": {"cv": 3},
            "majority": {"cv": 3, "arch": "majority"},
            "seeds": {"cv": 3, "seeds": 2, "arch": "eegnet", "epochs": 2, "batch_size": 24, "lr": 0.02},
            "task": {"cv": 3, "target": "task"},
            "task-majority": {"cv": 3, "target": "task", "arch": "majority"},
            "age": {"cv": 3, "target": "age"},
            "age-mean": {"cv": 3, "target": "age", "arch": "majority"},
            "one": {"split": (0.5, 0.25, 0.25)},
            "other": {"split": (0.5, 0.25, 0.25), "seed": 3},
        }.items():
            cohorts.train(windows, path / name, **wishes)
            evaluate.run(EvaluateSettings(run=path / name, resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())

    return once_for_all_workers(tmp_path_factory, "differences", make)


def compared(folder: Path, tmp_path: Path, *names: str) -> compare.Comparison:
    return compare.run(
        CompareSettings(runs=tuple(folder / name for name in names), output=tmp_path / "a.png"), reporter=CapturingReporter()
    )


def by_subject(folder: Path, name: str, table: str, classes: tuple[str, ...] | None) -> dict[str, float]:
    """Share of right rows, or mean absolute error, of each test subject; row by row."""
    found: dict[str, list[float]] = {}
    rows = read_table(folder / name / "evaluation" / table)
    for row in range(len(rows["split"])):
        if rows["split"][row] != "test":
            continue
        if classes is None:
            good = abs(float(rows["prediction"][row]) - float(rows["truth"][row]))
        else:
            best = max(classes, key=lambda one: (rows[f"p_{one}"][row], -classes.index(one)))
            good = float(best == rows["truth"][row])
        found.setdefault(rows["subject"][row], []).append(good)
    return {subject: float(np.mean(values)) for subject, values in found.items()}


@pytest.mark.parametrize(
    ("first", "second", "classes"),
    [
        ("logistic", "majority", ("F", "M")),
        ("logistic", "seeds", ("F", "M")),
        ("task", "task-majority", ("rest", "sums")),
        ("age", "age-mean", None),
    ],
)
def test_paired_differences_are_those_of_the_tables(folder, tmp_path, first, second, classes):
    (found,) = compared(folder, tmp_path, first, second).differences
    for level, table in (("window", "predictions.parquet"), ("vote", "votes.parquet")):
        this, that = by_subject(folder, second, table, classes), by_subject(folder, first, table, classes)
        values = np.array([this[subject] - that[subject] for subject in sorted(this)])
        paired = getattr(found, level)
        assert paired.difference == pytest.approx(values.mean())
        signs = 1 - 2 * ((np.arange(2**12)[:, None] >> np.arange(12)) & 1)
        assert paired.p == pytest.approx(np.mean(np.abs(signs @ values) >= abs(values.sum()) - 1e-12))
        student = stats.ttest_1samp(values, 0.0).confidence_interval(0.95) if np.ptp(values) else (np.nan, np.nan)
        if np.isfinite(paired.ci95[0]):
            assert paired.ci95[0] <= student[0] + 1e-12
            assert paired.ci95[1] >= student[1] - 1e-12
    assert found.n_subjects == 12
    assert found.n_left_out == 0


def test_mcnemar_counts_subjects_who_are_right_in_one_alone(folder, tmp_path):
    (found,) = compared(folder, tmp_path, "logistic", "majority").differences
    this, that = (by_subject(folder, name, "votes.parquet", ("F", "M")) for name in ("majority", "logistic"))
    counts = sum(this[one] > that[one] for one in this), sum(that[one] > this[one] for one in this)
    assert isinstance(found.mcnemar, McNemar)
    assert (found.mcnemar.this_alone, found.mcnemar.that_alone) == counts
    assert found.mcnemar.p == pytest.approx(stats.binomtest(counts[0], sum(counts), 0.5).pvalue)


def test_votes_of_recordings_are_no_independent_votes(folder, tmp_path):
    (found,) = compared(folder, tmp_path, "task", "task-majority").differences
    assert found.mcnemar == "a subject has several votes"
    assert "no McNemar test: a subject has several votes" in tables(compared(folder, tmp_path, "task", "task-majority"))[-1]


def test_folds_have_the_corrected_error(folder, tmp_path):
    (found,) = compared(folder, tmp_path, "age", "age-mean").differences
    values = []
    for fold in range(3):
        means = []
        for name in ("age-mean", "age"):
            rows = read_table(folder / name / "evaluation" / "predictions.parquet")
            chosen = (rows["fold"] == fold) & (rows["split"] == "test")
            means.append(np.abs(rows["prediction"][chosen] - rows["truth"][chosen]).mean())
        values.append(means[0] - means[1])
    splits = read_table(folder / "age" / "splits.parquet")
    trained = np.mean([np.sum((splits["fold"] == fold) & (splits["split"] == "train")) for fold in range(3)])
    error = np.std(values, ddof=1) * np.sqrt(1 / 3 + 4 / trained)
    assert isinstance(found.folds, Resampled)
    assert found.folds.mean == pytest.approx(np.mean(values))
    assert found.folds.p == pytest.approx(2 * stats.t.sf(abs(np.mean(values)) / error, 2))


def test_p_values_of_several_runs_are_adjusted(folder, tmp_path):
    alone = compared(folder, tmp_path, "logistic", "majority").differences[0]
    both = compared(folder, tmp_path / "both", "logistic", "majority", "seeds").differences
    p = sorted(one.window.p for one in both)
    assert alone.window.p_holm == alone.window.p
    assert min(one.window.p_holm for one in both) == pytest.approx(min(1.0, 2 * p[0]))


def test_runs_that_tested_nobody_in_common_are_refused(folder, tmp_path):
    one, other = (set(by_subject(folder, name, "votes.parquet", ("F", "M"))) for name in ("one", "other"))
    assert one != other
    if one & other:  # then those are compared, and the others left out
        (found,) = compared(folder, tmp_path, "one", "other").differences
        assert (found.n_subjects, found.n_left_out) == (len(one & other), len(one ^ other))
    cohort = cohorts.windows(tmp_path / "w", subjects=range(20, 28), n_windows=4)
    cohorts.train(cohort, tmp_path / "strangers")
    from eegcli import evaluate

    evaluate.run(EvaluateSettings(run=tmp_path / "strangers", resamples=50, threads=1, device="cpu"), reporter=CapturingReporter())
    with pytest.raises(InputError, match="no test subject in common"):
        compare.run(
            CompareSettings(runs=(folder / "logistic", tmp_path / "strangers"), output=tmp_path / "b.png"), reporter=CapturingReporter()
        )


def test_what_the_cohort_can_see_is_said_and_json_holds_all(folder, tmp_path):
    comparison = compared(folder, tmp_path, "logistic", "majority")
    sentence = said(comparison.differences[0], is_class=True)
    assert "with 12 subjects in common a difference of windows below" in sentence
    assert sentence in tables(comparison)[-1]
    result = eegcli("compare", folder / "logistic", folder / "majority", "--output", tmp_path / "c.png", "--json")
    (stored,) = json.loads(result.stdout)["data"]["differences"]
    assert stored["window"]["difference"] == pytest.approx(comparison.differences[0].window.difference)
    assert stored["mcnemar"]["p"] == pytest.approx(comparison.differences[0].mcnemar.p)


def test_the_published_form_stands_over_seeds(folder, tmp_path):
    table = next(one for one in tables(compared(folder, tmp_path, "logistic", "seeds")) if one.startswith("test set, over seeds"))
    metrics = json.loads((folder / "seeds" / "evaluation" / "metrics.json").read_text())
    window = metrics["splits"]["test"]["window"]
    by_seed = []
    rows = read_table(folder / "seeds" / "evaluation" / "predictions.parquet")
    for seed in (0, 1):
        chosen = (rows["seed"] == seed) & (rows["split"] == "test")
        by_seed.append(np.mean(np.where(rows["p_F"] >= rows["p_M"], "F", "M")[chosen] == rows["truth"][chosen]))
    half = 1.96 * np.std(by_seed) / np.sqrt(2)
    mean = np.mean(by_seed)
    assert window["accuracy"] == pytest.approx(mean)
    assert f"**{100 * mean:.1f}** ({100 * (mean - half):.1f}-{100 * (mean + half):.1f})" in table
    assert "logistic" not in table  # one seed
