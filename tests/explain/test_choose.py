"""The windows that are explained."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegcli.explain import choose
from eegcli.explain.choose import best_of_each


def test_the_surest_windows_are_chosen_and_no_subject_has_more_than_its_share():
    score = np.array([0.9, 0.95, 0.99, 0.5, 0.6])
    subject = np.array([0, 0, 0, 1, 1])
    assert best_of_each(score, subject, 2).tolist() == [2, 4]
    assert best_of_each(score, subject, 4).tolist() == [2, 1, 4, 3]


def test_fewer_come_where_a_subject_has_too_few():
    assert best_of_each(np.array([0.9, 0.8, 0.7, 0.6]), np.array([0, 0, 0, 1]), 4).tolist() == [0, 1, 3]


def test_of_equal_scores_the_earlier_window_is_chosen():
    assert best_of_each(np.ones(6), np.zeros(6, int), 3).tolist() == [0, 1, 2]


def test_nothing_to_choose_from():
    assert best_of_each(np.zeros(0), np.zeros(0, int), 3).tolist() == []


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=60), st.integers(1, 30))
def test_choice_agrees_with_a_loop(pairs, n):
    score, subject = np.array([s for s, _ in pairs]), np.array([s for _, s in pairs])
    share = int(np.ceil(n / len(set(subject.tolist()))))
    taken: dict[int, int] = {}
    expected = []
    for index in sorted(range(len(pairs)), key=lambda i: (-score[i], i)):
        if taken.get(subject[index], 0) < share:
            taken[subject[index]] = taken.get(subject[index], 0) + 1
            expected.append(index)
    assert best_of_each(score, subject, n).tolist() == expected[:n]


@pytest.mark.parametrize(("n_test", "sets"), [(7, ("validation", "test")), (8, ("test",))])
def test_people_who_chose_the_epoch_do_not_say_whether_anything_was_learnt(n_test, sets):
    split = np.array(["train"] * 9 + ["validation"] * 3 + ["test"] * n_test, dtype=object)
    subject = np.array([f"{number:02d}" for number in range(len(split))], dtype=object)
    run = SimpleNamespace(splits={"split": split, "subject": subject, "dataset": np.array(["toy"] * len(split), dtype=object)})
    assert choose._sets_held_out(run) == sets
