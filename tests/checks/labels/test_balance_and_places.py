"""Rare classes, missing labels, sets that differ, and labels that a place, an order or the time tells."""

import numpy as np
import pytest

from eegcli.checks.labels.balance import class_balance, classes_in_sets, missing_labels
from eegcli.checks.labels.places import label_by_order, label_by_time, label_of_place
from tests.kit.labelled import asked

N = 200
SUBJECT = np.arange(N) // 10
SEX = np.array(["F", "M"])[np.random.default_rng(1).permutation(20) % 2][SUBJECT]


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "ok"), (0.3, "ok"), (0.07, "suspect"), (0.02, "broken")])
def test_a_rare_class_is_broken_where_next_to_nothing_is_left_of_it(share, verdict):
    labels = np.where(np.arange(1000) % 100 < round(100 * share), "seizure", "background")

    finding = class_balance(asked(labels.tolist(), target="state", sets=np.zeros(1000, dtype=int)))

    assert finding.verdict == verdict
    assert finding.value == pytest.approx(share)


@pytest.mark.parametrize(("n", "verdict"), [(0, "ok"), (4, "ok"), (10, "suspect"), (17, "broken")])
def test_people_without_labels_are_counted(n, verdict):
    labels = [None if who < n else sex for who, sex in zip(SUBJECT, SEX, strict=True)]
    sets = np.where(SUBJECT == 18, 1, np.where(SUBJECT == 19, 2, 0))

    finding = missing_labels(asked(labels, sets=sets))

    assert finding.verdict == verdict
    assert finding.value == pytest.approx(n / 20)


def test_sets_of_other_shares_are_broken_and_those_of_a_stratified_draw_are_not():
    lopsided = np.where(SEX == "F", 0, 1 + SUBJECT % 2)
    lopsided[np.flatnonzero(SEX == "M")[0] // 10 == SUBJECT] = 0

    assert classes_in_sets(asked(SEX.tolist(), sets=lopsided)).verdict == "broken"
    assert classes_in_sets(asked(["F", "M"] * 100)).verdict == "ok"


@pytest.mark.parametrize("column", ["site", "device", "raw_sfreq"])
def test_a_site_that_tells_the_label_is_broken_and_one_that_does_not_is_ok(column):
    told = np.where(SEX == "F", "north", "south").tolist()
    drawn = np.array(["north", "south"])[np.random.default_rng(0).permutation(20) % 2][SUBJECT].tolist()

    assert label_of_place(asked(SEX.tolist(), **{column: told})).verdict == "broken"
    assert label_of_place(asked(SEX.tolist(), **{column: drawn})).verdict == "ok"


@pytest.mark.parametrize("column", ["segment_count", "raw_seconds"])
def test_a_length_that_tells_the_label_is_suspect(column):
    finding = label_of_place(asked(SEX.tolist(), **{column: np.where(SEX == "F", 80.0, 60.0) + SUBJECT % 7}))

    assert finding.verdict == "suspect"


def test_a_site_of_six_people_may_tell_the_label_by_chance():
    labels = np.repeat(["F", "F", "F", "M", "M", "M"], 10)

    assert label_of_place(asked(labels.tolist(), n_subjects=6, site=np.repeat(["a", "a", "a", "b", "b", "b"], 10).tolist())).verdict == "ok"


def test_labels_that_ascend_in_the_order_of_people_are_suspect():
    assert label_by_order(asked(np.where(SUBJECT < 9, "control", "patient").tolist(), target="group")).verdict == "suspect"
    assert label_by_order(asked(SEX.tolist())).verdict == "ok"


def test_early_against_late_windows_is_suspect_and_blocks_in_turns_are_ok():
    early = np.where(np.arange(N) % 10 < 5, "early", "late").tolist()
    blocks = np.array(["open", "closed"])[np.arange(N) % 10 // 2 % 2].tolist()

    assert label_by_time(asked(early, target="part")).verdict == "suspect"
    assert label_by_time(asked(blocks, target="eyes")).verdict == "ok"
