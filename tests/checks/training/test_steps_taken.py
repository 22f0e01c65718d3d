"""Checks that take steps: the learning rate, sixteen windows by heart, the course of the loss, evaluation against training."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli.checks.training import course
from eegcli.checks.training.course import evaluation_against_training, short_run
from eegcli.checks.training.memorising import memorising
from eegcli.checks.training.rates import learning_rate, updates_against_weights
from tests.kit.trials import N_CHANS, Network, healthy, trial_of


def plain() -> Network:
    """One convolution and the mean over time, without norms."""
    layers = {"first": nn.Conv1d(N_CHANS, 16, 31, padding=15), "output": nn.Linear(16, 2)}
    return Network(lambda self, x: self.output(torch.relu(self.first(x / 10)).mean(dim=2)), **layers)


def dropping() -> Network:
    """The same with half of the features left out by chance, another half in each step: its loss goes up and down by that alone."""
    layers = {"first": nn.Conv1d(N_CHANS, 16, 31, padding=15), "output": nn.Linear(16, 2), "dropout": nn.Dropout(0.5)}
    return Network(lambda self, x: self.output(3 * self.dropout(torch.relu(self.first(x / 10)).mean(dim=2))), **layers)


@pytest.mark.parametrize(
    ("make", "hyper", "verdict"),
    [
        (dropping, {"optimizer": "sgd", "lr": 1e-9}, "broken"),
        (dropping, {}, "ok"),
        (healthy, {}, "ok"),
        (plain, {}, "ok"),
        (healthy, {"lr": 3.0}, "broken"),
        (plain, {"lr": 3.0}, "broken"),
        (plain, {"optimizer": "sgd", "lr": 100.0}, "broken"),
        (plain, {"optimizer": "sgd", "lr": 0.01}, "ok"),
        (healthy, {"lr": 1e-8}, "broken"),
        (plain, {"optimizer": "sgd", "lr": 1e-9}, "broken"),
    ],
)
def test_a_rate_is_held_against_those_at_which_the_loss_falls(make, hyper, verdict):
    finding = learning_rate(trial_of(make, **hyper))
    assert finding.verdict == verdict, finding.compared
    if verdict == "broken":
        assert (finding.change["lr"] < hyper["lr"]) == (hyper["lr"] > 0.1)


def test_steps_are_held_against_the_weights():
    assert updates_against_weights(trial_of(plain)).verdict == "ok"
    assert updates_against_weights(trial_of(plain, lr=3.0)).verdict == "broken"
    assert updates_against_weights(trial_of(plain, optimizer="sgd", lr=1e-12)).verdict == "broken"


def test_a_last_layer_that_begins_with_zeros_is_no_standstill():
    def make() -> Network:
        network = plain()
        nn.init.zeros_(network.output.weight)
        return network

    assert updates_against_weights(trial_of(make)).verdict != "broken"


def test_the_change_of_the_weights_is_that_of_a_step_of_adam():
    # The first step of Adam changes each weight by the rate, whatever its gradient.
    torch.manual_seed(0)
    layers = [one for one in plain().parameters() if one.dim() > 1]
    expected = sorted(0.001 / float(one.detach().square().mean().sqrt()) for one in layers)
    assert updates_against_weights(trial_of(plain)).value == pytest.approx(sum(expected) / 2, rel=0.02)


def test_what_cannot_learn_sixteen_windows_is_not_ok(monkeypatch):
    assert memorising(trial_of(healthy, lr=0.003)).verdict == "ok"
    constant = memorising(trial_of(lambda: healthy(lambda x: 0 * x)))
    assert constant.verdict == "broken" and constant.value == pytest.approx(1, abs=0.01)


def test_a_loss_that_diverges_is_broken_and_one_that_falls_is_ok(monkeypatch):
    monkeypatch.setattr(course, "STEPS", 40)
    assert short_run(trial_of(plain)).verdict == "ok"
    assert short_run(trial_of(plain, lr=30.0)).verdict == "broken"


def test_a_network_that_is_another_one_in_evaluation_is_found(monkeypatch):
    monkeypatch.setattr(course, "STEPS", 40)

    def other(self: Network, x: torch.Tensor) -> torch.Tensor:
        return self.net(x if self.training else 1000 * x.flip(2).abs())

    assert evaluation_against_training(trial_of(lambda: Network(other, net=plain()))).verdict == "broken"
    assert evaluation_against_training(trial_of(healthy)).verdict == "ok"


def test_without_time_nothing_is_judged():
    for check in (learning_rate, updates_against_weights, memorising, short_run, evaluation_against_training):
        assert check(trial_of(seconds=0.0)).verdict is None
