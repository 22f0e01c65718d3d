"""Leak checks: subjects and windows in two sets are found, named and refused."""

from collections.abc import Iterator
from unittest import mock

import numpy as np
import pytest

from eegcli.checks.finding import Evidence, Finding, Seen, refuse, run_checks
from eegcli.errors import InputError
from eegcli.registry import CHECKS

LEAKS = (
    "subjects-in-two-splits",
    "identical-windows-in-two-splits",
    "subjects-seen-in-training",
    "windows-seen-in-training",
    "windows-of-the-training",
)


@pytest.fixture(autouse=True)
def only_these() -> Iterator[None]:
    """Leave out the checks of other files; the table is put back in its order, in which results list them."""
    with mock.patch.dict(CHECKS):
        for name in set(CHECKS) - set(LEAKS):
            del CHECKS[name]
        yield


def table(subjects, hashes, dataset="a"):
    return {
        "dataset": np.array([dataset] * len(subjects), dtype=object),
        "subject": np.array(subjects, dtype=object),
        "recording": np.array([f"sub-{s}_task-rest" for s in subjects], dtype=object),
        "content_hash": np.array(list(hashes), dtype=object),
    }


TRAIN, TEST, NOWHERE = 0, 2, -1


def splits(*rows):
    """splits.parquet of (subject, split, fold)."""
    columns = [np.array([row[i] for row in rows], dtype=object) for i in range(2)]
    dataset = np.full(len(rows), "a", dtype=object)
    return {"dataset": dataset, "subject": columns[0], "split": columns[1], "fold": np.array([row[2] for row in rows])}


def check_splits(rows, windows, sets):
    return list(run_checks(Evidence(splits=rows, windows=windows, sets=sets), topic="leaks").values())


def check_unseen(windows, subjects, hashes):
    seen = Seen(frozenset(subjects), None if hashes is None else frozenset(hashes))
    return list(run_checks(Evidence(windows=windows, seen=seen), topic="leaks").values())


CLEAN = splits(("1", "train", 0), ("2", "test", 0), ("3", "test", 0))


def test_clean_splits_pass():
    checks = check_splits(CLEAN, table(["1", "1", "2", "3"], "abcd"), [np.array([TRAIN, TRAIN, TEST, NOWHERE])])
    assert [(c.passed, c.value) for c in checks] == [(True, 0), (True, 0)]
    refuse(checks, caveat=None)


def test_a_subject_in_two_splits_is_refused_by_name():
    mixed = splits(("1", "train", 0), ("1", "test", 0), ("2", "test", 0))
    checks = check_splits(mixed, table(["1", "1", "2"], "abc"), [np.array([TRAIN, TEST, TEST])])
    with pytest.raises(InputError, match=r"subjects in two splits: 1 \(1\)") as refusal:
        refuse(checks, caveat=None)
    assert refusal.value.exit_code == 3


def test_an_identical_window_in_two_splits_is_refused_with_both_recordings():
    checks = check_splits(CLEAN, table(["1", "2", "3"], "axa"), [np.array([TRAIN, TRAIN, TEST])])
    assert [c.passed for c in checks] == [True, False]
    with pytest.raises(InputError, match="sub-1_task-rest, sub-3_task-rest") as refusal:
        refuse(checks, caveat=None)
    assert refusal.value.exit_code == 3
    assert "--keep-dead" in refusal.value.hint


def test_a_marked_run_is_let_through_with_its_count():
    mixed = splits(("1", "train", 0), ("1", "test", 0), ("2", "train", 0), ("2", "test", 0))
    checks = check_splits(mixed, table(["1", "1", "2", "2"], "abcd"), [np.array([TRAIN, TEST, TRAIN, TEST])])
    refuse(checks, caveat="participants are on both sides")
    stored = checks[0].data()
    assert (stored["name"], stored["passed"], stored["value"], stored["found"]) == ("subjects in two splits", False, 2, ["1", "2"])


def test_identical_windows_on_one_side_are_no_leak():
    assert check_splits(CLEAN, table(["1", "1", "2"], "aab"), [np.array([TRAIN, TRAIN, TEST])])[1].passed


def test_a_window_outside_the_splits_is_no_leak():
    assert check_splits(CLEAN, table(["1", "1"], "aa"), [np.array([TRAIN, NOWHERE])])[1].passed


def test_folds_may_train_on_each_others_test_subjects():
    folds = splits(("1", "train", 0), ("2", "test", 0), ("1", "test", 1), ("2", "train", 1))
    assert check_splits(folds, table(["1", "2"], "ab"), [np.array([TRAIN, TEST]), np.array([TEST, TRAIN])])[0].passed


def test_equal_labels_in_two_data_sets_are_two_people():
    both = splits(("1", "train", 0), ("1", "test", 0))
    both["dataset"] = np.array(["a", "b"], dtype=object)
    assert check_splits(both, table(["1", "1"], "ab"), [np.array([TRAIN, TEST])])[0].passed


def test_a_new_cohort_may_not_hold_people_of_the_training():
    checks = check_unseen(table(["1", "9"], "xy"), [("a", "1"), ("b", "9")], ["q"])
    assert [(c.passed, c.value, c.found) for c in checks] == [(False, 1, ("1",)), (True, 0, ())]
    with pytest.raises(InputError, match="subjects seen in training"):
        refuse(checks, caveat=None)


def test_renamed_people_of_the_training_are_known_by_their_windows():
    checks = check_unseen(table(["x"], "a"), [("a", "1")], ["a"])
    assert [c.passed for c in checks] == [True, False]


def test_windows_that_are_not_at_hand_cannot_be_checked():
    check = check_unseen(table(["x"], "a"), [], None)[1]
    assert (check.passed, check.value) == (None, None)
    refuse([check], caveat=None)


def test_only_checks_whose_evidence_is_at_hand_are_run():
    mixed = splits(("1", "train", 0), ("1", "test", 0))
    assert list(run_checks(Evidence(splits=mixed), topic="leaks")) == ["subjects-in-two-splits"]
    assert run_checks(Evidence(splits=mixed), topic="another") == {}
    assert run_checks(Evidence(), topic="leaks") == {}


def test_a_suspect_finding_is_let_through():
    refuse([Finding("drift between sets", "suspect", 3)], caveat=None)


@pytest.mark.parametrize(("n", "named"), [(4, "s0, s1, s2, s3"), (5, "s0, s1, s2, s3, s4"), (7, "s0, s1, s2, s3, s4, ...")])
def test_a_finding_holds_every_name_and_its_message_says_where_it_leaves_some_out(n, named):
    subjects = [f"s{number}" for number in range(n)]
    found, _ = check_unseen(table(subjects, "abcdefg"[:n]), [("a", subject) for subject in subjects], ["q"])
    assert found.found == tuple(subjects)
    assert found.message() == f"subjects seen in training: {n} ({named}); no figure would mean anything"


def test_every_recording_of_a_window_that_was_trained_on_is_found():
    subjects = [f"s{number}" for number in range(7)]
    found = check_unseen(table(subjects, "abcdefg"), [], list("abcdefg"))[1]
    assert len(found.found) == found.value == 7
