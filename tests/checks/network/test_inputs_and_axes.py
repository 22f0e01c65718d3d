"""Inputs of a network: electrodes and samples that it leaves out, axes that are exchanged, rhythms that do not come through."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli.checks.network.axes import axis_order
from eegcli.checks.network.field import receptive_field, rhythms
from eegcli.checks.network.inputs import unused_inputs
from tests.kit.trials import N_CHANS, N_TIMES, Network, healthy, trial_of


def of(forward, *layers: nn.Module):
    """Network that is given its layers in a list, last of them a linear one."""
    return lambda: Network(lambda self, x: forward(self.layers, x / 10), layers=nn.ModuleList(layers))


def conv(n_in: int = N_CHANS, kernel: int = 31) -> nn.Conv1d:
    return nn.Conv1d(n_in, 8, kernel, padding=kernel // 2)


def after(layers, x):
    return layers[-1](torch.relu(layers[0](x)).mean(dim=2))


@pytest.mark.parametrize(
    ("make", "electrodes"),
    [
        (of(lambda layers, x: after(layers, x[:, ::2]), conv(N_CHANS // 2), nn.Linear(8, 2)), N_CHANS // 2),
        (of(lambda layers, x: after(layers, x[:, ::3]), conv(3), nn.Linear(8, 2)), N_CHANS - 3),
        (
            of(
                lambda layers, x: layers[1](
                    torch.relu(nn.functional.max_pool2d(layers[0](x[:, None]), (1, 2), (2, 2))).mean(dim=3).flatten(1)
                ),
                nn.Conv2d(1, 4, (1, 9)),
                nn.Linear(4 * N_CHANS // 2, 2),
            ),
            N_CHANS // 2,
        ),
    ],
)
def test_a_stride_over_electrodes_is_broken(make, electrodes):
    finding = unused_inputs(trial_of(make))
    assert finding.verdict == "broken"
    assert finding.compared["electrodes_unused"] == len(finding.found) == electrodes


def test_half_of_the_samples_unseen_is_broken_and_a_few_at_the_end_are_not():
    half = of(lambda layers, x: after(layers, x[:, :, : N_TIMES // 2 - 8]), conv(), nn.Linear(8, 2))
    assert unused_inputs(trial_of(half)).compared["samples_unused"] == N_TIMES // 2 + 8
    assert unused_inputs(trial_of(half)).verdict == "broken"
    few = of(lambda layers, x: after(layers, x[:, :, :-3]), conv(), nn.Linear(8, 2))
    assert unused_inputs(trial_of(few)).verdict == "ok"


@pytest.mark.parametrize(
    "make",
    [
        of(lambda layers, x: after(layers, x.reshape(len(x), N_TIMES, N_CHANS).transpose(1, 2)), conv(), nn.Linear(8, 2)),
        of(lambda layers, x: after(layers, x.reshape(len(x), 1, -1)), conv(1), nn.Linear(8, 2)),
        of(lambda layers, x: after(layers, x.transpose(1, 2)), conv(N_TIMES, 3), nn.Linear(8, 2)),
        of(lambda layers, x: layers[1](layers[0](x)[0][:, -1]), nn.LSTM(N_TIMES, 8, batch_first=True), nn.Linear(8, 2)),
        of(
            lambda layers, x: layers[1](torch.relu(layers[0](x[:, None])).mean(dim=(2, 3))),
            nn.Conv2d(1, 8, (5, 1), padding=(2, 0)),
            nn.Linear(8, 2),
        ),
    ],
)
def test_axes_that_are_exchanged_or_torn_are_broken(make):
    assert axis_order(trial_of(make)).verdict == "broken"


@pytest.mark.parametrize(
    "make",
    [
        healthy,
        of(
            lambda layers, x: layers[1](layers[0](x.transpose(1, 2))[0].mean(dim=1)), nn.LSTM(N_CHANS, 8, batch_first=True), nn.Linear(8, 2)
        ),
        of(lambda layers, x: layers[1](torch.relu(layers[0](x[:, None])).mean(dim=(2, 3))), nn.Conv2d(1, 8, (1, 31)), nn.Linear(8, 2)),
        of(lambda layers, x: layers[1](torch.relu(layers[0](x[:, None])).mean(dim=(2, 3))), nn.Conv2d(1, 8, (N_CHANS, 1)), nn.Linear(8, 2)),
        of(lambda layers, x: layers[1](torch.relu(layers[0](x[:, None])).mean(dim=(2, 3))), nn.Conv2d(1, 8, 3, padding=1), nn.Linear(8, 2)),
        of(lambda layers, x: layers[1](torch.relu(layers[0](x)).mean(dim=1)), nn.Linear(N_TIMES, 8), nn.Linear(8, 2)),
        of(lambda layers, x: layers[1](torch.relu(layers[0](x.flatten(1)))), nn.Linear(N_CHANS * N_TIMES, 8), nn.Linear(8, 2)),
        of(
            lambda layers, x: after(layers, (x - x.mean(dim=(1, 2), keepdim=True)) / x.std(dim=(1, 2), keepdim=True)),
            conv(),
            nn.Linear(8, 2),
        ),
    ],
)
def test_layers_that_slide_over_time_or_look_at_all_are_ok(make):
    assert axis_order(trial_of(make)).verdict == "ok"


@pytest.mark.parametrize(("kernel", "verdict"), [(3, "broken"), (5, "suspect"), (9, "ok")])
def test_filters_are_held_against_a_cycle_of_a_rhythm(kernel, verdict):
    dense = nn.Linear(8 * N_TIMES, 2)
    finding = receptive_field(trial_of(of(lambda layers, x: layers[1](torch.relu(layers[0](x)).flatten(1)), conv(kernel=kernel), dense)))
    assert (finding.verdict, finding.value) == (verdict, pytest.approx(1e3 * kernel / 128))


@pytest.mark.parametrize("pool", [64, 128])
def test_a_pool_that_averages_rhythms_away_is_found(pool):
    make = of(lambda layers, x: after(layers, nn.functional.avg_pool1d(x, pool)), conv(kernel=1), nn.Linear(8, 2))
    assert rhythms(trial_of(make)).verdict in ("suspect", "broken")
    assert rhythms(trial_of(of(after, conv(), nn.Linear(8, 2)))).verdict == "ok"


def test_a_mean_over_time_before_anything_else_is_broken():
    make = of(lambda layers, x: layers[1](torch.relu(layers[0](x.mean(dim=2)))), nn.Linear(N_CHANS, 8), nn.Linear(8, 2))
    assert rhythms(trial_of(make)).verdict == "broken"
