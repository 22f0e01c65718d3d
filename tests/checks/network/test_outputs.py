"""Outputs: activations before the loss, outputs that say nothing, windows that change each other."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from eegcli.checks.network.outputs import alone, constant_outputs, output_activation
from tests.kit.trials import Network, healthy, trial_of


@pytest.mark.parametrize(
    "applied",
    [
        lambda x: torch.softmax(x, dim=1),
        lambda x: torch.softmax(x, dim=1).squeeze(),
        torch.sigmoid,
        torch.tanh,
        torch.relu,
        nn.functional.relu6,
        lambda x: torch.relu(-torch.relu(x)),
    ],
)
def test_what_squashes_the_outputs_is_broken(applied):
    assert output_activation(trial_of(lambda: healthy(applied))).verdict == "broken"


@pytest.mark.parametrize("applied", [lambda x: x, lambda x: 2 * x, lambda x: x[:, [1, 0]], lambda x: x - x.mean(dim=1, keepdim=True)])
def test_outputs_as_a_linear_layer_gives_them_are_ok(applied):
    assert output_activation(trial_of(lambda: healthy(applied))).verdict == "ok"


def test_a_log_softmax_changes_nothing_and_is_no_fault():
    outputs, labels = torch.randn(20, 3, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
    twice = nn.functional.cross_entropy(torch.log_softmax(outputs, dim=1), labels)
    assert torch.allclose(twice, nn.functional.cross_entropy(outputs, labels))
    found = output_activation(trial_of(lambda: healthy(lambda x: torch.log_softmax(x, dim=1))))
    assert found.verdict == "ok" and "superfluous" in found.why


def test_the_smallest_loss_that_is_named_is_that_of_certain_outputs():
    certain = nn.functional.cross_entropy(torch.tensor([[1.0, 0.0]]), torch.tensor([0]))
    assert f"cannot fall below {float(certain):.2f}" in output_activation(trial_of(lambda: healthy(torch.sigmoid))).why
    certain = nn.functional.cross_entropy(torch.tensor([[1.0, -1.0]]), torch.tensor([0]))
    assert f"cannot fall below {float(certain):.2f}" in output_activation(trial_of(lambda: healthy(torch.tanh))).why
    assert math.isclose(float(certain), math.log1p(math.exp(-2)), rel_tol=1e-6)


@pytest.mark.parametrize("applied", [lambda x: 0 * x, lambda x: x * 0 + 3, lambda x: torch.log(-x.abs() - 1)])
def test_outputs_that_say_nothing_of_the_window_are_broken(applied):
    assert constant_outputs(trial_of(lambda: healthy(applied))).verdict == "broken"


def test_a_last_layer_that_begins_with_zeros_is_healthy():
    def make() -> Network:
        network = healthy()
        nn.init.zeros_(network.output.weight)
        return network

    assert constant_outputs(trial_of(make)).verdict == "ok"


@pytest.mark.parametrize(
    "applied", [lambda x: x - x.mean(dim=0), lambda x: x / x.abs().max(), lambda x: x.roll(1, 0), lambda x: torch.softmax(x, dim=0)]
)
def test_windows_that_change_each_other_are_broken(applied):
    assert alone(trial_of(lambda: healthy(applied))).verdict == "broken"


def test_batch_norm_and_dropout_leave_a_window_alone_in_evaluation():
    assert alone(trial_of()).verdict == "ok"
