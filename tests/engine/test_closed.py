"""Closed forms: the validation set chooses the penalty."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eegcli.compute.signals import Stop
from eegcli.engine import closed
from eegcli.engine.feed import Examples
from eegcli.engine.loop import Context
from eegcli.engine.objective import Objective
from eegcli.errors import InputError
from eegcli.models import build
from eegcli.models.head import SOFTMAX
from eegcli.reporter import Silent

SFREQ, N_TIMES = 64.0, 64


def examples(n: int, seed: int, *, effect: float) -> Examples:
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 2, n).astype(float)
    time = np.arange(N_TIMES) / SFREQ
    x = 5 * rng.standard_normal((n, 3, N_TIMES)) + effect * answers[:, None, None] * np.sin(2 * np.pi * 10 * time)
    return Examples(x.astype(np.float32), np.arange(n), answers)


def context(tmp_path) -> Context:
    return Context(torch.device("cpu"), 1, tmp_path, Stop(), Silent())


def test_a_rhythm_is_found_and_the_best_penalty_is_the_one_kept(tmp_path):
    model = build("logistic", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
    train, validation = examples(200, 0, effect=4.0), examples(100, 1, effect=4.0)
    fitted = closed.fit(model, train, validation, Objective(SOFTMAX), context=context(tmp_path))
    assert [row["penalty"] for row in fitted.history] == list(model.penalties)
    scores = [row["validation_balanced_accuracy"] for row in fitted.history]
    kept = fitted.history[fitted.kept_epoch - 1]
    assert kept["validation_balanced_accuracy"] == max(scores) > 0.8
    assert kept["validation_loss"] == min(
        row["validation_loss"] for row in fitted.history if row["validation_balanced_accuracy"] == max(scores)
    )
    right = model(torch.from_numpy(validation.x)).argmax(1).numpy() == validation.labels
    balanced = np.mean([right[validation.labels == k].mean() for k in (0, 1)])
    assert balanced == pytest.approx(max(scores))


def test_class_weights_change_the_fit(tmp_path):
    outputs = []
    for weights in (None, torch.tensor([10.0, 0.1])):
        model = build("logistic", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
        closed.fit(model, examples(80, 0, effect=0.5), examples(40, 1, effect=0.5), Objective(SOFTMAX, weights), context=context(tmp_path))
        outputs.append(model(torch.zeros(1, 3, N_TIMES)))
    assert not torch.allclose(*outputs)


def test_windows_that_are_not_finite_are_named(tmp_path):
    train = examples(40, 0, effect=1.0)
    train.x[11, 1, 3] = np.inf
    with pytest.raises(InputError, match="window 11 holds"):
        closed.fit(
            build("logistic", n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ),
            train,
            train,
            Objective(SOFTMAX),
            context=context(tmp_path),
        )
