"""Passes held against each other: the gradient against differences of the loss, the same windows twice, values within bounds against those beyond."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.checks.network.axes import axis_order
from eegcli.checks.network.cut_off import cut_off_inputs
from eegcli.checks.network.differences import gradient_check
from eegcli.checks.network.randomness import random_forward
from tests.kit.trials import N_CHANS, Network, healthy, trial_of


class Wrong(torch.autograd.Function):
    """Identity, with a backward that is so many times what it should be."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return ctx.factor * gradient, None


def within(applied) -> Network:
    """Healthy, with something applied to the windows first."""
    return Network(lambda self, x: self.net(applied(self, x)), net=healthy())


@pytest.mark.parametrize(("factor", "verdict"), [(-1.0, "broken"), (-0.01, "broken"), (0.2, "suspect"), (5.0, "suspect"), (1.0, "ok")])
def test_a_backward_is_held_against_the_loss(factor, verdict):
    found = gradient_check(trial_of(lambda: healthy(lambda x: Wrong.apply(x, factor))))
    assert found.verdict == verdict
    # All weights stand before the wrong backward: the loss changes 1 / factor times as much as the gradient says.
    assert found.value == pytest.approx(1 / factor, rel=0.02)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_gradient_of_a_healthy_network_is_that_of_its_loss(dropout):
    assert gradient_check(trial_of(lambda: healthy(dropout=dropout))).value == pytest.approx(1, abs=0.01)


def test_weights_are_put_back(monkeypatch):
    made = []

    def kept():
        made.append(healthy())
        return made[-1]

    evidence = trial_of(kept)
    gradient_check(evidence)
    torch.manual_seed(0)
    for one, other in zip(made[-1].parameters(), healthy().parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_cannot_be_compared_is_not_judged():
    calls = iter(range(10_000))
    assert gradient_check(trial_of(lambda: healthy(lambda x: x * (1 + next(calls))))).verdict is None
    assert gradient_check(trial_of(lambda: healthy(lambda x: 0 * x))).verdict is None


@pytest.mark.parametrize(
    ("applied", "verdict"),
    [
        (lambda self, x: x + 300 * torch.randn_like(x) if self.training else x, "broken"),
        (lambda self, x: x + 300 * torch.from_numpy(np.random.randn(*x.shape)).float() if self.training else x, "broken"),  # noqa: NPY002
        (lambda self, x: x[:, torch.randperm(N_CHANS)] if self.training else x, "suspect"),
        (lambda self, x: x + 0.5 * torch.randn_like(x) if self.training else x, "ok"),
        (lambda self, x: x, "ok"),
    ],
)
def test_randomness_is_held_against_what_windows_differ_by(applied, verdict):
    found = random_forward(trial_of(lambda: within(applied)))
    assert found.verdict == verdict or (verdict == "suspect" and found.verdict == "broken"), found.value
    if verdict == "ok":
        assert found.value < 0.1


def test_dropout_is_no_such_randomness():
    assert random_forward(trial_of(lambda: healthy(dropout=0.9))).value == 0.0
    functional = random_forward(trial_of(lambda: within(lambda self, x: nn.functional.dropout(x, 0.5, self.training))))
    assert functional.verdict is None


@pytest.mark.parametrize(
    ("applied", "verdict", "bounds"),
    [
        (lambda self, x: x.clamp(-1, 1), "broken", (-1, 1)),
        (lambda self, x: x.clamp(0, 1), "broken", (0, 1)),
        (lambda self, x: nn.functional.hardtanh(x), "broken", (-1, 1)),
        (lambda self, x: nn.functional.relu(x - 5), "broken", (5, None)),
        (lambda self, x: nn.functional.relu(x), "suspect", (0, None)),
        (lambda self, x: x.clamp(-100, 100), "ok", ()),
        (lambda self, x: x.clamp(-1, 1) + x, "ok", ()),
        (
            lambda self, x: nn.functional.max_pool1d(x, 4).repeat_interleave(4, dim=2),
            "ok",
            (),
        ),  # most are not counted, but no bound tells which
    ],
)
def test_bounds_that_cut_off_most_of_the_window_are_found(applied, verdict, bounds):
    found = cut_off_inputs(trial_of(lambda: within(applied)))
    assert found.verdict == verdict, (found.value, found.compared)
    for name, bound in zip(("low", "high"), bounds, strict=False):
        assert bound is None or found.compared[name] == pytest.approx(bound, abs=0.05)


def test_a_clamp_is_no_order_of_axes():
    assert axis_order(trial_of(lambda: within(lambda self, x: x.clamp(-1, 1)))).verdict == "ok"


def test_a_spatial_filter_of_all_electrodes_is_no_exchange_of_axes():
    def forward(self: Network, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.second(self.first(x / 10)).square().mean(dim=2))

    layers = {"first": nn.Conv1d(N_CHANS, 4, 1), "second": nn.Conv1d(4, 8, 31), "output": nn.Linear(8, 2)}
    assert axis_order(trial_of(lambda: Network(forward, **layers))).verdict == "ok"
