"""Units by name: what evaluation and training have to agree on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eegcli.study.groups import (
    RECORDING,
    SEGMENT,
    SUBJECT,
    constant_group,
    group_names,
    number_groups,
    place_within,
    sets_of_windows,
    split_columns,
)

TABLE = {
    "dataset": np.array(["a", "a", "b", "b", "b", "b"], dtype=object),
    "subject": np.array(["01", "01", "01", "01", "02", "02"], dtype=object),
    "recording": np.array(["r1", "r2", "r1", "r1", "r3", "r3"], dtype=object),
    "segment": np.array(["open", "open", "open", "closed", None, None], dtype=object),
    "onset": np.array([0.0, 0.0, 0.0, 2.0, 0.0, 1.5]),
}


def test_a_subject_is_known_by_data_set_and_label():
    assert number_groups(TABLE, SUBJECT).tolist() == [0, 0, 1, 1, 2, 2]
    assert number_groups(TABLE, RECORDING).tolist() == [0, 1, 2, 2, 3, 3]
    assert number_groups(TABLE, SEGMENT).tolist() == [0, 1, 3, 2, 4, 4]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["1", "2", "10"]), st.sampled_from(["x", "y", None])), min_size=1, max_size=40
    )
)
def test_numbers_are_ranks_of_the_names(rows):
    table = {name: np.array([row[i] for row in rows], dtype=object) for i, name in enumerate(("dataset", "subject", "recording"))}
    keys = [tuple(part or "" for part in row) for row in rows]
    rank = {key: i for i, key in enumerate(sorted(set(keys)))}
    assert number_groups(table, RECORDING).tolist() == [rank[key] for key in keys]


def test_the_coarsest_unit_within_which_nothing_changes():
    assert constant_group(np.array([0, 0, 1, 1, 0, 0]), TABLE) == SUBJECT
    assert constant_group(np.array([0, 1, 1, 1, 0, 0]), TABLE) == RECORDING
    assert constant_group(np.array([0, 1, 1, 0, 0, 0]), TABLE) == SEGMENT
    assert constant_group(np.array([0, 1, 1, 0, 0, 1]), TABLE) is None


def test_units_are_named_by_what_tells_them_apart_within_a_subject():
    rows = np.arange(6)
    assert group_names(TABLE, split_columns(TABLE, "subject"), rows).tolist() == ["01", "01", "01", "01", "02", "02"]
    assert group_names(TABLE, split_columns(TABLE, "recording"), rows).tolist() == ["r1", "r2", "r1", "r1", "r3", "r3"]
    assert group_names(TABLE, split_columns(TABLE, "trial"), rows).tolist()[2:] == ["r1/open/0.0", "r1/closed/2.0", "r3//0.0", "r3//1.5"]


def test_a_column_trial_says_what_a_trial_is():
    table = {**TABLE, "trial": np.array([1, 1, 1, 2, 7, 7])}
    assert group_names(table, split_columns(table, "trial"), np.array([4, 5])).tolist() == ["r3//7", "r3//7"]


def test_each_window_finds_the_set_of_its_unit_in_a_fold():
    splits = {
        "dataset": np.array(["a", "b", "b", "a", "b"], dtype=object),
        "subject": np.array(["01", "01", "02", "01", "01"], dtype=object),
        "unit": np.array(["01", "01", "02", "01", "01"], dtype=object),
        "fold": np.array([0, 0, 0, 1, 1]),
        "split": np.array(["train", "validation", "test", "test", "train"], dtype=object),
    }
    first = ["train", "train", "validation", "validation", "test", "test"]
    assert sets_of_windows(TABLE, splits, "subject", 0).tolist() == first
    assert sets_of_windows(TABLE, splits, "subject", 1).tolist() == ["test", "test", "train", "train", None, None]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=40))
def test_the_place_within_a_unit_is_that_of_a_sorted_list(rows):
    unit, first, second = (np.array([row[index] for row in rows], dtype=int) for index in range(3))
    expected = [
        sorted((f, s, i) for i, (u, f, s) in enumerate(rows) if u == own).index((a, b, index)) for index, (own, a, b) in enumerate(rows)
    ]
    assert place_within(unit, first, second).tolist() == expected
