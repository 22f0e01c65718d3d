"""Closed forms: subjects of the training set choose the penalty, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eegcli.compute.signals import Stop
from eegcli.engine import closed
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples
from eegcli.engine.objective import Objective
from eegcli.errors import InputError
from eegcli.models import build
from eegcli.models.head import SOFTMAX
from eegcli.reporter import Silent
from tests.kit.reporters import CapturingReporter

SFREQ, N_TIMES = 64.0, 64


def examples(n: int, seed: int, *, effect: float) -> Examples:
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 2, n).astype(float)
    time = np.arange(N_TIMES) / SFREQ
    x = 5 * rng.standard_normal((n, 3, N_TIMES)) + effect * answers[:, None, None] * np.sin(2 * np.pi * 10 * time)
    return Examples(x.astype(np.float32), np.arange(n), answers)


def context(tmp_path) -> Context:
    return Context(torch.device("cpu"), 1, tmp_path, Stop(), Silent())


def subjects(n: int) -> np.ndarray:
    return np.arange(n) // 10


def logistic():
    return build("logistic", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)


def test_a_rhythm_is_found(tmp_path):
    model = logistic()
    train, validation = examples(200, 0, effect=4.0), examples(100, 1, effect=4.0)
    fitted = closed.fit(model, train, validation, Objective(SOFTMAX), subjects=subjects(200), context=context(tmp_path))
    [row] = fitted.history
    assert fitted.kept_epoch == row["epoch"] == 1
    right = model(torch.from_numpy(validation.x)).argmax(1).numpy() == validation.labels
    balanced = np.mean([right[validation.labels == k].mean() for k in (0, 1)])
    assert row["validation_balanced_accuracy"] == pytest.approx(balanced)
    assert balanced > 0.8


def test_the_penalty_has_the_smallest_loss_on_subjects_that_were_left_out(tmp_path):
    train, validation = examples(60, 3, effect=1.5), examples(40, 1, effect=1.5)
    of = subjects(60)
    model = logistic()
    [row] = closed.fit(model, train, validation, Objective(SOFTMAX), subjects=of, context=context(tmp_path)).history
    with torch.no_grad():
        features = model.features(torch.from_numpy(train.x)).numpy().astype(np.float64)
    folds = closed.inner_folds(train.labels, of)
    losses = []
    for penalty in model.penalties:
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty, max_iter=1000))
        probabilities = cross_val_predict(pipeline, features, train.labels, groups=folds, cv=LeaveOneGroupOut(), method="predict_proba")
        losses.append(log_loss(train.labels, probabilities))
    assert row["penalty"] == model.penalties[int(np.argmin(losses))]
    assert len(set(np.round(losses, 3))) > 3  # the choice is not that of any penalty


def test_the_validation_windows_have_no_influence_on_what_is_fitted(tmp_path):
    train, validation = examples(60, 3, effect=1.5), examples(40, 1, effect=1.5)
    others = Examples(validation.x[::-1].copy(), validation.rows, 1 - validation.labels)
    weights = []
    for looked_at in (validation, others):
        model = logistic()
        closed.fit(model, train, looked_at, Objective(SOFTMAX), subjects=subjects(60), context=context(tmp_path))
        weights.append(model.state_dict())
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_a_subject_is_in_one_inner_fold_and_each_fold_has_every_class():
    of = np.repeat(np.arange(13), 7)
    labels = (of % 3 == 0).astype(float)  # 5 subjects of one class, 8 of the other
    folds = closed.inner_folds(labels, of)
    assert set(folds) == set(range(5))
    assert all(len(set(folds[of == subject])) == 1 for subject in range(13))
    assert all(set(labels[folds == fold]) == {0.0, 1.0} for fold in range(5))
    assert np.bincount([folds[of == subject][0] for subject in range(13)]).tolist() == [3, 3, 3, 2, 2]


def test_two_subjects_are_two_folds_and_one_chooses_nothing(tmp_path):
    train, reporter = examples(40, 0, effect=2.0), CapturingReporter()
    assert set(closed.inner_folds(train.labels, np.arange(40) // 20)) == {0, 1}
    here = replace(context(tmp_path), reporter=reporter)
    [row] = closed.fit(logistic(), train, train, Objective(SOFTMAX), subjects=np.zeros(40, int), context=here).history
    assert row["penalty"] == logistic().penalties[3]
    assert any("too few training subjects to choose a penalty" in message for message in reporter.warnings)


def test_parts_have_penalties_of_their_own(tmp_path):
    model = build("tangent-space-band-power", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
    train = examples(60, 3, effect=1.5)
    [row] = closed.fit(model, train, train, Objective(SOFTMAX), subjects=subjects(60), context=context(tmp_path)).history
    for name, arch in (("tangent_space", "filter-bank-tangent-space"), ("band_power", "logistic")):
        alone = build(arch, n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
        [own] = closed.fit(alone, train, train, Objective(SOFTMAX), subjects=subjects(60), context=context(tmp_path)).history
        assert row[f"penalty_{name}"] == own["penalty"]
        assert all(torch.equal(value, getattr(model, name).state_dict()[key]) for key, value in alone.state_dict().items())


def test_bands_that_the_windows_do_not_hold_are_said(tmp_path):
    reporter = CapturingReporter()
    model = build("filter-bank-tangent-space", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=32.0)
    train = examples(60, 3, effect=1.5)
    here = replace(context(tmp_path), reporter=reporter)
    closed.fit(model, train, train, Objective(SOFTMAX), subjects=subjects(60), context=here)
    assert any("bands 18-25 Hz are left out" in message for message in reporter.warnings)


def test_class_weights_change_the_fit(tmp_path):
    outputs = []
    for weights in (None, torch.tensor([10.0, 0.1])):
        model = logistic()
        train, validation = examples(80, 0, effect=0.5), examples(40, 1, effect=0.5)
        closed.fit(model, train, validation, Objective(SOFTMAX, weights), subjects=subjects(80), context=context(tmp_path))
        outputs.append(model(torch.zeros(1, 3, N_TIMES)))
    assert not torch.allclose(*outputs)


def test_windows_that_are_not_finite_are_named(tmp_path):
    train = examples(40, 0, effect=1.0)
    train.x[11, 1, 3] = np.inf
    with pytest.raises(InputError, match="window 11 holds"):
        closed.fit(logistic(), train, train, Objective(SOFTMAX), subjects=subjects(40), context=context(tmp_path))
