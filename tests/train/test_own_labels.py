"""Runs on labels of one's own: learnt from a table, kept in the run, and asked of another cohort."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli import evaluate, explain, train
from eegcli.artifacts.run import open_run
from eegcli.artifacts.table import read_table
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EvaluateSettings, ExplainSettings, TrainSettings
from eegcli.torch import WindowsDataset
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter

SUBJECTS = range(12)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return cohorts.windows(tmp_path_factory.mktemp("labels") / "windows", subjects=SUBJECTS, n_windows=4)


def table(path, subjects=SUBJECTS, word="group", extra=""):
    """Even subjects are patients, who have the louder rhythm; a name that no run should hold."""
    lines = [f"sub-{subject:02d}\t{'patient' if subject % 2 == 0 else 'control'}\tMr {subject}" for subject in subjects]
    path.write_text("\n".join([f"participant_id\t{word}\tname", *lines]) + "\n" + extra)
    return path


def trained(windows, output, reporter=None, **wishes):
    settings = TrainSettings(windows=windows, output=output, **{"arch": "logistic", "threads": 1, "target": "group", **wishes})
    return train.run(settings, reporter=reporter or Silent()).output


def figures(run, name="evaluation", **wishes):
    evaluate.run(EvaluateSettings(run=run, threads=1, **wishes), reporter=Silent())
    return json.loads((run / name / "metrics.json").read_text())


def test_a_run_learns_from_the_table_and_needs_it_no_more(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"))
    (tmp_path / "clinic.tsv").unlink()
    found = figures(run)
    assert (found["target"], found["classes"]) == ("group", ["control", "patient"])
    predictions = read_table(run / "evaluation" / "predictions.parquet")
    assert all(
        (truth == "patient") == (int(subject) % 2 == 0) for truth, subject in zip(predictions["truth"], predictions["subject"], strict=True)
    )
    assert list(read_table(run / "labels.parquet")) == ["group"]  # nobody's name
    dataset = WindowsDataset(cohort, run=open_run(run), subset="test")
    assert dataset.target == "group"
    assert set(dataset.table["group"]) == {"control", "patient"}


def test_an_explanation_needs_no_table_either(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"))
    result = explain.run(ExplainSettings(run=run, method=("saliency",), threads=1, n_windows=4), reporter=Silent())
    assert json.loads((result.explanation / "metrics.json").read_text())["classes"] == ["control", "patient"]


def test_the_content_of_the_table_decides_not_where_it_lies(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"))
    heard = CapturingReporter()
    trained(cohort, tmp_path / "run", heard, labels=table(tmp_path / "moved.tsv"))
    assert f"{run} is finished; nothing to do." in heard.infos
    with pytest.raises(InputError, match="labels"):
        trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv", subjects=range(11)))


def test_another_cohort_brings_its_own_table(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"))
    others = cohorts.windows(tmp_path / "others", subjects=range(20, 26), n_windows=4, seed=3)
    with pytest.raises(InputError, match="no column named 'group'") as refused:
        figures(run, windows=others)
    assert "--labels" in refused.value.hint
    found = figures(run, "evaluation-others", windows=others, labels=table(tmp_path / "second.tsv", subjects=range(20, 26)))
    assert found["splits"]["test"]["vote"]["n"] == 6


def test_the_windows_of_the_run_are_asked_with_the_labels_of_the_run(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"))
    figures(run, labels=tmp_path / "clinic.tsv")
    with pytest.raises(InputError, match="not the labels that"):
        figures(run, labels=table(tmp_path / "other.tsv", word="sex"))


def test_windows_without_a_row_are_left_out_and_said(cohort, tmp_path):
    heard = CapturingReporter()
    run = trained(cohort, tmp_path / "run", heard, labels=table(tmp_path / "clinic.tsv", range(10), extra="sub-77\tcontrol\tMr X\n"))
    assert any("1 of 11 rows fit none of the windows: line 12 (77)" in line for line in heard.warnings)
    assert any("16 of 96 windows have no row, of 2 subjects: 10, 11" in line for line in heard.warnings)
    assert open_run(run).metrics["dropped"] == {"missing": 16, "other_values": 0}


def test_a_label_of_the_table_may_say_who_is_tested(cohort, tmp_path):
    labels = table(tmp_path / "clinic.tsv")
    labels.write_text("participant_id\tward\n" + "".join(f"{subject:02d}\t{'A' if subject < 4 else 'B'}\n" for subject in SUBJECTS))
    run = open_run(trained(cohort, tmp_path / "run", labels=labels, target="sex", holdout="ward=A"))
    assert sorted(run.splits["subject"][run.splits["split"] == "test"]) == ["00", "01", "02", "03"]
    assert not run.labels
    assert figures(run.path)["splits"]["test"]["vote"]["n"] == 4


def test_shuffled_labels_are_those_of_the_table(cohort, tmp_path):
    run = trained(cohort, tmp_path / "run", labels=table(tmp_path / "clinic.tsv"), shuffle_labels=1)
    truth = WindowsDataset(cohort, target="group", labels=tmp_path / "clinic.tsv").y
    with pytest.warns(UserWarning, match="shuffled"):
        assert np.array_equal(WindowsDataset(cohort, run=run).y, truth)


@pytest.mark.parametrize(
    ("word", "wishes", "warned"),
    [("NA", {}, True), ("unknown", {}, True), ("NA", {"classes": ("control", "NA")}, False), ("mild", {}, False)],
)
def test_a_class_that_may_be_a_missing_value_is_suspected_unless_it_was_asked_for(cohort, tmp_path, word, wishes, warned):
    rows = [f"{subject:02d}\t{('patient', 'control', word)[subject % 3]}" for subject in SUBJECTS]
    (tmp_path / "clinic.tsv").write_text("\n".join(["participant_id\tgroup", *rows]))
    heard = CapturingReporter()
    trained(cohort, tmp_path / "run", heard, labels=tmp_path / "clinic.tsv", arch="majority", **wishes)
    said = f"group: {word!r} is taken for a class. If it means a missing value, write n/a in the table, or name the others: --classes 'control,patient'"
    assert [warning for warning in heard.warnings if "taken for a class" in warning] == ([said] if warned else [])
