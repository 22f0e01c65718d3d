"""Layers: nothing between them, weights that begin badly, gradients that do not come back, units at rest, modes, sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli.checks.network.gradients import frozen, gradients
from eegcli.checks.network.initialisation import initialisation
from eegcli.checks.network.modes import batch_norm, dropout
from eegcli.checks.network.nonlinearity import nonlinearity
from eegcli.checks.network.scaling import input_scaling
from eegcli.checks.network.size import size
from eegcli.checks.network.units import units
from tests.kit.trials import N_CHANS, Network, healthy, trial_of, windows


def stack(between=None, depth: int = 3, norm: bool = False, scale: float = 0.1, bend=lambda x: x):
    """Convolutions one after the other, with a module between them."""

    def make() -> Network:
        layers: list[nn.Module] = [nn.Conv1d(N_CHANS, 8, 15, padding=7)]
        for _ in range(depth - 2):
            layers += [nn.BatchNorm1d(8)] * norm + ([] if between is None else [between()]) + [nn.Conv1d(8, 8, 7, padding=3)]
        layers += [] if between is None else [between()]
        return Network(
            lambda self, x: self.output(bend(self.layers(scale * x)).mean(dim=2)), layers=nn.Sequential(*layers), output=nn.Linear(8, 2)
        )

    return make


def changed(change, make=None):
    """A network that is changed after it was made."""

    def made() -> nn.Module:
        network = (make or stack(nn.ELU))()
        change(network)
        return network

    return made


@pytest.mark.parametrize("make", [stack(), stack(norm=True), stack(depth=6)])
def test_layers_with_nothing_between_them_are_broken(make):
    assert nonlinearity(trial_of(make)).verdict == "broken"


@pytest.mark.parametrize("make", [healthy, stack(nn.ReLU), stack(nn.Tanh), stack(bend=torch.square), stack(bend=torch.abs)])
def test_layers_with_something_between_them_are_ok(make):
    assert nonlinearity(trial_of(make)).verdict == "ok"


@pytest.mark.parametrize(
    "begun",
    [
        lambda weights: nn.init.zeros_(weights),
        lambda weights: nn.init.constant_(weights, 0.01),
        lambda weights: nn.init.normal_(weights, 0, 3),
        lambda weights: nn.init.normal_(weights, 0, 1e-5),
        lambda weights: nn.init.constant_(weights, torch.nan),
    ],
)
def test_weights_that_begin_alike_or_of_a_wrong_size_are_broken(begun):
    def change(network: nn.Module) -> None:
        for one in network.parameters():
            if one.dim() > 1:
                begun(one)

    assert initialisation(trial_of(changed(change))).verdict == "broken"


@pytest.mark.parametrize("draw", [nn.init.xavier_uniform_, nn.init.kaiming_normal_, nn.init.orthogonal_, lambda weights: weights])
def test_weights_as_people_draw_them_are_ok(draw):
    assert initialisation(trial_of(changed(lambda network: [draw(one) for one in network.parameters() if one.dim() > 1]))).verdict == "ok"


@pytest.mark.parametrize("cut", [lambda x: x.detach(), lambda x: x.data, lambda x: (x > 0).float(), lambda x: torch.sign(x)])
def test_layers_without_a_gradient_are_broken(cut):
    assert gradients(trial_of(stack(nn.ELU, bend=cut))).verdict == "broken"


def test_a_gradient_that_vanishes_is_broken_and_one_of_a_few_layers_is_not():
    assert gradients(trial_of(stack(nn.Sigmoid, depth=12))).verdict == "broken"
    assert gradients(trial_of(stack(nn.ReLU, depth=4))).verdict == "ok"
    assert gradients(trial_of()).verdict == "ok"


def test_a_layer_that_is_never_used_is_named():
    finding = gradients(trial_of(changed(lambda network: setattr(network, "spare", nn.Linear(8, 8)))))
    assert (finding.verdict, finding.found) == ("suspect", ("spare.weight",))


def test_weights_that_are_not_to_learn_are_named():
    finding = frozen(trial_of(changed(lambda network: network.layers.requires_grad_(False))))
    assert finding.verdict == "broken" and "layers.0.weight" in finding.found
    assert frozen(trial_of()).verdict == "ok"


def test_dead_and_saturated_units_are_broken():
    def low(network: nn.Module) -> None:
        for one in network.layers:
            if isinstance(one, nn.Conv1d):
                nn.init.constant_(one.bias, -100)

    assert units(trial_of(changed(low, stack(nn.ReLU)))).verdict == "broken"
    assert units(trial_of(stack(nn.Sigmoid, scale=1e3))).verdict == "broken"
    assert units(trial_of(stack(nn.ReLU))).verdict == units(trial_of(stack(nn.Tanh))).verdict == "ok"


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "ok"), (0.7, "suspect"), (0.95, "broken")])
def test_the_share_that_is_dropped_is_judged(share, verdict):
    finding = dropout(trial_of(lambda: healthy(dropout=share)))
    assert (finding.verdict, finding.value) == (verdict, pytest.approx(share))


@pytest.mark.parametrize(("momentum", "verdict"), [(0.1, "ok"), (0.01, "ok"), (1e-5, "broken"), (0.99, "suspect")])
def test_running_statistics_have_to_follow(momentum, verdict):
    def change(network: nn.Module) -> None:
        network.norm1.momentum = network.norm2.momentum = momentum

    assert batch_norm(trial_of(changed(change, healthy))).verdict == verdict


def test_batch_norm_that_stays_in_evaluation_mode_is_broken():
    class Frozen(nn.BatchNorm1d):
        def train(self, mode: bool = True) -> nn.Module:
            return super().train(False)

    assert batch_norm(trial_of(changed(lambda network: setattr(network, "norm1", Frozen(16)), healthy))).verdict == "broken"
    assert batch_norm(trial_of(healthy, batch_size=1)).verdict == "broken"


def test_weights_are_held_against_windows_and_bottlenecks_found():
    many = changed(lambda network: setattr(network, "output", nn.Linear(8, 2)), lambda: wide(600_000))
    assert size(trial_of(many)).verdict == "broken"
    assert size(trial_of(lambda: narrow(1))).verdict == "suspect"
    assert size(trial_of(lambda: narrow(8))).verdict == size(trial_of()).verdict == "ok"


def wide(n: int) -> Network:
    layers = {"hidden": nn.Linear(8, n), "back": nn.Linear(n, 8), "first": nn.Conv1d(N_CHANS, 8, 15), "output": nn.Linear(8, 2)}
    return Network(lambda self, x: self.output(self.back(torch.relu(self.hidden(self.first(x / 10).mean(dim=2))))), **layers)


def narrow(n: int) -> Network:
    layers = {"first": nn.Conv1d(N_CHANS, 8, 15), "hidden": nn.Linear(8, n), "output": nn.Linear(n, 2)}
    return Network(lambda self, x: self.output(torch.relu(self.hidden(self.first(x / 10).square().mean(dim=2)))), **layers)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_sizes_that_a_network_makes_itself_are_broken(scale):
    assert input_scaling(trial_of(stack(nn.ELU, scale=scale))).verdict == "broken"
    assert input_scaling(trial_of(stack(nn.ELU))).verdict == "ok"


def test_an_offset_is_broken_unless_the_network_takes_it_away():
    x = windows(96)[0] + 1000
    assert input_scaling(trial_of(stack(nn.ELU), x=x)).verdict == "broken"
    assert (
        input_scaling(trial_of(lambda: Network(lambda self, y: self.net(y - y.mean(dim=2, keepdim=True)), net=healthy()), x=x)).verdict
        == "ok"
    )
