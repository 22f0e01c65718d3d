"""Confounding: columns that tell are found, columns of nothing are called none as often as promised, by a regression written out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from eegcli.stats.confounding import RIDGE, Column, residual, tell
from eegcli.study.permutations import Permutations

N = 60


def told(values: np.ndarray, label: np.ndarray, *, n: int = 400, seed: int = 0, name: str = "column"):
    fold = np.arange(len(label)) % 6
    permutations = Permutations(np.arange(len(label)), np.zeros(len(label), dtype=np.int64), n, seed)
    return tell(Column(name, values), np.eye(int(label.max()) + 1)[label], fold, permutations, is_class=True)


def label_of(random: np.random.Generator) -> np.ndarray:
    return random.permutation(np.arange(N) % 2)


def test_scores_are_those_of_a_ridge_regression_out_of_fold():
    random = np.random.default_rng(1)
    label, fold = label_of(random), np.arange(N) % 6
    levels = np.array([("A", "B", "C", None)[index] for index in random.integers(0, 4, N)], dtype=object)
    found = told(levels, label, n=20)
    for number in range(6):
        train, test = fold != number, fold == number
        x = np.stack([levels == level for level in ("A", "B", "C", None)], axis=1).astype(float)
        scaler = StandardScaler().fit(x[train])
        model = Ridge(alpha=RIDGE).fit(scaler.transform(x[train]), np.eye(2)[label[train]])
        np.testing.assert_allclose(found.score[test], model.predict(scaler.transform(x[test])), atol=1e-10)


@pytest.mark.parametrize("shape", ["rising", "both ends", "level", "missing", "outliers"])
def test_a_column_that_tells_is_found_whatever_its_shape(shape):
    random = np.random.default_rng(2)
    label = label_of(random)
    values: np.ndarray = random.normal(size=N) + 1.5 * label
    if shape == "both ends":  # one class in the middle
        values = np.where(label == 1, random.normal(0, 0.3, N), random.choice([-2.0, 2.0], N) + random.normal(0, 0.5, N))
    elif shape == "level":
        values = np.array(["site A" if (one == 1) != (random.random() < 0.15) else "site B" for one in label], dtype=object)
    elif shape == "missing":  # who lacks a value tells
        values = np.where((label == 1) & (random.random(N) < 0.7), np.nan, random.normal(size=N))
    elif shape == "outliers":
        values = np.where(np.arange(N) < 3, 1e9, values)
    found = told(values, label)
    assert found.p < 0.01
    assert found.value > 0.7


def test_columns_of_nothing_are_called_none_as_often_as_promised():
    random = np.random.default_rng(3)
    p = []
    for cohort in range(300):
        label = label_of(random)
        values = random.normal(size=N) if cohort % 2 else np.array(["x", "y", "z"], dtype=object)[random.integers(0, 3, N)]
        p.append(told(values, label, n=99, seed=cohort).p)
    assert 0.025 < np.mean(np.array(p) <= 0.05) < 0.085


def test_the_statistic_is_made_anew_for_every_permutation():
    random = np.random.default_rng(4)
    label, values = label_of(random), random.normal(size=N)
    found = told(values, label, n=50)
    order = np.concatenate(list(Permutations(np.arange(N), np.zeros(N, dtype=np.int64), 50, 0)))
    fold = np.arange(N) % 6

    def statistic(labels: np.ndarray) -> float:
        total, column = 0.0, Column("c", values)
        for number in range(6):
            train, test = fold != number, fold == number
            x, y = column.features(train), np.eye(2)[labels]
            beta = np.linalg.solve(x[train].T @ x[train] + RIDGE * np.eye(x.shape[1]), x[train].T @ (y[train] - y[train].mean(axis=0)))
            total += float(np.sum((x[test] @ beta) * (y[test] - y[test].mean(axis=0))))
        return total

    null = np.array([statistic(label[row]) for row in order])
    assert found.p == pytest.approx((np.sum(null >= statistic(label) - 1e-9) + 1) / 51)


def test_what_cannot_tell_is_not_asked_and_says_why():
    names = np.array([f"sub-{one}" for one in range(N)], dtype=object)
    assert "names subjects" in Column("participant_id", names).why_not
    assert Column("constant", np.ones(N)).why_not == "the same everywhere"
    assert Column("empty", np.full(N, np.nan)).why_not == "empty"
    assert Column("none", np.full(N, None, dtype=object)).why_not == "empty"
    assert not Column("age", np.arange(N, dtype=float)).why_not


def test_what_a_column_explains_is_removed():
    random = np.random.default_rng(5)
    values = random.normal(size=N)
    rank = np.argsort(np.argsort(values)) / N
    score = np.stack([3 * rank + rank**2, random.normal(size=N)], axis=1)
    left = residual(score, Column("c", values))
    assert np.abs(left[:, 0]).max() < 1e-9
    assert np.corrcoef(left[:, 1], score[:, 1])[0, 1] > 0.9


@pytest.mark.exhaustive
def test_thousands_of_subjects_and_many_columns_are_asked_in_seconds():
    import time

    random = np.random.default_rng(6)
    label = np.arange(3000) % 2
    start = time.process_time()
    for _ in range(4):
        told(random.normal(size=3000), label, n=1000)
    assert time.process_time() - start < 12  # a tenth of 40 columns; generous, for machines are busy
