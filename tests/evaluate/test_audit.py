"""Audit of a split: what leaks is shown to inflate; what evaluation looked at can be checked again from metrics.json."""

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
from eegcli.files.digest import digest_of
from eegcli.settings import EvaluateSettings, TrainSettings
from tests.kit import cohorts
from tests.kit.reporters import CapturingReporter
from tests.kit.shared import once_for_all_workers


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A run on people whose channels tell who they are and nothing else: `sex` is drawn by lot."""

    def make(path: Path) -> None:
        windows = cohorts.windows(path / "w", subjects=range(24), n_windows=4, effect=0.0)
        cohorts.train(windows, path / "run", arch="mlp", epochs=3, batch_size=32, lr=0.003, cv=3, device="cpu")
        cohorts.train(windows, path / "within", split_unit="recording")

    return once_for_all_workers(tmp_path_factory, "audited", make)


def copied(folder: Path, name: str, tmp_path: Path) -> Path:
    """A copy of a run for one test: workers share the folder, and two of them must not evaluate one run at once."""
    place = tmp_path / name
    return place if place.exists() else Path(shutil.copytree(folder / name, place))


def evaluated(run: Path, **settings) -> dict:
    evaluate.run(EvaluateSettings(run=run, resamples=200, threads=1, device="cpu", force=True, **settings), reporter=CapturingReporter())
    return read_json(run / "evaluation" / "metrics.json")


def test_an_audit_trains_on_the_leaky_split_and_pairs_the_subjects(folder, tmp_path):
    run = copied(folder, "run", tmp_path)
    with pytest.raises(InputError, match="is not trained"):
        evaluated(run, audit=True)
    controls.train_leaky(EvaluateSettings(run=run, audit=True, threads=1, device="cpu"), reporter=CapturingReporter())
    found = evaluated(run, audit=True)["audit"]
    leaky = open_run(run / "controls" / "leaky")
    assert "participants may be on both sides" in leaky.caveat
    assert leaky.settings.epochs == open_run(run).settings.epochs
    clean = read_table(run / "evaluation" / "predictions.parquet")
    test = clean["split"] == "test"
    right = (np.where(clean["p_F"] >= clean["p_M"], "F", "M") == clean["truth"])[test]
    subject = clean["subject"][test]
    assert found["clean"] == pytest.approx(np.mean([right[subject == one].mean() for one in np.unique(subject)]))
    assert found["inflation"] == pytest.approx(found["leaky"] - found["clean"])
    assert found["n_subjects"] == 24


def test_what_is_split_otherwise_cannot_be_audited(folder, tmp_path):
    with pytest.raises(InputError, match="on both sides already"):
        controls.train_leaky(EvaluateSettings(run=folder / "within", audit=True), reporter=CapturingReporter())
    table = tmp_path / "split.tsv"
    names = [f"{number:02d}\t{('train', 'validation', 'test')[number % 3]}" for number in range(24)]
    table.write_text("subject\tsplit\n" + "\n".join(names) + "\n")
    from eegcli import train

    train.run(
        TrainSettings(windows=folder / "w", output=tmp_path / "given", arch="logistic", split_file=table, threads=1),
        reporter=CapturingReporter(),
    )
    with pytest.raises(InputError, match="sets that a file gives"):
        controls.train_leaky(EvaluateSettings(run=tmp_path / "given", audit=True), reporter=CapturingReporter())


def test_leak_checks_say_what_was_compared_so_that_a_reader_can_check_it_again(folder, tmp_path):
    checks = {one["name"]: one for one in evaluated(copied(folder, "run", tmp_path))["leak_checks"]}
    assert all(one["passed"] is not False for one in checks.values())
    splits = read_table(copied(folder, "run", tmp_path) / "splits.parquet")
    rows = (splits["fold"] == 1) & (splits["split"] == "test")
    persons = sorted([dataset, subject] for dataset, subject in zip(splits["dataset"][rows], splits["subject"][rows], strict=True))
    (stored,) = [one for one in checks["subjects in two splits"]["compared"]["sets"] if (one["fold"], one["set"]) == (1, "test")]
    assert (stored["n"], stored["digest"]) == (len(persons), digest_of(persons))
    windows = read_table(folder / "w" / "windows.parquet")
    tested = np.isin(windows["subject"], splits["subject"][rows])
    (stored,) = [one for one in checks["identical windows in two splits"]["compared"]["sets"] if (one["fold"], one["set"]) == (1, "test")]
    assert stored["digest"] == digest_of(sorted(windows["content_hash"][tested].tolist()))
    fitted = checks["fitted on tested subjects"]["compared"]
    assert {"weights", "epoch", "baseline"} <= set(fitted)
    assert all(one["n_both"] == 0 for entries in fitted.values() for one in entries)
    assert set(checks["weights are those of the training"]["compared"]["xxh3_128"]) == {"fold-00", "fold-01", "fold-02"}
