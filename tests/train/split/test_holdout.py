"""A test set by a value: whole releases, several of them, and another one to validate on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.target import read_target
from eegcli.train.split import make_splits, splits_table
from eegcli.train.split.groups import gather_groups
from eegcli.train.split.split import Split

RELEASES = ("R1", "R2", "R5", "R11")


def pooled(label: str = "NDAR{release}{number:02d}", **columns: np.ndarray) -> dict[str, np.ndarray]:
    """Twelve subjects, F and M in turns, of each of four releases in a data set each, with two windows."""
    rows = [(release, number) for release in RELEASES for number in range(12) for _ in range(2)]
    subject = np.array([label.format(release=release, number=number) for release, number in rows], dtype=object)
    return {
        "dataset": np.array([f"HBN {release}" for release, _ in rows], dtype=object),
        "subject": subject,
        "recording": subject,
        "segment": np.full(len(rows), "all", dtype=object),
        "onset": np.arange(len(rows)) % 2.0,
        "release_number": np.array([release for release, _ in rows], dtype=object),
        "sex": np.array(["FM"[number % 2] for _, number in rows], dtype=object),
    } | columns


def split(table: dict[str, np.ndarray], **wishes: object) -> Split:
    chosen = TrainSettings(windows=Path("w"), **wishes)
    [one] = make_splits(gather_groups(table, read_target(table, "sex"), chosen.split_unit), table, chosen)
    return one


def releases(one: Split) -> dict[str, set[str]]:
    """The releases that each set has subjects of."""
    table = splits_table([one])
    return {
        name: {dataset.removeprefix("HBN ") for dataset in table["dataset"][table["split"] == name]}
        for name in ("train", "validation", "test")
    }


def test_a_release_is_tested_whole_and_the_others_share_training_and_validation():
    one = split(pooled(), holdout="release_number=R5")
    assert releases(one) == {"train": {"R1", "R2", "R11"}, "validation": {"R1", "R2", "R11"}, "test": {"R5"}}
    assert [one.counts()[name]["n_subjects"] for name in ("train", "validation", "test")] == [27, 9, 12]


def test_the_split_of_todays_public_benchmark_one_release_tests_and_one_validates():
    one = split(pooled(), holdout="release_number=R5", validation="release_number=R1")
    assert releases(one) == {"train": {"R2", "R11"}, "validation": {"R1"}, "test": {"R5"}}
    assert one.unused["n_units"] == 0


def test_several_values_are_held_out_together():
    one = split(pooled(), holdout="release_number=R5, R11", validation="dataset=HBN R1")
    assert releases(one) == {"train": {"R2"}, "validation": {"R1"}, "test": {"R5", "R11"}}


def test_a_value_with_a_comma_is_one_value():
    table = pooled()
    table["site"] = np.where(table["release_number"] == "R5", "Staten Island, NY", "Midtown").astype(object)
    assert releases(split(table, holdout="site=Staten Island, NY"))["test"] == {"R5"}


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"validation": "release_number=R1"}, UsageError, "--validation goes with --holdout"),
        ({"holdout": "release_number=R5,R6"}, InputError, "no window has release_number 'R6'"),
        (
            {"holdout": "release_number=R5", "validation": "release_number=R9"},
            InputError,
            "--validation: no window has release_number 'R9'",
        ),
        ({"holdout": "release_number=R5", "validation": "release_number=R1,R5"}, InputError, "is in both --holdout"),
        ({"holdout": "release_number=R1,R2,R5,R11"}, InputError, "no subject is left for the train set"),
        ({"holdout": "release_number=R1,R2,R5", "validation": "release_number=R11"}, InputError, "no subject is left for the train set"),
    ],
)
def test_wishes_that_cannot_be_are_refused(wishes, error, message):
    with pytest.raises(error, match=message):
        split(pooled(), **wishes)


def test_a_person_of_two_data_sets_who_would_stand_on_both_sides_is_refused():
    with pytest.raises(InputError, match=r"subject NDAR.. is in HBN R.+ and HBN R.+, and would stand in the"):
        split(pooled(label="NDAR{number:02d}"), holdout="release_number=R5")


@pytest.mark.parametrize("wishes", [{"split": (0.6, 0.2, 0.2)}, {"cv": 3}])
def test_by_chance_a_person_of_two_data_sets_is_drawn_once(wishes):
    table = pooled(label="NDAR{number:02d}")
    groups = gather_groups(table, read_target(table, "sex"), "subject")
    assert len(groups.of_persons()) < len(groups)
    for one in make_splits(groups, table, TrainSettings(windows=Path("w"), **wishes)):
        for label in set(groups.table["subject"]):
            assert len(set(one.sets[groups.table["subject"] == label].tolist())) == 1


def test_labels_that_every_study_gives_anew_are_different_people():
    assert releases(split(pooled(label="{number:02d}"), holdout="release_number=R5"))["test"] == {"R5"}


def test_of_more_values_than_a_message_shows_the_number_is_said():
    table = pooled()
    table["visit"] = np.array([f"v{number:02d}" for number in range(25)], dtype=object)[np.arange(len(table["subject"])) % 25]
    with pytest.raises(InputError) as refused:
        split(table, holdout="visit=v99")
    assert refused.value.hint == f"There are: {', '.join(f'v{number:02d}' for number in range(20))} and 5 more."
