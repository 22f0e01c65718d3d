"""Whole runs on a small cohort in which what is planted is known."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle

from eegcli import evaluate
from eegcli.artifacts.content import content_hash
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table, write_table
from eegcli.artifacts.windows import open_windows
from eegcli.describe import describe
from eegcli.errors import InputError, UsageError
from eegcli.files import atomic
from eegcli.result import DryRun
from eegcli.settings import EvaluateSettings
from tests.kit import cohorts
from tests.kit.evaluations import evaluated
from tests.kit.marks import restate
from tests.kit.reporters import CapturingReporter


def test_figures_of_the_test_set_follow_from_the_tables(run):
    metrics, _ = evaluated(run)
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    test = predictions["split"] == "test"
    truth, p = predictions["truth"][test], predictions["p_M"][test]
    window = metrics["splits"]["test"]["window"]
    assert metrics["classes"] == ["F", "M"]
    assert window["accuracy"] == pytest.approx(np.mean(np.where(p > 0.5, "M", "F") == truth))
    assert window["auc"] == pytest.approx(oracle.roc_auc_score(truth == "M", p))
    assert window["n"] == test.sum() == 4 * 12
    assert window["majority_rate"] == 0.5
    np.testing.assert_allclose(predictions["p_M"] + predictions["p_F"], 1)

    votes = read_table(run / "evaluation" / "votes.parquet")
    assert metrics["unit"] == "subject"
    vote = metrics["splits"]["test"]["vote"]
    voting = votes["split"] == "test"
    assert vote["accuracy"] == np.mean(votes["vote"][voting] == votes["truth"][voting])
    assert vote["n"] == vote["n_subjects"] == 4
    for row in np.flatnonzero(voting):
        own = p[predictions["subject"][test] == votes["unit"][row]]
        assert votes["p_M"][row] == pytest.approx(own.mean())
        assert votes["probability"][row] == pytest.approx(max(own.mean(), 1 - own.mean()))
        assert votes["n_windows"][row] == len(own) == 12
        assert votes["hard_vote"][row] == ("M" if np.mean(own > 0.5) > 0.5 else "F")


def test_one_network_is_listed_as_the_only_one(run):
    metrics, _ = evaluated(run)
    assert metrics["folds"] == [{"fold": 0, "seed": 0, "splits": metrics["splits"]}] and "pooled" not in metrics


def test_an_evaluation_of_before_is_told_and_described_by_its_pooled_figures(run):
    metrics, reporter = evaluated(run)
    path = run / "evaluation" / "metrics.json"
    old = {name: value for name, value in metrics.items() if name not in ("splits", "folds")}
    path.write_text(json.dumps({**old, "folds": [], "pooled": {"unit": metrics["unit"], "splits": metrics["splits"]}}))
    restate(path.parent)
    _, again = evaluated(run)
    assert again.tables == reporter.tables
    assert describe(run)["test_vote"]["accuracy"] == metrics["splits"]["test"]["vote"]["accuracy"]


def test_probabilities_are_those_of_the_network(run, cohort):
    evaluated(run)
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    rows = predictions["window"][:7]
    with torch.inference_mode():
        expected = torch.softmax(open_run(run).networks[0].model()(torch.from_numpy(open_windows(cohort).x[rows])), dim=1)
    np.testing.assert_allclose(predictions["p_F"][:7], expected[:, 0], rtol=1e-5)


def test_the_planted_effect_is_found_and_every_number_has_its_company(run):
    metrics, reporter = evaluated(run)
    for levels in metrics["splits"].values():
        for level in (levels["window"], levels["vote"], levels["vote"]["hard"]):
            assert {"accuracy", "balanced_accuracy", "ci95", "majority_rate", "n", "n_subjects", "confusion"} <= level.keys()
            assert level["ci95"][0] <= level["accuracy"] <= level["ci95"][1]
    assert metrics["splits"]["train"]["vote"]["accuracy"] == 1.0
    assert "wilson95" in metrics["splits"]["test"]["vote"]
    checks = {check["name"]: (check["passed"], check["value"]) for check in metrics["leak_checks"]}
    assert checks["subjects in two splits"] == checks["identical windows in two splits"] == (True, 0)
    assert checks["windows are those of the training"] == (True, None)
    (title, columns, rows) = reporter.tables[0]
    assert "logistic on sex" in title
    assert all(len(row) == len(columns) for row in rows)
    assert [list(row[:2]) for row in rows] == [["test", "windows"], ["test", "votes"]]
    others = [said for said in reporter.debugs if said.startswith(("train ", "validation ", "test hard votes"))]
    assert len(others) == 7 and all("right %" in said and "majority %" in said and "subjects" in said for said in others)
    # Little is said unasked, and what is said first is the result; no figure of another set without its set.
    assert len(reporter.infos) + len(rows) < 10
    [beside] = [said for said in reporter.infos if said.startswith("no results")]
    train = metrics["splits"]["train"]
    assert f"train {100 * train['window']['accuracy']:.1f} % of windows and {100 * train['vote']['accuracy']:.1f} % of votes" in beside


def test_a_second_evaluation_does_nothing_but_show_the_table(run):
    evaluated(run)
    before = {path: path.stat().st_mtime_ns for path in (run / "evaluation").iterdir() if path.name != "done.json"}
    _, reporter = evaluated(run)
    assert {path: path.stat().st_mtime_ns for path in (run / "evaluation").iterdir() if path.name != "done.json"} == before
    assert reporter.tables


@pytest.mark.usefixtures("figures_as_for_users")
def test_two_evaluations_are_the_same_bytes(run, tmp_path):
    evaluated(run)
    other = shutil.copytree(run, tmp_path / "other", ignore=shutil.ignore_patterns("evaluation"))
    evaluated(other)
    names = sorted(path.name for path in (run / "evaluation").iterdir() if path.name != "provenance.json")
    assert {"predictions.parquet", "votes.parquet", "metrics.json", "confusion.png"} <= set(names)
    for name in names:
        assert (run / "evaluation" / name).read_bytes() == (other / "evaluation" / name).read_bytes(), name


def test_another_number_of_voting_windows_is_another_evaluation(run):
    evaluated(run)
    with pytest.raises(InputError, match="vote_windows: None there, 3 here"):
        evaluated(run, vote_windows=3)
    metrics, _ = evaluated(run, vote_windows=3, force=True)
    votes = read_table(run / "evaluation" / "votes.parquet")
    assert set(votes["n_windows"]) == {3}
    assert metrics["splits"]["test"]["window"]["n"] == 4 * 12


def test_the_output_is_the_run_so_that_a_pipe_goes_on(run):
    result = evaluate.run(EvaluateSettings(run=run), reporter=CapturingReporter())
    assert result.output == run
    assert result.data()["splits"]["test"]["vote"]["n"] == 4


def test_a_dry_run_writes_nothing(run):
    plan = evaluate.run(EvaluateSettings(run=run, dry_run=True), reporter=CapturingReporter())
    assert isinstance(plan, DryRun)
    assert plan.summary["n_windows"] == 240
    assert not (run / "evaluation").exists()


@pytest.mark.parametrize("settings", [{"vote_windows": 0}, {"resamples": 0}])
def test_counts_below_one_are_refused(run, settings):
    with pytest.raises(UsageError, match="at least 1"):
        evaluated(run, **settings)


def test_windows_that_moved_are_the_same_evaluation(run, cohort, tmp_path):
    moved = shutil.copytree(cohort, tmp_path / "moved")
    provenance = atomic.read_json(run / "provenance.json")
    atomic.write_json(run / "provenance.json", provenance | {"windows": str(tmp_path / "gone")})
    with pytest.raises(InputError, match="are not there") as refusal:
        evaluated(run)
    assert "--windows" in refusal.value.hint
    evaluated(run, windows=moved)
    assert [path.name for path in run.glob("evaluation*")] == ["evaluation"]


def test_windows_that_changed_since_the_training_are_refused(run, cohort, tmp_path):
    changed = shutil.copytree(cohort, tmp_path / "changed")
    table = read_table(changed / "windows.parquet")
    table["sex"] = table["sex"][::-1].copy()
    write_table(changed / "windows.parquet", table)
    restate(changed)
    atomic.write_json(run / "provenance.json", atomic.read_json(run / "provenance.json") | {"windows": str(changed)})
    with pytest.raises(InputError, match="their content has changed"):
        evaluated(run)


def test_a_subject_on_both_sides_is_refused_with_exit_3(run):
    splits = read_table(run / "splits.parquet")
    splits = {name: np.concatenate([column, column[:1]]) for name, column in splits.items()}
    splits["split"][-1] = next(name for name in ("train", "test") if name != splits["split"][0])
    write_table(run / "splits.parquet", splits)
    restate(run)
    with pytest.raises(InputError, match=rf"subjects in two splits: 1 \({splits['subject'][0]}\)") as refusal:
        evaluated(run)
    assert refusal.value.exit_code == 3
    assert not (run / "evaluation").exists()


def test_an_identical_window_on_both_sides_is_refused(tmp_path):
    windows = cohorts.windows(tmp_path / "windows", subjects=range(10))
    x = np.memmap(windows / "windows.h5", "<f4", "r+", offset=open_windows(windows).x.offset, shape=open_windows(windows).x.shape)
    x[:] = x[0]
    x.flush()
    table = read_table(windows / "windows.parquet")
    table["content_hash"][:] = content_hash(x[:1])
    write_table(windows / "windows.parquet", table)
    restate(windows)
    run = cohorts.train(windows, tmp_path / "run")
    with pytest.raises(InputError, match="identical windows in two splits: 1") as refusal:
        evaluated(run)
    assert refusal.value.exit_code == 3
    assert not (run / "evaluation").exists()


def test_a_run_that_mixes_participants_says_so_with_every_number(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="task", split_unit="trial")
    metrics, reporter = evaluated(run)
    mark = "participants are on both sides"
    assert metrics["marked"] == mark
    assert mark in reporter.tables[0][0]
    for levels in metrics["splits"].values():
        assert levels["window"]["marked"] == levels["vote"]["marked"] == levels["vote"]["hard"]["marked"] == mark
    assert not metrics["leak_checks"][0]["passed"]


def test_a_target_that_changes_within_subjects_is_voted_by_recording(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="task")
    metrics, _ = evaluated(run)
    votes = read_table(run / "evaluation" / "votes.parquet")
    assert metrics["unit"] == "recording"
    assert metrics["splits"]["test"]["vote"]["n"] == 2 * metrics["splits"]["test"]["vote"]["n_subjects"] == 8
    assert "wilson95" not in metrics["splits"]["test"]["vote"]
    assert votes["unit"][0].startswith("sub-")


def test_folds_are_listed_and_pooled_and_seeds_averaged(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", cv=4, seeds=2)
    metrics, reporter = evaluated(run)
    assert metrics["splits"] == metrics["pooled"]["splits"]
    assert [(fold["fold"], fold["seed"]) for fold in metrics["folds"]] == [(f, s) for f in range(4) for s in range(2)]
    pooled = metrics["pooled"]["splits"]["test"]
    assert metrics["pooled"]["unit"] == metrics["unit"] == "subject"
    assert pooled["vote"]["n"] == pooled["vote"]["n_subjects"] == 20
    assert pooled["window"]["n"] == 240
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    test = predictions["split"] == "test"
    right = (np.where(predictions["p_M"] > 0.5, "M", "F") == predictions["truth"])[test]
    by_seed = [right[predictions["seed"][test] == seed].mean() for seed in (0, 1)]
    assert pooled["window"]["accuracy"] == pytest.approx(np.mean(by_seed))
    assert pooled["window"]["sd"]["accuracy"] == pytest.approx(np.std(by_seed, ddof=1))

    def area(mask):
        return oracle.roc_auc_score((predictions["truth"] == "M")[mask], predictions["p_M"][mask])

    of_seed = [test & (predictions["seed"] == seed) for seed in (0, 1)]
    within = [[area(mask & (predictions["fold"] == fold)) for fold in range(4)] for mask in of_seed]
    assert pooled["window"]["auc"] == pytest.approx(np.mean(within))  # five subjects in each fold
    assert pooled["window"]["auc_pooled"] == pytest.approx(np.mean([area(mask) for mask in of_seed]))
    assert any("AUC is that within folds" in said and "different networks" in said for said in reporter.debugs)
    assert "4 folds; mean of 2 seeds" in reporter.tables[0][0]


def test_a_continuous_target_stands_beside_the_mean_predictor(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", target="age")
    metrics, _ = evaluated(run)
    assert sorted(path.name for path in (run / "evaluation").glob("*.png")) == ["confounds.png", "scatter.png"]
    window, vote = (metrics["splits"]["test"][level] for level in ("window", "vote"))
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    test, train = (predictions["split"] == split for split in ("test", "train"))
    truth, predicted = predictions["truth"], predictions["prediction"]
    assert window["mae"] == pytest.approx(oracle.mean_absolute_error(truth[test], predicted[test]))
    assert window["r2"] == pytest.approx(oracle.r2_score(truth[test], predicted[test]))
    assert window["baseline_mae"] == pytest.approx(np.mean(np.abs(truth[test] - truth[train].mean())))
    assert vote["mae"] < vote["baseline_mae"]
    assert vote["ci95"][0] <= vote["mae"] <= vote["ci95"][1]
    votes = read_table(run / "evaluation" / "votes.parquet")
    assert votes["prediction"][0] == pytest.approx(predicted[predictions["subject"] == votes["unit"][0]].mean())


def test_a_test_set_of_one_class_is_said_to_be_one(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", holdout="age=7")
    metrics, reporter = evaluated(run)
    vote = metrics["splits"]["test"]["vote"]
    assert vote["auc"] is vote["balanced_accuracy"] is None
    assert vote["majority_rate"] == 1.0
    assert vote["ci95"] == [None, None]
    assert any("balanced % (fewer than two classes occur), AUC (a class does not occur)" in warning for warning in reporter.warnings)
    assert any("one subject" in warning for warning in reporter.warnings)


def test_nobody_to_test_is_an_error(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", split=(0.7, 0.3, 0.0))
    with pytest.raises(InputError, match="the test set has no labelled window") as refusal:
        evaluated(run)
    assert "--split" in refusal.value.hint


def test_a_fold_with_nobody_to_test_is_named(cohort, tmp_path):
    table = open_windows(cohort).table
    labels = {sex: sorted({label for label, of in zip(table["subject"], table["sex"], strict=True) if of == sex}) for sex in ("F", "M")}
    sets = [*["train"] * 2, "validation", "test"]
    rows = [
        f"{label}\t{name}\t{fold}" for fold in (0, 1) for sex in labels for label, name in zip(labels[sex], sets[: 4 - fold], strict=False)
    ]
    (tmp_path / "split.tsv").write_text("\n".join(["subject\tsplit\tfold", *rows]))
    run = cohorts.train(cohort, tmp_path / "run", split_file=tmp_path / "split.tsv")
    with pytest.raises(InputError, match=r"the test set of fold 1 has no labelled window$"):
        evaluated(run)


def test_a_network_that_gives_no_number_is_an_error(run):
    from safetensors.torch import load_file, save_file

    weights = load_file(run / "model.safetensors")
    save_file({name: torch.full_like(value, torch.nan) for name, value in weights.items()}, run / "model.safetensors")
    (run / "model.json").write_text(json.dumps(json.loads((run / "model.json").read_text()) | {"weights": None}))
    restate(run)
    with pytest.raises(InputError, match="no finite output for 240 of 240 windows"):
        evaluated(run)
    assert not (run / "evaluation").exists()


def test_a_control_run_says_that_its_labels_are_shuffled(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", shuffle_labels=1)
    metrics, reporter = evaluated(run)
    assert "shuffled" in metrics["control"]
    assert "a control, not a result" in reporter.tables[0][0]


def test_the_majority_is_no_better_than_itself(cohort, tmp_path):
    run = cohorts.train(cohort, tmp_path / "run", arch="majority")
    metrics, _ = evaluated(run)
    window = metrics["splits"]["test"]["window"]
    assert (window["accuracy"], window["majority_rate"], window["auc"], window["balanced_accuracy"]) == (0.5, 0.5, 0.5, 0.5)
