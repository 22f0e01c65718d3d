"""A table says that labels are one person, and split, leaks, votes and counts go by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from eegcli import evaluate, train
from eegcli.artifacts.run import open_run
from eegcli.errors import ArtifactError, InputError
from eegcli.files.atomic import read_json
from eegcli.reporter import PYTHON, EegcliWarning, Silent
from eegcli.settings import EvaluateSettings, TrainSettings
from eegcli.study.persons import People
from eegcli.study.renamed import of_these, people_of, read_renamed
from tests.kit.cohorts import loud_windows

HERE = [("a", "01"), ("a", "02"), ("b", "01"), ("b", "07")]


def table(path: Path, text: str) -> Path:
    path.write_text(text.replace(" ", "\t"))
    return path


def people(path: Path, text: str, **wishes) -> People:
    return people_of(read_renamed(table(path, text)), HERE, Silent(), **wishes)


def test_labels_of_one_person_are_one_and_others_are_as_before(tmp_path):
    found = people(tmp_path / "t.tsv", "participant_id dataset person\nsub-01 a Ann\n07 b Ann\n")
    assert found.person("a", "01") == found.person("b", "07") != found.person("b", "01")
    assert found.person("a", "02") == People().person("a", "02")
    columns = {name: np.array(cells, dtype=object) for name, cells in zip(("dataset", "subject"), zip(*HERE, strict=True), strict=True)}
    assert found.number(columns).tolist() == [0, 1, 2, 0]


def test_a_person_may_be_a_worldwide_label(tmp_path):
    found = people(tmp_path / "t.tsv", "subject person\n02 NDARAA\n")
    assert found.person("a", "02") == found.person("elsewhere", "NDARAA")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject person\n01 Ann\n", "subject 01 stands in a, b"),
        ("subject person\n2 Ann\n", "no subject is called 2, but there is 02"),
        ("subject person\n99 Ann\n", "no row fits any of the 3 subjects"),
        ("subject person\n02 Ann\n02 Bob\n", "line 3: subject 02 is said to be Ann and Bob"),
        ("subject person\n02 n/a\n", "line 2: a cell is empty"),
        ("subject name\n02 Ann\n", "needs the columns subject and person, has subject, name"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        people(tmp_path / "t.tsv", text)


def test_what_contradicts_the_run_is_refused_and_strangers_are_named(tmp_path):
    with pytest.raises(InputError, match="subject 02 of a is Ann, but the run was trained with Bob"):
        people(tmp_path / "t.tsv", "subject person\n02 Ann\n", before=People({("a", "02"): "Bob"}))
    renamed = read_renamed(table(tmp_path / "t.tsv", "subject person\n02 Ann\n55 Ann\n"))
    with pytest.warns(EegcliWarning, match=r"1 of 2 rows name subjects that are not here \(55\)"):
        people_of(renamed, HERE, PYTHON)


def test_a_run_keeps_the_labels_of_its_people_and_of_nobody_else():
    whole = People({("a", "01"): "Ann", ("b", "99"): "Ann", ("c", "5"): "Stranger"})
    assert of_these(whole, HERE).stated == {("a", "01"): "Ann", ("b", "99"): "Ann"}


def test_from_the_split_to_the_votes_and_the_next_cohort(tmp_path):
    windows = loud_windows(tmp_path / "windows")
    own = pq.read_table(windows / "windows.parquet").to_pydict()
    labels, dataset = sorted(set(own["subject"])), own["dataset"][0]
    sex = dict(zip(own["subject"], own["sex"], strict=True))
    one, other = [label for label in labels if sex[label] == sex[labels[0]]][:2]
    same = table(tmp_path / "same.tsv", f"subject person\n{one} Ann\n{other} Ann\n")
    for seed in range(4):
        settings = TrainSettings(
            windows=windows, output=tmp_path / f"run{seed}", arch="majority", persons=same, seed=seed, split="0.4,0.3,0.3", device="cpu"
        )
        train.run(settings, reporter=Silent())
        run = open_run(tmp_path / f"run{seed}")
        standing = dict(zip(run.splits["subject"], run.splits["split"], strict=True))
        assert standing[one] == standing[other]
        evaluate.run(EvaluateSettings(run=run.path, device="cpu"), reporter=Silent())
        figures = read_json(run.path / "evaluation" / "metrics.json")
        n = sum(standing[label] == standing[one] for label in labels)
        assert figures["splits"][standing[one]]["vote"]["n_subjects"] == figures["splits"][standing[one]]["vote"]["n"] == n - 1
        assert sum(counts["n_subjects"] for counts in run.metrics["sets"].values()) == len(labels) - 1
    # The whole of another cohort, in which one of the training stands under a new name: known from the run, or from a table given then.
    learnt = next(label for label in labels if standing[label] == "train" and label not in (one, other))
    later = loud_windows(tmp_path / "later", n_subjects=6, dataset="later", seed=9)
    again = table(tmp_path / "again.tsv", f"dataset subject person\n{dataset} {learnt} Carl\nlater 03 Carl\n")
    with pytest.raises(InputError, match="subjects seen in training: 1"):
        evaluate.run(EvaluateSettings(run=run.path, windows=later, persons=again, device="cpu"), reporter=Silent())
    evaluate.run(EvaluateSettings(run=run.path, windows=later, device="cpu"), reporter=Silent())


def test_persons_that_were_taken_away_from_a_run_are_missed(tmp_path):
    windows = loud_windows(tmp_path / "windows")
    labels = sorted(set(pq.read_table(windows / "windows.parquet", columns=["subject"])["subject"].to_pylist()))
    same = table(tmp_path / "same.tsv", f"subject person\n{labels[0]} Ann\n{labels[2]} Ann\n")
    train.run(TrainSettings(windows=windows, output=tmp_path / "run", arch="majority", persons=same, device="cpu"), reporter=Silent())
    (tmp_path / "run" / "persons.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"persons\.parquet: not found"):
        evaluate.run(EvaluateSettings(run=tmp_path / "run", device="cpu"), reporter=Silent())


def test_a_person_with_two_answers_is_told(tmp_path):
    windows = loud_windows(tmp_path / "windows")
    own = pq.read_table(windows / "windows.parquet").to_pydict()
    sex = dict(zip(own["subject"], own["sex"], strict=True))
    one, other = sorted(sex)[0], next(label for label in sorted(sex) if sex[label] != sex[sorted(sex)[0]])
    same = table(tmp_path / "same.tsv", f"subject person\n{one} Ann\n{other} Ann\n")
    settings = TrainSettings(windows=windows, output=tmp_path / "run", arch="majority", persons=same, device="cpu")
    with pytest.warns(EegcliWarning, match=f"more than one sex under their labels.*{one} alias {other}"):
        train.run(settings)
