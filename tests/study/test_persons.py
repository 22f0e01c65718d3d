"""One rule says who is the same person, and everything that counts people goes by it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eegcli.checks.finding import Evidence, Seen
from eegcli.checks.leaks import subjects_in_two_splits, subjects_seen_in_training
from eegcli.stats.votes import unit_of_vote
from eegcli.study.persons import AS_LABELLED, People

LABELS = st.sampled_from(["01", "02", "NDARAA", "NDARBB", "sub"])


def table(rows):
    columns = list(zip(*rows, strict=True)) or [(), ()]
    return {name: np.array(values, dtype=object) for name, values in zip(("dataset", "subject"), columns, strict=True)}


@given(st.lists(st.tuples(st.sampled_from("abc"), LABELS), max_size=30))
def test_numbers_are_those_of_the_persons(rows):
    found = table(rows)
    keys = AS_LABELLED.of(found)
    numbers = AS_LABELLED.number(found)
    assert len(set(numbers.tolist())) == len(set(keys)) == len(set(zip(keys, numbers.tolist(), strict=True)))
    assert sorted(set(numbers.tolist())) == list(range(len(set(keys))))


def test_a_label_of_a_study_is_another_person_in_another_study_and_a_worldwide_one_is_not():
    assert AS_LABELLED.person("a", "01") != AS_LABELLED.person("b", "01")
    assert AS_LABELLED.person("a", "NDARAA") == AS_LABELLED.person("b", "NDARAA")


def test_a_worldwide_person_of_two_data_sets_is_found_on_both_sides_and_in_a_new_cohort():
    splits = table([("a", "NDARAA"), ("b", "NDARAA"), ("a", "01"), ("b", "01")])
    splits |= {"fold": np.zeros(4, int), "split": np.array(["train", "test", "train", "test"], dtype=object)}
    found = subjects_in_two_splits(Evidence(splits=splits))
    assert (found.verdict, found.value, found.found) == ("broken", 1, ("NDARAA",))
    seen = Seen(frozenset(AS_LABELLED.of(table([("a", "NDARAA"), ("a", "01")]))), None)
    again = subjects_seen_in_training(Evidence(windows=table([("b", "NDARAA"), ("b", "01")]), seen=seen))
    assert (again.verdict, again.value, again.found) == ("broken", 1, ("NDARAA",))


def test_a_person_of_two_data_sets_casts_one_vote_and_is_one_cluster():
    found = table([("a", "NDARAA"), ("b", "NDARAA"), ("a", "NDARBB")])
    found |= {name: np.array(["x", "y", "z"], dtype=object) for name in ("recording", "segment")}
    assert unit_of_vote(np.array([0.0, 0.0, 1.0]), found) == "subject"
    assert unit_of_vote(np.array([0.0, 1.0, 1.0]), found) == "recording"  # one person has two answers
    assert AS_LABELLED.number(found).tolist() == [0, 0, 1]


def test_a_stated_name_of_a_worldwide_label_holds_in_every_data_set():
    people = People({("R1", "NDARA"): "p7", ("x", "03"): "p7"})
    assert people.person("R1", "NDARA") == people.person("R5", "NDARA") == people.person("x", "03") != people.person("R5", "NDARB")
