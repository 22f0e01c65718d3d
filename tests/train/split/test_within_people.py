"""Questions within people: does a person's first session teach the second? Participants are on both sides, their sessions are not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli import evaluate, train
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.describe import describe
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings, TrainSettings
from eegcli.study.groups import sets_of_windows
from eegcli.study.target import read_target
from eegcli.train.split import make_splits
from eegcli.train.split.groups import gather_groups
from tests.kit import sessions
from tests.kit.reporters import CapturingReporter

MARK = "participants are on both sides, sessions are not"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return sessions.windows(tmp_path_factory.mktemp("within") / "windows")


def trained(windows, output, reporter=None, **wishes):
    settings = TrainSettings(windows=windows, output=output, **{"arch": "logistic", "threads": 1, **wishes})
    return train.run(settings, reporter=reporter or Silent())


def table(cohort, **columns):
    return dict(open_windows(cohort).table) | columns


def split(windows, **wishes):
    settings = TrainSettings(windows="w", **wishes)
    return make_splits(gather_groups(windows, read_target(windows, "sex"), settings.split_unit), windows, settings)


def test_the_second_session_is_tested_the_first_teaches_and_the_run_is_marked(cohort, tmp_path):
    heard = CapturingReporter()
    result = trained(cohort, tmp_path / "run", heard, holdout="session=2", split_unit="session")
    assert result.marked == MARK
    run, windows = open_run(result.output), open_windows(cohort)
    sets = sets_of_windows(windows.table, run.splits, "session", 0)
    assert set(windows.table["session"][sets == "test"]) == {"2"}
    assert set(windows.table["session"][np.isin(sets.astype(str), ("train", "validation"))]) == {"1"}
    # A session is in one set as a whole.
    for subject in set(windows.table["subject"]):
        assert len(set(sets[(windows.table["subject"] == subject) & (windows.table["session"] == "1")])) == 1
    assert set(run.splits["session"]) == {"1", "2"}
    assert run.splits["unit"].tolist() == run.splits["session"].tolist()
    assert (run.caveat, describe(result.output)["marked"]) == (MARK, MARK)
    # Whose first session validates was not learnt from: said, with the way out.
    n_validating = int(np.sum(run.splits["split"] == "validation"))
    assert any(f"{n_validating} of 10 tested participants have no session in the training set" in line for line in heard.warnings)
    assert any("participants are on both sides (10 of them), sessions are not" in line for line in heard.warnings)


def test_runs_of_the_first_session_validate_where_the_split_is_by_run(cohort):
    [one] = split(table(cohort), holdout="session=2", split_unit="run")
    assert one.counts()["test"] == {"n_windows": 60, "n_subjects": 10, "n_units": 20}
    assert one.counts()["train"]["n_units"] + one.counts()["validation"]["n_units"] == 20
    assert one.groups.table["unit"][0] == "1/rest/1"


def test_figures_are_marked_and_their_intervals_resample_people_not_sessions(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", holdout="session=2", split_unit="session").output
    evaluate.run(EvaluateSettings(run=run, threads=1), reporter=Silent())
    figures = json.loads((run / "evaluation" / "metrics.json").read_text())
    assert figures["marked"] == MARK
    assert figures["splits"]["test"]["vote"]["marked"] == MARK
    assert figures["unit"] == "subject"
    window = figures["splits"]["test"]["window"]
    assert (window["n"], window["n_subjects"]) == (60, 10)
    rows = read_table(run / "evaluation" / "predictions.parquet")
    tested = rows["split"] == "test"
    right = np.where(rows["p_M"] > 0.5, "M", "F")[tested] == rows["truth"][tested]
    # All are right: ten whole people, not their twenty sessions, decide how sure that is (Clopper-Pearson).
    assert right.all()
    assert window["ci95"] == pytest.approx([0.025 ** (1 / 10), 1.0])


def test_the_same_windows_in_both_sessions_are_a_leak_all_the_same(tmp_path):
    windows = sessions.windows(tmp_path / "windows", repeated=True)
    run = trained(windows, tmp_path / "run", holdout="session=2", split_unit="session").output
    with pytest.raises(InputError, match="identical windows in two splits"):
        evaluate.run(EvaluateSettings(run=run, threads=1), reporter=Silent())


def test_other_windows_of_a_session_that_was_learnt_from_are_refused_those_of_a_new_session_are_not(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", holdout="session=2", split_unit="session").output
    again = sessions.windows(tmp_path / "again", sessions=("1",), seed=1)
    with pytest.raises(InputError, match="sessions seen in training: 10 "):
        evaluate.run(EvaluateSettings(run=run, windows=again, threads=1), reporter=Silent())
    third = sessions.windows(tmp_path / "third", sessions=("3",), seed=2)
    evaluate.run(EvaluateSettings(run=run, windows=third, threads=1), reporter=Silent())
    figures = json.loads((run / "evaluation-third" / "metrics.json").read_text())
    assert {check["name"]: check["passed"] for check in figures["leak_checks"]} == {
        "subjects seen in training": False,  # that is the question, and every figure is marked
        "windows seen in training": True,
        "sessions seen in training": True,
        "windows are those of the training": None,
        "near-duplicate recordings": True,
        "weights are those of the training": True,
    }


def test_without_a_word_people_stay_on_one_side_and_the_way_is_named(cohort):
    with pytest.raises(InputError, match="has windows with and without it") as refused:
        split(table(cohort), holdout="session=2")
    assert "--split-unit session" in refused.value.hint


@pytest.mark.parametrize("unit", ["session", "run", "task"])
def test_folds_keep_every_part_whole_and_test_each_once(cohort, unit):
    windows = table(cohort, task=np.where(open_windows(cohort).table["run"] == "1", "rest", "sums").astype(object))
    folds = split(windows, cv=4, split_unit=unit)
    tested = np.sum([fold.sets == 2 for fold in folds], axis=0)
    assert tested.tolist() == [1] * len(folds[0].groups)
    assert len(folds[0].groups) == {"session": 20, "run": 40, "task": 20}[unit]


@pytest.mark.parametrize(
    ("labels", "wish", "message", "hint"),
    [
        (("01", "02"), "session=2", "no window has session '2'", "Did you mean 02?"),
        (("ses-1", "ses-2"), "session=2", "no window has session '2'", "Did you mean ses-2?"),
        (("1", "2"), "session=3", "no window has session '3'", "There are: 1, 2."),
    ],
)
def test_a_label_that_lost_its_zeros_is_named_never_taken(cohort, labels, wish, message, hint):
    windows = table(cohort)
    windows["session"] = np.where(windows["session"] == "1", *labels).astype(object)
    with pytest.raises(InputError, match=message) as refused:
        split(windows, holdout=wish, split_unit="session")
    assert hint in refused.value.hint


def test_one_session_under_two_labels_is_refused(cohort):
    windows = table(cohort)
    odd = windows["subject"].astype(int) % 2 == 1
    windows["session"] = np.where(odd & (windows["session"] == "2"), "02", windows["session"]).astype(object)
    with pytest.raises(InputError, match="there is a session 02 as well") as refused:
        split(windows, holdout="session=2", split_unit="session")
    assert "session=2,02" in refused.value.hint
    [one] = split(windows, holdout="session=2,02", split_unit="session")
    assert one.counts()["test"]["n_units"] == 10
    windows["session"] = np.where((windows["run"] == "2") & (windows["session"] == "1"), "01", windows["session"]).astype(object)
    with pytest.raises(InputError, match="subject 00 has both a session 01 and a session 1"):
        split(windows, split_unit="session")


def test_windows_without_sessions_cannot_be_split_by_session(cohort):
    windows = table(cohort)
    windows["session"] = np.full(len(windows["subject"]), None, dtype=object)
    with pytest.raises(InputError, match="the windows have no sessions"):
        split(windows, split_unit="session")


def test_a_split_file_that_lost_its_zeros_is_refused(cohort, tmp_path):
    (tmp_path / "split.tsv").write_text("subject\tsplit\n0\ttrain\n01\tvalidation\n02\ttest\n")
    with pytest.raises(InputError, match="no subject is called 0, but there is 00"):
        split(table(cohort), split_file=tmp_path / "split.tsv")


def test_a_split_file_names_sessions_by_their_own_column(cohort, tmp_path):
    lines = [
        f"{subject:02d}\t{session}\t{'test' if session == 2 else 'validation' if subject < 4 else 'train'}"
        for subject in range(10)
        for session in (1, 2)
    ]
    (tmp_path / "split.tsv").write_text("\n".join(["subject\tsession\tsplit", *lines]))
    [one] = split(table(cohort), split_file=tmp_path / "split.tsv", split_unit="session")
    assert [one.counts()[name]["n_units"] for name in ("train", "validation", "test")] == [6, 4, 10]
