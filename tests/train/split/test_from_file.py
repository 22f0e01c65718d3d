"""Splits that somebody else made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eegcli.errors import InputError
from eegcli.reporter import EegcliWarning
from eegcli.settings import TrainSettings
from eegcli.study.persons import People
from eegcli.study.target import read_target
from eegcli.train.split import make_splits
from eegcli.train.split.groups import gather_groups


@pytest.fixture
def table() -> dict[str, np.ndarray]:
    """Six subjects, a to f, with two recordings each."""
    subject = np.repeat(list("abcdef"), 2).astype(object)
    return {
        "dataset": np.full(12, "ds", dtype=object),
        "subject": subject,
        "recording": subject + np.tile(["1", "2"], 6).astype(object),
        "segment": np.full(12, "all", dtype=object),
        "onset": np.zeros(12),
        "sex": np.array(list("MMFF") * 3, dtype=object),
    }


def split(table, path: Path, text: str, **wishes):
    path.write_text(text.replace(" ", "\t"))
    settings = TrainSettings(windows=Path("w"), split_file=path, **wishes)
    groups = gather_groups(table, read_target(table, "sex"), settings.split_unit)
    return [one.sets.tolist() for one in make_splits(groups, table, settings)]


WHOLE = "subject split\na train\nb train\nc validation\nd val\nsub-e test\nf test\n"


def test_the_file_decides(table, tmp_path):
    assert split(table, tmp_path / "s.tsv", WHOLE) == [[0, 0, 1, 1, 2, 2]]


def test_participant_id_and_a_byte_order_mark_are_understood(table, tmp_path):
    assert split(table, tmp_path / "s.tsv", "\ufeff" + WHOLE.replace("subject", "participant_id")) == [[0, 0, 1, 1, 2, 2]]


def test_subjects_that_the_file_does_not_name_are_in_no_set(table, tmp_path):
    assert split(table, tmp_path / "s.tsv", WHOLE.replace("sub-e test\n", "")) == [[0, 0, 1, 1, 3, 2]]


def test_names_that_fit_nobody_are_told_and_a_typo_is_suspected(table, tmp_path):
    table["subject"] = np.array([{"a": "100", "e": "108"}.get(label, label) for label in table["subject"]], dtype=object)
    with pytest.warns(EegcliWarning, match=r"2 of the subjects that it names have no windows here \(1O8, stranger\).*1O8 may be 108"):
        split(table, tmp_path / "s.tsv", WHOLE.replace("sub-e test\n", "1O8 test\nstranger test\n").replace("a train", "100 train"))


def test_of_those_whose_label_is_missing_it_is_said_that_they_have_windows(table, tmp_path):
    table["sex"][table["subject"] == "e"] = None
    with pytest.warns(EegcliWarning, match=r"1 of the subjects that it names have windows, but no label \(e\)"):
        assert split(table, tmp_path / "s.tsv", WHOLE) == [[0, 0, 1, 1, 2]]


def test_folds_come_in_the_order_of_their_numbers(table, tmp_path):
    text = "subject split fold\n"
    for fold, order in (("10", "efcdab"), ("2", "abcdef")):
        sets = ("test", "test", "train", "train", "val", "val")
        text += "".join(f"{name} {which} {fold}\n" for name, which in zip(order, sets, strict=True))
    assert split(table, tmp_path / "s.tsv", text) == [[2, 2, 0, 0, 1, 1], [1, 1, 0, 0, 2, 2]]


def test_recordings_may_be_split_where_that_is_asked_for(table, tmp_path):
    text = "subject recording split\n" + "".join(f"{s} {s}{n} {('train', 'validation')[n - 1]}\n" for s in "abcdef" for n in (1, 2))
    assert split(table, tmp_path / "s.tsv", text, split_unit="recording") == [[0, 1] * 6]
    with pytest.raises(InputError, match="a stands twice in a fold") as error:
        split(table, tmp_path / "s.tsv", text)
    assert "--split-unit recording" in error.value.hint


def test_a_recording_named_twice_is_refused_whatever_the_unit(table, tmp_path):
    text = "subject recording split\na a1 train\na a1 test\n"
    with pytest.raises(InputError, match="line 3: a a1 stands twice"):
        split(table, tmp_path / "s.tsv", text, split_unit="recording")


def test_a_file_of_subjects_splits_their_recordings_along(table, tmp_path):
    assert split(table, tmp_path / "s.tsv", WHOLE, split_unit="recording") == [[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]]


def test_a_label_that_stands_in_two_data_sets_needs_the_data_set(table, tmp_path):
    table["dataset"][6:] = "other"
    table["subject"][6:] = table["subject"][:6]
    with pytest.raises(InputError, match="subject a stands in ds, other"):
        split(table, tmp_path / "s.tsv", "subject split\na train\nb train\nc validation\n")
    text = "dataset subject split\nds a train\nds b train\nother a val\nother b val\n"
    assert split(table, tmp_path / "s.tsv", text) == [[0, 0, 3, 1, 1, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,split\na,train\n", "separated by commas, not by tabs"),
        ("", "empty"),
        ("subject split\na training-set\n", "line 2: 'training-set' is none of train"),
        ("subject split\na\n", "line 2: 1 column, but the header has 2"),
        ("subject split\nx train\n", "names none of the 6 subjects"),
        (WHOLE + "a test\n", "line 8: a stands twice"),
        (
            "subject split fold\na train 0\nb train 0\nc val 0\nd val 0\na train 1\nb train 1\nc test 1\n",
            "fold 1: no subject is left for the validation set",
        ),
        (WHOLE.replace("d val\n", ""), "validation set has no window of class F"),
    ],
)
def test_files_of_another_form_are_refused_with_the_place(table, tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        split(table, tmp_path / "s.tsv", text)


@pytest.fixture
def twenty() -> dict[str, np.ndarray]:
    """Twenty subjects with a recording each."""
    subject = np.array([f"s{number:02d}" for number in range(20)], dtype=object)
    columns = {"dataset": np.full(20, "ds", dtype=object), "segment": np.full(20, "all", dtype=object), "onset": np.zeros(20)}
    return columns | {"subject": subject, "recording": subject, "sex": np.array(list("MF") * 10, dtype=object)}


def training_and_test(twenty, *folds: int) -> str:
    rows = [f"{name} {'test' if place >= 12 else 'train'} {fold}\n" for fold in folds for place, name in enumerate(twenty["subject"])]
    return "subject split fold\n" + "".join(rows)


def test_of_a_file_of_training_and_test_set_alone_a_quarter_of_the_training_set_validates(twenty, tmp_path):
    """Whoever is tested stays; classes are shared out, and each fold is drawn for itself."""
    found = split(twenty, tmp_path / "s.tsv", training_and_test(twenty, 0, 1))
    for sets in found:
        assert sets[12:] == [2] * 8 and sorted(sets[:12]) == [0] * 9 + [1] * 3
        assert {twenty["sex"][place] for place in range(12) if sets[place] == 1} == {"F", "M"}
    assert found[0] != found[1]
    assert split(twenty, tmp_path / "s.tsv", training_and_test(twenty, 0, 1)) == found
    assert split(twenty, tmp_path / "s.tsv", training_and_test(twenty, 0, 1), seed=1) != found


def test_labels_of_one_person_validate_together(twenty, tmp_path):
    people = People({("ds", label): "somebody" for label in ("s00", "s02", "s04")})
    (tmp_path / "s.tsv").write_text(training_and_test(twenty, 0).replace(" ", "\t"))
    validating = set()
    for seed in range(12):
        settings = TrainSettings(windows=Path("w"), split_file=tmp_path / "s.tsv", seed=seed)
        groups = gather_groups(twenty, read_target(twenty, "sex"), settings.split_unit, people)
        [sets] = [one.sets.tolist() for one in make_splits(groups, twenty, settings)]
        assert sets[0] == sets[2] == sets[4]
        validating.add(sets[0])
    assert validating == {0, 1}


def test_a_file_that_is_not_there_is_named(table):
    settings = TrainSettings(windows=Path("w"), split_file=Path("nowhere.tsv"))
    with pytest.raises(InputError, match=r"nowhere\.tsv: not found"):
        make_splits(gather_groups(table, read_target(table, "sex"), "subject"), table, settings)


def test_the_published_split_of_hbn_is_read_as_it_is(real_data, tmp_path):
    published = real_data.parent / "facts" / "paper-split.tsv"
    if not published.exists():
        pytest.skip("the published split is not here")
    lines = [line.split("\t") for line in published.read_text().splitlines()]
    columns = {name: np.array([line[i] for line in lines[1:]], dtype=object) for i, name in enumerate(lines[0])}
    n = len(lines) - 1
    table = {
        "dataset": np.full(n, "HBN", dtype=object),
        "subject": columns["eid"],
        "recording": columns["eid"],
        "segment": np.full(n, "closed", dtype=object),
        "onset": np.zeros(n),
        "sex": columns["sex_0M_1F"],
    }
    path = tmp_path / "split.tsv"
    path.write_text(published.read_text().replace("eid", "subject", 1))
    settings = TrainSettings(windows=Path("w"), split_file=path)
    [one] = make_splits(gather_groups(table, read_target(table, "sex"), "subject"), table, settings)
    assert np.bincount(one.sets).tolist() == [885, 492, 197]
