"""Splits in the order of the windows (--split-order file), and sets that are left empty on purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.groups import sets_of_windows
from eegcli.study.sets import TEST, TRAIN, VALIDATION
from eegcli.study.target import read_target
from eegcli.train.split import make_splits, splits_table
from eegcli.train.split.groups import gather_groups
from eegcli.train.split.split import Split

Table = dict[str, np.ndarray]


def trials(n_subjects: int = 32, n_trials: int = 40, seed: int = 0) -> Table:
    """Trials as `import` describes DEAP's: file after file, numbered within each; subjects are not in the order of their labels."""
    labels = [f"s{number:02d}" for number in np.random.default_rng(seed).permutation(n_subjects)]
    subject = np.repeat(np.array(labels, dtype=object), n_trials)
    n = len(subject)
    return {
        "dataset": np.full(n, "deap", dtype=object),
        "subject": subject,
        "recording": subject,
        "segment": np.full(n, "all", dtype=object),
        "trial": np.tile(np.arange(n_trials), n_subjects),
        "onset": np.tile(63.0 * np.arange(n_trials), n_subjects),
        "valence": np.random.default_rng(seed + 1).choice(np.array(["high", "low"], dtype=object), n),
    }


def split(table: Table, **wishes: object) -> list[Split]:
    chosen = TrainSettings(windows=Path("w"), target="valence", **{"split_order": "file", "split_unit": "trial", **wishes})
    return make_splits(gather_groups(table, read_target(table, "valence"), chosen.split_unit), table, chosen)


def sets_in_file(table: Table, folds: list[Split], unit: str = "trial") -> list[list[str]]:
    """Set of each window in the order of the file, per fold, as every later command looks it up."""
    rows = splits_table(folds)
    return [sets_of_windows(table, rows, unit, fold).tolist() for fold in range(len(folds))]


def test_the_two_protocols_of_the_deap_report_are_cut_in_the_order_of_the_file():
    table = trials()
    [sets] = sets_in_file(table, split(table, split=(1180, 0, 100)))
    assert sets == ["train"] * 1180 + ["test"] * 100
    folds = sets_in_file(table, split(table, cv=32, split=(1, 0, 0)))
    assert len(folds) == 32
    for number, fold in enumerate(folds):
        expected = np.full(1280, "train")
        expected[40 * number : 40 * number + 40] = "test"
        assert fold == expected.tolist()
        assert len(set(table["subject"][expected == "test"])) == 1, "a fold is one participant"


def test_first_come_training_then_validation_then_test_and_the_rest_is_unused():
    table = trials(4, 78)  # the 312 records of the ECG question
    [sets] = sets_in_file(table, split(table, split=(249, 63, 0)))
    assert sets == ["train"] * 249 + ["validation"] * 63
    [sets] = sets_in_file(table, split(table, split=(200, 60, 40)))
    assert sets == ["train"] * 200 + ["validation"] * 60 + ["test"] * 40 + ["unused"] * 12


def test_subjects_come_in_the_order_in_which_the_file_names_them_first():
    table = trials(10, 4)
    [sets] = sets_in_file(table, split(table, split_unit="subject", split=(0.6, 0.2, 0.2)), "subject")
    assert sets == ["train"] * 24 + ["validation"] * 8 + ["test"] * 8


def test_in_contiguous_folds_the_last_quarter_of_the_others_validates():
    table = trials(5, 8)
    for number, fold in enumerate(sets_in_file(table, split(table, cv=5))):
        others = [name for place, name in enumerate(fold) if not 8 * number <= place < 8 * number + 8]
        assert fold[8 * number : 8 * number + 8] == ["test"] * 8
        assert others == ["train"] * 24 + ["validation"] * 8


def test_no_seed_changes_an_order_and_random_folds_of_forty_are_others():
    table = trials()
    assert sets_in_file(table, split(table, cv=32, seed=1)) == sets_in_file(table, split(table, cv=32, seed=2))
    drawn = split(table, cv=32, split=(1, 0, 0), split_order="shuffled")
    assert [np.bincount(fold.sets, minlength=3).tolist() for fold in drawn] == [[1240, 0, 40]] * 32
    assert np.sum([fold.sets == TEST for fold in drawn], axis=0).tolist() == [1] * 1280
    of_a_fold = drawn[0].groups.table["subject"][drawn[0].sets == TEST]
    assert len(set(of_a_fold)) > 10


def test_a_held_out_value_leaves_the_others_in_their_order():
    table = trials(5, 8)
    tested = table["subject"][0]
    [sets] = sets_in_file(table, split(table, holdout=f"subject={tested}", split=(0.75, 0.25, 0)))
    assert sets == ["test"] * 8 + ["train"] * 24 + ["validation"] * 8


@pytest.mark.parametrize("order", ["file", "shuffled"])
@pytest.mark.parametrize(
    ("wishes", "n"), [({"split": (0.9, 0, 0.1)}, 36), ({"cv": 10, "split": (1, 0, 0)}, 36), ({"split": (30, 0, 4)}, 30)]
)
def test_nobody_validates_where_that_is_asked_for(order, wishes, n):
    for one in split(trials(4, 10), split_order=order, **wishes):
        assert [int(np.sum(one.sets == which)) for which in (TRAIN, VALIDATION)] == [n, 0]


def test_another_share_of_the_folds_validates():
    for one in split(trials(4, 10), cv=10, split=(0.5, 0.5, 0), split_order="shuffled"):
        assert np.bincount(one.sets).tolist() == [18, 18, 4]


def test_a_quarter_of_the_others_validates_as_before():
    """The same folds as before there were shares: drawn here a second time, from the parts that have not changed."""
    from eegcli.train.split.allocate import allocate, totals_of_shares

    table = trials(6, 7)
    folds = split(table, cv=6, split_unit="trial", split_order="shuffled", seed=3)
    groups = folds[0].groups
    tested = allocate(groups.strata, totals_of_shares(42, [1.0] * 6), np.random.default_rng(3))
    for number, one in enumerate(folds):
        others = np.flatnonzero(tested != number)
        expected = np.full(42, TEST)
        strata = np.unique(groups.strata[others], return_inverse=True)[1]
        expected[others] = allocate(strata, totals_of_shares(35, (0.75, 0.25)), np.random.default_rng([3, number]))
        assert one.sets.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"split": "truong2021"}, "--split-order file: --split truong2021 says who is in which set"),
        ({"split_file": Path("x.tsv")}, "--split-order file: --split-file says who is in which set"),
        ({"holdout": "subject=s00", "validation": "subject=s01"}, "--split-order file: --holdout says who is in which set"),
        ({"cv": 4, "split": (0.5, 0.25, 0.25)}, "--cv and --split 0.5,0.25,0.25 each decide who is tested"),
        ({"split": (0, 0.5, 0.5)}, "the first above 0"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(wishes, message):
    with pytest.raises(UsageError, match=message):
        split(trials(4, 10), **wishes)


def test_a_set_to_learn_from_that_lacks_a_class_is_refused_in_any_order():
    table = trials(2, 10)
    table["valence"][:] = np.repeat(np.array(["high", "low"], dtype=object), 10)
    with pytest.raises(InputError, match="the train set has no window of class low"):
        split(table, split=(0.5, 0, 0.5))
    [one] = split(table, split=(0.8, 0, 0.2))
    assert set(one.groups.table["truth"][one.sets == TEST]) == {"low"}, "whoever chose the order may test one class"
