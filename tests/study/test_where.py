"""The safe evaluator of --where."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.errors import InputError, UsageError
from eegcli.study.where import where


def text(*values):
    column = np.full(len(values), None, dtype=object)
    column[:] = values
    return column


TABLE = {
    "sex": text("F", "M", None, "F"),
    "age": np.array([7.0, 12.0, 9.0, np.nan]),
    "release_number": text("R1", "R1", "R5", "R5"),
    "consented": np.array([True, False, True, True]),
    "id": np.array([1, 2, 3, 4]),
}


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("sex == 'F'", [0, 3]),
        ("sex == 'F' and age < 12", [0]),
        ("sex == 'F' or age < 12", [0, 2, 3]),  # unknown or true is true
        ("not sex == 'F'", [1]),
        ("sex != 'F'", [1]),
        ("not (sex == 'F' and age < 12)", [1]),  # of row 2 and 3 nobody knows
        ("5 <= age < 12", [0, 2]),
        ("age is None", [3]),
        ("sex is not None and age is not None", [0, 1]),
        ("release_number in ['R5', 'R7']", [2, 3]),
        ("release_number not in ('R5',)", [0, 1]),
        ("age / 2 + 1 > 5", [1, 2]),
        ("-age < -8", [1, 2]),
        ("consented", [0, 2, 3]),
        ("not consented", [1]),
        ("consented == False", [1]),
        ("id > age", []),
        ("1 / (id - 1) > 0", [1, 2, 3]),  # one divided by nothing is unknown
        ("release_number < 'R2'", [0, 1]),
    ],
)
def test_a_condition_chooses_the_rows_that_fulfil_it(condition, rows):
    assert np.flatnonzero(where(condition, TABLE)).tolist() == rows


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('true')",
        "sex.__class__ == 'F'",
        "(lambda: 1)() == 1",
        "[x for x in sex] == 'F'",
        "sex == 'F' if age else sex == 'M'",
        "f'{age}' == '7'",
        "age[0] == 7",
        "(age := 3) == 3",
        "age ** 99999999 > 1",
        "sex is 'F'",
        "age == b'7'",
        "age in age",
        "sex = 'F'",
        "sex ==",
        "",
        "age",
        "age and sex == 'F'",
        "sex + sex == 'FF'",
        "sex == 1",
        "age < '12'",
        "age == 1j",
        "(" * 1500 + "age" + ")" * 400,
        "age == 1 and " * 200 + "age == 1",
        "sex == 'F'\n;age == 7",
        "sex == 'F\x00'",
    ],
)
def test_what_is_no_condition_is_a_usage_error(condition):
    with pytest.raises(UsageError, match="--where"):
        where(condition, TABLE)


def test_a_deep_nest_of_brackets_is_an_error_not_a_crash():
    with pytest.raises(UsageError):
        where("-" * 1990 + "age", TABLE)
    with pytest.raises(UsageError):
        where("not " * 490 + "age", TABLE)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InputError, match="no column gender") as caught:
        where("gender == 'F'", TABLE)
    assert "sex" in caught.value.hint


numbers = st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(a=numbers, limit=st.integers(-5, 5), other=st.integers(-5, 5))
def test_and_or_not_follow_the_logic_of_true_false_unknown(a, limit, other):
    table = {"a": np.array([math.nan if value is None else value for value in a], dtype=float)}

    def row(value):  # row by row, with None as unknown
        first = None if value is None else value < limit
        second = None if value is None else value == other
        third = other > limit
        either = True if third or first else (None if first is None else False)
        both = False if either is False or second is False else (None if either is None or second is None else True)
        return None if both is None else not both

    chosen = where(f"not ((a < {limit} or {other} > {limit}) and a == {other})", table)
    assert chosen.tolist() == [row(value) is True for value in a]


def test_a_column_whose_name_is_no_name_in_python_stands_in_backticks():
    table = {"stim file": np.array(["a", "b`c"], dtype=object), "class": np.array([1.0, 2.0]), "p-value": np.array([0.5, 0.01])}
    assert where("`stim file` == 'b`c' and `class` == 2 and `p-value` < 0.05", table).tolist() == [False, True]
    with pytest.raises(InputError, match="there is no column no such"):
        where("`no such` == 1", table)
    with pytest.raises(UsageError, match=r"`stim file` is text, 1 is number"):
        where("`stim file` == 1", table)
