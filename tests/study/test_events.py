"""Events and the columns of their table: taken, joined, and missing where a part has none."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.bids.events import join, make_events
from eegcli.study.events import Events, as_text, rows_or_missing

CODES = np.array([5, 7, 9])
NAMES = np.array(["a", None, "c"], dtype=object)


def three() -> Events:
    return make_events([3.0, 1.0, 2.0], [0, 0, 0], ["x", "y", "z"], columns={"code": CODES, "file": NAMES})


def test_columns_go_where_their_events_go():
    events = three()
    assert events.value.tolist() == ["y", "z", "x"]
    assert events.columns["code"].tolist() == [7, 9, 5] and events.columns["file"].tolist() == [None, "c", "a"]
    taken = events.take(np.array([True, False, True]))
    assert taken.columns["code"].tolist() == [7, 5] and taken.columns["code"].dtype == np.int64


def test_joined_events_lack_what_a_part_lacks():
    joined = join(three(), make_events([1.5], [0], ["boundary"]))
    assert joined.value.tolist() == ["y", "boundary", "z", "x"]
    np.testing.assert_array_equal(joined.columns["code"], [7, np.nan, 9, 5])
    assert joined.columns["file"].tolist() == [None, None, "c", "a"]


def test_a_column_that_is_text_in_one_part_is_text():
    joined = join(three(), make_events([9.0], [0], ["w"], columns={"code": np.array(["left"], dtype=object)}))
    assert joined.columns["code"].tolist() == ["7", "9", "5", "left"]
    empty = join(three(), make_events([], [], [], columns={"code": np.zeros(0, object)}))
    assert empty.columns["code"].tolist() == [7, 9, 5]


def test_a_row_of_nothing_is_missing():
    rows = rows_or_missing(three().columns, [2, -1])
    np.testing.assert_array_equal(rows["code"], [5, np.nan])
    assert rows["file"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.0, np.nan, 2.5]), ["1", None, "2.5"]),
        (np.array([3, 4]), ["3", "4"]),
        (np.array([True]), ["True"]),
        (NAMES, ["a", None, "c"]),
    ],
)
def test_numbers_are_named_by_all_their_digits(values, expected):
    assert as_text(values).tolist() == expected
