"""Target: kind and classes read from a column, and columns that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.errors import InputError, UsageError
from eegcli.settings import TrainSettings
from eegcli.study.target import read_target, shuffled, target_of

NAN = np.nan


def text(*values: str | None) -> np.ndarray:
    result = np.full(len(values), None, dtype=object)
    result[:] = values
    return result


TABLE = {
    "sex": text("M", "F", None, "n/a", "M", "F"),
    "age": np.array([5.0, 7.5, NAN, 9.0, 11.0, 21.0]),
    "grade": np.array([1, 2, 3, 1, 2, 3]),
    "left": np.array([0.0, 1.0, 1.0, NAN, 0.0, 0.0]),
    "full_pheno": np.array([True, False, True, True, False, True]),
    "segment_count": np.array([81, 81, 81, 49, 49, 49], dtype=np.int64),
    "ehq_total": np.array([-100.0, 0.0, 55.0, 100.0, NAN, -0.01]),
}


def test_text_gives_classes_sorted_and_counts_what_is_missing():
    target = read_target(TABLE, "sex")
    assert target.kind == "classification"
    assert target.classes == ("F", "M")
    np.testing.assert_array_equal(target.values, [1, 0, NAN, NAN, 1, 0])
    assert (target.n_missing, target.n_other) == (2, 0)
    assert target.counts.tolist() == [2, 2]


def test_classes_keep_the_order_that_was_asked_for():
    target = read_target(TABLE, "sex", classes=("M", "F"))
    assert target.classes == ("M", "F")
    np.testing.assert_array_equal(target.values, [0, 1, NAN, NAN, 0, 1])
    assert target.names(target.values).tolist() == ["M", "F", None, None, "M", "F"]


def test_values_that_are_none_of_the_classes_are_counted_apart():
    table = {"task": text("rest", "move", "sleep", "rest", None)}
    target = read_target(table, "task", classes=("rest", "move"))
    assert (target.n_missing, target.n_other) == (1, 1)
    assert target.known.tolist() == [True, True, False, True, False]


def test_a_number_is_predicted_as_a_number():
    target = read_target(TABLE, "age")
    assert (target.kind, target.classes, target.n_missing) == ("regression", (), 1)
    np.testing.assert_array_equal(target.values, TABLE["age"])
    assert read_target(TABLE, "segment_count", kind="regression").values.tolist() == [81, 81, 81, 49, 49, 49]


@pytest.mark.parametrize(("column", "classes"), [("left", ("0", "1")), ("full_pheno", ("False", "True"))])
def test_two_numbers_and_truth_values_are_classes(column, classes):
    target = read_target(TABLE, column)
    assert (target.kind, target.classes) == ("classification", classes)


def test_kind_decides_where_the_type_does_not():
    assert read_target(TABLE, "left", kind="regression").values.tolist()[:2] == [0.0, 1.0]
    assert read_target(TABLE, "grade", kind="classification").classes == ("1", "2", "3")
    assert read_target(TABLE, "grade", classes=("3", "1")).n_other == 2


def test_a_threshold_makes_low_and_high_and_the_value_itself_is_high():
    target = read_target(TABLE, "ehq_total", threshold="ehq_total=0")
    assert target.classes == ("low", "high")
    np.testing.assert_array_equal(target.values, [0, 1, 1, 1, NAN, 0])
    flipped = read_target(TABLE, "ehq_total", threshold="ehq_total=0", classes=("high", "low"))
    np.testing.assert_array_equal(flipped.values, [1, 0, 0, 0, NAN, 1])


@pytest.mark.parametrize("column", ["sex", "age", "left", "grade"])
def test_what_was_found_asks_the_same_question_again(column):
    first = read_target(TABLE, column)
    again = read_target(TABLE, column, kind=first.kind, classes=first.classes)
    np.testing.assert_array_equal(first.values, again.values)


def test_an_unknown_column_says_which_was_meant():
    with pytest.raises(InputError, match="no column named 'sexx'") as error:
        read_target(TABLE, "sexx")
    assert "Did you mean sex?" in error.value.hint
    with pytest.raises(InputError) as error:
        read_target(TABLE, "zzz")
    assert "ehq_total" in error.value.hint


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"kind": "regression"}, "not a number"),
        ({"classes": ("male", "female")}, "no window has sex male or female"),
    ],
)
def test_what_the_values_do_not_allow_is_refused(wishes, message):
    with pytest.raises(InputError, match=message):
        read_target(TABLE, "sex", **wishes)


@pytest.mark.parametrize(
    ("column", "wishes", "message"),
    [
        ("age", {"kind": "regression", "classes": ("1", "2")}, "--classes"),
        ("sex", {"classes": ("M", "M")}, "twice"),
        ("age", {"threshold": "age"}, "COLUMN=VALUE"),
        ("age", {"threshold": "age=old"}, "COLUMN=VALUE"),
        ("age", {"threshold": "age=nan"}, "COLUMN=VALUE"),
        ("age", {"threshold": "age=inf"}, "COLUMN=VALUE"),
        ("sex", {"threshold": "age=9"}, "--target is 'sex'"),
        ("age", {"threshold": "age=9", "kind": "regression"}, "regression"),
        ("age", {"threshold": "age=9", "classes": ("young", "old")}, "low and high"),
    ],
)
def test_wishes_that_contradict_each_other_are_a_usage_error(column, wishes, message):
    with pytest.raises(UsageError, match=message):
        read_target(TABLE, column, **wishes)


@pytest.mark.parametrize("wishes", [{"kind": "regression"}, {"threshold": "age=9"}])
def test_the_cells_that_make_a_column_of_numbers_text_are_named(wishes):
    table = {"age": np.array(["5", "7.5", "12-13", "9", None, "see file"], dtype=object)}
    with pytest.raises(InputError, match=r"column 'age' is not a number.*: '12-13', 'see file' are none"):
        read_target(table, "age", **wishes)


def test_a_class_with_a_comma_is_named_in_double_quotes():
    table = {"diagnosis": np.array(["ADHD, combined", "none"], dtype=object)}
    settings = TrainSettings(windows="w", target="diagnosis", classes='none,"ADHD, combined"')
    assert target_of(table, settings).classes == ("none", "ADHD, combined")
    with pytest.raises(InputError) as refused:
        target_of(table, TrainSettings(windows="w", target="diagnosis", classes="ADHD, combined"))
    assert '"ADHD, combined",none' in refused.value.hint


def test_a_threshold_needs_a_number():
    with pytest.raises(InputError, match="not a number"):
        read_target(TABLE, "sex", threshold="sex=1")


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_an_infinite_number_is_missing_as_nan_is(infinite):
    table = {"age": np.array([5.0, infinite, NAN, 9.0, 7.0]), "left": np.array([0.0, 1.0, infinite, NAN, 1.0])}
    number = read_target(table, "age")
    np.testing.assert_array_equal(number.values, [5.0, NAN, NAN, 9.0, 7.0])
    assert number.kind == "regression" and number.n_missing == 2
    halves = read_target(table, "age", threshold="age=7")
    np.testing.assert_array_equal(halves.values, [0, NAN, NAN, 1, 1])
    assert halves.n_missing == 2
    classes = read_target(table, "left")
    assert (classes.kind, classes.classes, classes.n_missing) == ("classification", ("0", "1"), 2)


def test_a_measured_number_is_no_class():
    table = {"age": np.linspace(5, 20, 100)}
    with pytest.raises(InputError, match="100 different numbers") as error:
        read_target(table, "age", kind="classification")
    assert "--threshold age=VALUE" in error.value.hint


def cohort(n_subjects: int) -> dict[str, np.ndarray]:
    """Three windows of two recordings of each subject; the sex of every third subject is missing."""
    subject = np.repeat([f"{i:02d}" for i in range(n_subjects)], 6).astype(object)
    task = np.tile(np.repeat(["a", "b"], 3), n_subjects).astype(object)
    number = np.arange(len(subject))
    sex = np.where(number // 6 % 3 == 2, None, np.where(number // 6 % 2 == 0, "M", "F"))
    return {
        "dataset": np.full(len(subject), "d", dtype=object),
        "subject": subject,
        "recording": subject + task,
        "segment": np.full(len(subject), "all", dtype=object),
        "task": task,
        "sex": sex,
        "content_hash": number.astype(str).astype(object),
    }


def test_shuffled_labels_stay_constant_within_subjects_and_keep_their_counts():
    table = cohort(30)
    target = read_target(table, "sex")
    control = shuffled(target, table, seed=1)
    assert control.known.tolist() == target.known.tolist()
    for subject in np.unique(table["subject"]):
        assert len(np.unique(control.values[table["subject"] == subject])) == 1
    np.testing.assert_array_equal(control.counts, target.counts)
    assert not np.array_equal(control.values[control.known], target.values[target.known])


def test_labels_that_change_within_subjects_are_shuffled_over_recordings():
    table = cohort(12)
    control = shuffled(read_target(table, "task"), table, seed=0)
    for recording in np.unique(table["recording"]):
        assert len(np.unique(control.values[table["recording"] == recording])) == 1
    per_subject = [len(np.unique(control.values[table["subject"] == subject])) for subject in np.unique(table["subject"])]
    assert 1 in per_subject


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(30)))
def test_a_shuffle_does_not_depend_on_the_order_of_the_rows(seed, order):
    table = cohort(5)
    other = {name: values[order] for name, values in table.items()}
    one, two = (shuffled(read_target(t, "task"), t, seed) for t in (table, other))
    np.testing.assert_array_equal(one.values[order], two.values)


def test_numbers_that_differ_in_the_last_digit_are_two_classes():
    target = read_target({"site": np.array([1234567.0, 1234568.0, 0.1])}, "site", kind="classification")
    assert target.classes == ("0.1", "1234567", "1234568")


def test_of_more_classes_than_a_message_shows_the_number_is_said():
    table = {"visit": text(*(f"v{number:02d}" for number in range(23)))}
    with pytest.raises(InputError) as refused:
        read_target(table, "visit", classes=("v98", "v99"))
    shown = ", ".join(f"v{number:02d}" for number in range(20))
    assert refused.value.hint == f"There are: {shown} and 3 more. Name them with --classes, which goes before a recipe's."
