"""Settings of a training: steps, batches, order, patience, warm-up, and what regularises; both ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eegcli.checks.training.augmentation import augmentation
from eegcli.checks.training.regularisation import class_weights, gradient_clipping, label_smoothing, momentum, weight_decay
from eegcli.checks.training.steps import batch_size, number_of_steps, order_of_windows, patience, warm_up
from eegcli.checks.training.target import kind_of_target
from tests.kit.trials import trial_of

# 96 windows by 16: 6 steps an epoch, 300 of 50 epochs.
SGD = {"optimizer": "sgd", "lr": 0.01}


@pytest.mark.parametrize(
    ("check", "hyper", "verdict"),
    [
        (number_of_steps, {}, "ok"),
        (number_of_steps, {"epochs": 1}, "broken"),
        (number_of_steps, {"epochs": 10}, "suspect"),
        (number_of_steps, {"epochs": 500, "batch_size": 96}, "ok"),
        (number_of_steps, {"epochs": 30, "batch_size": 96}, "broken"),
        (batch_size, {}, "ok"),
        (batch_size, {"batch_size": 1}, "broken"),
        (batch_size, {"batch_size": 3}, "suspect"),
        (batch_size, {"batch_size": 500}, "broken"),
        (batch_size, {"batch_size": 500, "epochs": 5000}, "suspect"),
        (order_of_windows, {}, "ok"),
        (order_of_windows, {"shuffle_buffer": 8192}, "ok"),
        (order_of_windows, {"shuffle_buffer": 16}, "broken"),
        (patience, {}, "ok"),
        (patience, {"patience": 10}, "ok"),
        (patience, {"patience": 1}, "broken"),
        (warm_up, {"warmup": "3"}, "ok"),
        (warm_up, {"warmup": "45"}, "broken"),
        (warm_up, {"warmup": "290steps"}, "broken"),
        (label_smoothing, {"label_smoothing": 0.1}, "ok"),
        (label_smoothing, {"label_smoothing": 0.9}, "broken"),
        (momentum, {**SGD, "momentum": 0.9}, "ok"),
        (momentum, {**SGD, "momentum": 0.999}, "broken"),
        (weight_decay, {}, "ok"),
        (weight_decay, {"weight_decay": 0.001}, "ok"),
        (weight_decay, {"weight_decay": 100.0}, "broken"),
        (weight_decay, {"optimizer": "adamw", "weight_decay": 0.01}, "ok"),
        (weight_decay, {"optimizer": "adamw", "weight_decay": 1000.0}, "broken"),
        (gradient_clipping, {}, "ok"),
        (gradient_clipping, {"clip_norm": 1.0}, "ok"),
        (gradient_clipping, {**SGD, "clip_norm": 1e-5}, "broken"),
        (gradient_clipping, {"clip_norm": 1e-3}, "ok"),  # steps of adam have their length whatever that of the gradient
        (gradient_clipping, {"clip_norm": 1e-9}, "broken"),
        (augmentation, {}, "ok"),
        (augmentation, {"augment": ("noise:sd=0.2,p=0.5",)}, "ok"),
        (augmentation, {"augment": ("sign-flip",)}, "ok"),
        (augmentation, {"augment": ("noise:sd=50,p=1",)}, "broken"),
    ],
)
def test_settings_are_judged(check, hyper, verdict):
    finding = check(trial_of(**hyper))
    assert finding.verdict == verdict, finding.why
    assert finding.verdict == "ok" or finding.hint


def test_gradients_of_adam_keep_their_step_whatever_they_are_shortened_to():
    def step(scale: float) -> float:
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.Adam([weight], lr=0.001)
        weight.grad = torch.full((1,), scale)
        optimizer.step()
        return float(-weight.detach())

    assert step(1e-5) == pytest.approx(step(1.0), rel=1e-2)
    assert step(1e-10) < 0.05 * step(1.0)  # below torch's epsilon


def test_a_rare_class_has_to_count_more():
    labels = np.where(np.arange(96) < 93, 0.0, 1.0)
    assert class_weights(trial_of(labels=labels)).verdict == "broken"
    assert class_weights(trial_of(labels=labels, weights=torch.tensor([0.5, 16.0]))).verdict == "ok"
    assert class_weights(trial_of()).verdict == "ok"


def test_two_numbers_are_classes_and_many_are_a_number():
    assert kind_of_target(trial_of(is_class=False)).verdict == "broken"
    assert kind_of_target(trial_of(is_class=False, labels=np.arange(96.0))).verdict == "ok"
    assert kind_of_target(trial_of()).verdict == "ok"
