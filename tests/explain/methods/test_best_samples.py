"""Best samples against a loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eegcli.errors import InputError
from eegcli.explain.background import Background, Pool, Wishes
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.methods.best_samples import best, best_samples


@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 6)), min_size=1, max_size=60), st.integers(1, 4), st.integers(1, 5))
def test_the_best_windows_of_the_best_subjects(pairs, n_subjects, per_subject):
    scores, subject = np.array([one for one, _ in pairs]), np.array([who for _, who in pairs])
    means = {who: np.mean(scores[subject == who]) for who in sorted(set(subject.tolist()))}
    people = sorted(means, key=lambda who: (-means[who], who))[:n_subjects]
    found = best(scores, subject, n_subjects=n_subjects, per_subject=per_subject)
    close = len(means) > n_subjects and np.isclose(sorted(means.values())[-n_subjects], sorted(means.values())[-n_subjects - 1])
    if not close:  # means that differ by rounding alone may stand in any order
        assert set(subject[found].tolist()) == set(people)
    for who in set(subject[found].tolist()):
        own = sorted(np.flatnonzero(subject == who), key=lambda place: (-scores[place], place))[:per_subject]
        assert [place for place in found if subject[place] == who] == own


def material(positive=None, outputs=None, truth=None, classes=("F", "M")):
    n = 40
    x = np.arange(n, dtype=np.float32)[:, None, None] * np.ones((1, 2, 8), np.float32)
    truth = (np.arange(n) // 5) % 2 if truth is None else truth  # eight subjects of five windows
    random = np.random.default_rng(0)
    outputs = random.standard_normal((n, len(classes))) if outputs is None else outputs
    pool = Pool(x, np.arange(n), truth, np.arange(n) // 5, outputs)
    background = Background(None, classes, pool, x, None, Wishes(positive=positive))
    return ExplainedWindows(x[:2], np.arange(2) % len(classes), len(classes), torch.device("cpu"), 8.0, background=background)


def test_windows_of_a_class_are_its_own_and_hold_what_their_rows_say():
    given_ = material()
    pool = given_.around.pool
    groups = best_samples(None, given_)(None)
    assert [group.label for group in groups] == ["F", "M"]
    for index, group in enumerate(groups):
        assert (pool.truth[group.rows] == index).all() and len(group.rows) == 20
        np.testing.assert_array_equal(group.x[:, 0, 0], group.rows)
        assert (group.subject == group.rows // 5).all()
        first = group.rows[:5]
        means = [pool.outputs[pool.subject == who, index].mean() for who in np.unique(pool.subject[pool.truth == index])]
        assert pool.outputs[first, index].mean() == pytest.approx(max(means))


def test_cells_are_those_of_the_confusion_table():
    given_ = material(positive=1)
    pool = given_.around.pool
    groups = {group.label: group for group in best_samples(None, given_)(None)}
    assert list(groups) == ["F", "M", "TP", "FN", "FP", "TN"]
    called = pool.outputs.argmax(axis=1)
    expected = {"TP": (1, 1), "FN": (1, 0), "FP": (0, 1), "TN": (0, 0)}
    for label, (true, said) in expected.items():
        assert set(groups[label].rows.tolist()) == set(np.flatnonzero((pool.truth == true) & (called == said)).tolist())
        assert not groups[label].is_class


def test_of_a_number_the_highest_and_the_lowest_predictions():
    outputs = np.arange(40.0)[::-1, None]
    highest, lowest = best_samples(None, material(outputs=outputs, truth=np.arange(40.0), classes=("age",)))(None)
    assert highest.rows[:5].tolist() == [0, 1, 2, 3, 4] and lowest.rows[:5].tolist() == [39, 38, 37, 36, 35]


def test_chance_takes_as_many_windows_of_the_same_class_and_others():
    given_ = material()
    select = best_samples(None, given_)
    by_chance = select(np.random.default_rng(0))
    for group, other in zip(select(None), by_chance, strict=True):
        assert len(group.rows) == len(other.rows) and group.label == other.label
        assert (given_.around.pool.truth[other.rows] == given_.around.pool.truth[group.rows[0]]).all()
    assert by_chance[0].rows.tolist() != select(None)[0].rows.tolist()


def test_a_constant_output_has_no_best():
    with pytest.raises(InputError, match="does not depend on its input"):
        best_samples(None, material(outputs=np.ones((40, 2))))
