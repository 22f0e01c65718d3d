"""Linear probes: scikit-learn's models, fitted to other subjects alone, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from eegcli.stats import probe as module
from eegcli.stats.probe import FOLDS, probe, why_not


def cohort(n_subjects=30, n_features=60, effect=3.0, seed=0):
    random = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n_subjects), 2)
    values = (subject % 2).astype(float)
    vectors = random.standard_normal((len(subject), n_features)) + np.repeat(random.standard_normal((n_subjects, n_features)), 2, axis=0)
    vectors[:, 0] += effect * values
    return vectors.astype(np.float32), values, subject


def scaled(vectors, learnt):
    x = vectors.astype(np.float64)
    return (x - x[learnt].mean(axis=0)) / np.sqrt(x[learnt].var(axis=0).mean())


@pytest.mark.parametrize("n_features", [5, 200])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_each_fold_is_told_by_the_model_of_scikit_learn_on_all_other_subjects(monkeypatch, n_features, kind):
    monkeypatch.setattr(module, "PENALTIES", (10.0,))
    vectors, values, subject = cohort(n_features=n_features)
    n_classes = 2 if kind == "classes" else 0
    if not n_classes:
        values = vectors[:, 0] + 0.1 * subject
    told = subject >= 6
    found = probe(vectors, values, subject, told, n_classes, seed=0)
    assert found.rows.tolist() == np.flatnonzero(told).tolist() and len(set(found.fold.tolist())) == FOLDS
    for number in range(FOLDS):
        now = found.rows[found.fold == number]
        learnt = ~np.isin(subject, subject[now])
        x = scaled(vectors, learnt)
        if n_classes:
            model = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(x[learnt], values[learnt])
            expected = model.predict_proba(x[now])
        else:
            expected = Ridge(alpha=10.0).fit(x[learnt], values[learnt]).predict(x[now])[:, None]
            assert found.baseline[found.fold == number] == pytest.approx(values[learnt].mean())
        np.testing.assert_allclose(found.outputs[found.fold == number], expected, atol=2e-4)


def test_no_subject_is_told_by_a_model_that_saw_it():
    # The label is random, but a subject's two rows are the same: who is fitted to one knows the other.
    random = np.random.default_rng(1)
    subject = np.repeat(np.arange(60), 2)
    vectors = np.repeat(random.standard_normal((60, 100)), 2, axis=0).astype(np.float32)
    values = np.repeat(random.permutation(np.arange(60) % 2), 2).astype(float)
    found = probe(vectors, values, subject, np.ones(120, dtype=bool), 2, seed=0)
    assert 0.3 < (found.outputs.argmax(axis=1) == values).mean() < 0.7


def test_what_is_there_is_found_and_the_same_seed_gives_the_same():
    vectors, values, subject = cohort(n_subjects=60, effect=5.0)
    one, two = (probe(vectors, values, subject, np.ones(len(values), dtype=bool), 2, seed=3) for _ in range(2))
    assert (one.outputs.argmax(axis=1) == values).mean() > 0.75
    np.testing.assert_array_equal(one.outputs, two.outputs)


def test_a_class_that_nobody_else_has_is_told_wrong_and_not_left_out():
    vectors, values, subject = cohort(n_subjects=12)
    values = values.copy()
    values[subject == 11] = 2.0
    found = probe(vectors, values, subject, np.ones(len(values), dtype=bool), 3, seed=0)
    assert (found.outputs[values == 2.0, 2] == 0).all() and len(found.rows) == 24
    np.testing.assert_allclose(found.outputs.sum(axis=1), 1.0)


def test_what_cannot_be_probed_is_said():
    subject = np.arange(8)
    everybody = np.ones(8, dtype=bool)
    assert why_not(np.zeros(4), np.arange(4), np.ones(4, dtype=bool), 1) == "4 test subjects of one network, too few (at least 5)"
    assert why_not(np.array([0, 0, 0, 0, 0, 0, 0, 1.0]), subject, everybody, 2) == "fewer than two classes have two subjects"
    assert why_not(np.full(8, 3.0), subject, everybody, 0) == "all have the same value"
    assert why_not(np.arange(8.0), subject, everybody, 0) is None
