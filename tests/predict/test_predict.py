"""Predictions of people whose labels nobody knows: those of evaluate, to the bit, by all networks, marked where somebody was seen."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from eegcli import evaluate, open_predictions, predict
from eegcli.artifacts.run import TRANSDUCTIVE
from eegcli.artifacts.table import read_table, write_table
from eegcli.describe import describe
from eegcli.errors import ArtifactError, InputError, UsageError
from eegcli.reporter import Silent
from eegcli.result import DryRun
from eegcli.settings import EvaluateSettings, PredictSettings
from eegcli.verify import verify
from tests.kit import cohorts
from tests.kit.commands import eegcli
from tests.kit.files import contents, times
from tests.kit.marks import restate
from tests.kit.predicted import predicted, probabilities, rearranged, summary, with_units, without_columns


def test_probabilities_and_votes_are_those_of_evaluate_to_the_bit(run, others, tmp_path):
    table, _ = predicted(run, others, tmp_path / "p")
    evaluate.run(EvaluateSettings(run=run, windows=others, output=tmp_path / "e", threads=1), reporter=Silent())
    evaluated, votes = (read_table(tmp_path / "e" / f"{name}.parquet") for name in ("predictions", "votes"))
    for name in ("dataset", "recording", "subject", "onset", "window", "p_F", "p_M"):
        np.testing.assert_array_equal(table[name], evaluated[name])
    ours = read_table(tmp_path / "p" / "votes.parquet")
    for name in ("unit", "n_windows", "probability", "vote", "hard_vote", "p_F", "p_M"):
        np.testing.assert_array_equal(ours[name], votes[name])
    assert summary(tmp_path / "p")["n_votes"] == 10 and sum(summary(tmp_path / "p")["votes"].values()) == 10


def test_no_label_is_read(run, others, tmp_path):
    table, _ = predicted(run, others, tmp_path / "with")
    bare = without_columns(others, tmp_path / "bare-windows", "sex", "age")
    without, _ = predicted(run, bare, tmp_path / "without")
    assert {name: values.tolist() for name, values in table.items()} == {name: values.tolist() for name, values in without.items()}
    for name in ("votes.parquet", "summary.json"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


def test_people_and_windows_of_the_training_are_marked(run, cohort, folder, tmp_path):
    both = cohorts.windows(tmp_path / "both", subjects=[0, 1, 2, 3, 40], effect=4.0, seed=3)
    table, reporter = predicted(run, both, tmp_path / "p")
    splits = read_table(run / "splits.parquet")
    seen = set(splits["subject"][np.isin(splits["split"].astype(str), ("train", "validation"))])
    assert table["seen_in_training"].tolist() == [subject in seen for subject in table["subject"]]
    n_seen = len({f"{number:02d}" for number in range(4)} & seen)
    assert summary(tmp_path / "p")["seen_in_training"] == {"subjects": n_seen, "windows": 0}
    assert any(f"{n_seen} subject" in warning and "seen in training" in warning for warning in reporter.warnings)
    renamed = rearranged(cohorts.windows(tmp_path / "renamed", dataset="renamed", effect=4.0), tmp_path / "turned", list(range(8))[::-1])
    table, _ = predicted(run, renamed, tmp_path / "q")
    by_content = [subject in seen for subject in table["subject"]]
    assert table["seen_in_training"].tolist() == by_content, "the same recordings under another name, in another order of channels"
    assert summary(tmp_path / "q")["seen_in_training"]["subjects"] == 0


def test_an_ensemble_is_the_mean_of_all_networks_of_all_runs(run, cohort, others, tmp_path):
    folds = cohorts.train(cohort, tmp_path / "folds", cv=2, arch="tangent-space")
    table, _ = predicted(run, others, tmp_path / "p", ensemble=(folds,), each_network=True)
    each = read_table(tmp_path / "p" / "networks.parquet")
    n = len(table["window"])
    assert list(zip(*(each[name][::n].tolist() for name in ("ensemble_run", "fold", "seed")), strict=True)) == [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
    ]
    np.testing.assert_allclose(probabilities(table), probabilities(each).reshape(3, n, 2).mean(axis=0), rtol=0, atol=1e-15)
    evaluate.run(EvaluateSettings(run=folds, windows=others, output=tmp_path / "e", threads=1, resamples=10), reporter=Silent())
    np.testing.assert_array_equal(probabilities(each)[n:], probabilities(read_table(tmp_path / "e" / "predictions.parquet")))
    alone, _ = predicted(run, others, tmp_path / "alone")
    np.testing.assert_array_equal(probabilities(alone), probabilities(each)[:n])


@pytest.mark.exhaustive
def test_seen_is_told_of_each_network_by_itself(cohort, tmp_path):
    folds = cohorts.train(cohort, tmp_path / "folds", cv=2)
    table, _ = predicted(folds, cohort, tmp_path / "p", each_network=True)
    assert table["seen_in_training"].all(), "each was learnt from in one fold or the other"
    each, splits = read_table(tmp_path / "p" / "networks.parquet"), read_table(folds / "splits.parquet")
    tested = {
        (fold, subject) for fold, subject, split in zip(splits["fold"], splits["subject"], splits["split"], strict=True) if split == "test"
    }
    assert each["seen_in_training"].tolist() == [key not in tested for key in zip(each["fold"], each["subject"], strict=True)]


def test_runs_that_learnt_something_else_are_no_ensemble(run, cohort, others, tmp_path):
    age = cohorts.train(cohort, tmp_path / "age", target="age")
    with pytest.raises(InputError, match="another target"):
        predicted(run, others, tmp_path / "p", ensemble=(age,))
    turned = cohorts.train(cohort, tmp_path / "turned", classes=("M", "F"))
    with pytest.raises(InputError, match="another classes"):
        predicted(run, others, tmp_path / "p", ensemble=(turned,))
    with pytest.raises(UsageError, match="--embeddings"):
        predicted(run, others, tmp_path / "p", ensemble=(run,), embeddings=True)
    assert not (tmp_path / "p").exists()


def test_numbers_are_predicted_and_averaged(cohort, others, tmp_path):
    age = cohorts.train(cohort, tmp_path / "age", target="age")
    table, _ = predicted(age, others, tmp_path / "p")
    votes = read_table(tmp_path / "p" / "votes.parquet")
    means = [table["prediction"][table["subject"] == subject].mean() for subject in votes["subject"]]
    np.testing.assert_allclose(votes["prediction"], means, rtol=1e-12)
    assert summary(tmp_path / "p")["votes"]["mean"] == pytest.approx(np.mean(means))


def test_recordings_vote_where_the_target_changes_within_subjects(cohort, others, tmp_path):
    task = cohorts.train(cohort, tmp_path / "task", target="task")
    predicted(task, others, tmp_path / "p")
    votes = read_table(tmp_path / "p" / "votes.parquet")
    assert summary(tmp_path / "p")["unit"] == "recording" and len(votes["unit"]) == 20
    predicted(task, others, tmp_path / "q", unit="subject", vote_windows=4)
    votes = read_table(tmp_path / "q" / "votes.parquet")
    assert len(votes["unit"]) == 10 and set(votes["n_windows"].tolist()) == {4}
    with pytest.raises(InputError, match="no column event_onset"):
        predicted(task, others, tmp_path / "r", unit="trial")


def test_where_nobody_knows_whose_windows_they_are_recordings_vote_and_nobody_is_called_new(run, others, tmp_path):
    unknown = shutil.copytree(others, tmp_path / "unknown")
    table = read_table(unknown / "windows.parquet")
    table["subject"] = np.full(len(table["subject"]), None, dtype=object)
    write_table(unknown / "windows.parquet", table)
    restate(unknown)
    made, reporter = predicted(run, unknown, tmp_path / "p")
    assert summary(tmp_path / "p")["unit"] == "recording" and any("recordings vote" in warning for warning in reporter.warnings)
    assert set(made["seen_in_training"].tolist()) == {None}
    with pytest.raises(InputError, match="subjects cannot vote"):
        predicted(run, unknown, tmp_path / "q", unit="subject")


def test_aligned_predictions_are_marked(cohort, others, tmp_path):
    aligned = cohorts.train(cohort, tmp_path / "aligned", target="task", align="subject")
    _, reporter = predicted(aligned, others, tmp_path / "p")
    assert TRANSDUCTIVE in summary(tmp_path / "p")["marked"] and any(TRANSDUCTIVE in warning for warning in reporter.warnings)
    evaluate.run(EvaluateSettings(run=aligned, windows=others, output=tmp_path / "e", threads=1, resamples=10), reporter=Silent())
    ours, theirs = (probabilities(read_table(tmp_path / name / "predictions.parquet")) for name in ("p", "e"))
    np.testing.assert_array_equal(ours, theirs)


def test_an_artifact_like_others(run, others, tmp_path):
    windows = shutil.copytree(others, tmp_path / "new-windows")
    done = eegcli("predict", run, windows, "--threads", 1)
    made = tmp_path / "new-predictions-run"
    assert (done.returncode, done.stdout) == (0, f"{made}\n"), done.stderr
    before = times(made)
    assert eegcli("predict", run, windows, "--threads", 1).returncode == 0 and times(made) == before
    other = eegcli("predict", run, windows, "--unit", "recording", "--threads", 1)
    assert other.returncode == 3 and "unit: None there, recording here" in other.stderr
    facts = describe(made)
    assert facts["kind"] == "predictions" and facts["votes"] == summary(made)["votes"]
    assert verify(made)["files"] >= 4 and "10 votes" in repr(open_predictions(made))
    predicted(run, windows, tmp_path / "again")
    assert contents(made, without=("settings.json", "done.json")) == contents(tmp_path / "again", without=("settings.json", "done.json"))
    planned = predict.run(PredictSettings(run=run, windows=windows, output=tmp_path / "dry", dry_run=True), reporter=Silent())
    assert isinstance(planned, DryRun) and planned.summary["n_windows"] == 120 and not (tmp_path / "dry").exists()
    (made / "votes.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match=r"votes\.parquet"):
        open_predictions(made)


def test_windows_come_from_standard_input_and_a_window_that_was_changed_is_refused(run, others, tmp_path):
    windows = shutil.copytree(others, tmp_path / "new-windows")
    done = eegcli("predict", run, "-", "--threads", 1, stdin=f"{windows}\n")
    assert done.returncode == 0, done.stderr
    with (windows / "windows.h5").open("r+b") as file:
        file.seek(-40, 2)
        file.write(b"\x00\x00\x80\x3f")
    changed = eegcli("predict", run, windows, "--output", tmp_path / "p", "--threads", 1)
    assert changed.returncode == 4 and "is not what was written" in changed.stderr
    assert not (tmp_path / "p" / "done.json").exists()


def test_another_unit_is_refused(run, others, tmp_path):
    volts = with_units(shutil.copytree(others, tmp_path / "volts"), "arbitrary")
    with pytest.raises(InputError, match="values in arbitrary, the network was trained on values in uV"):
        predicted(run, volts, tmp_path / "p")
