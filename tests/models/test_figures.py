"""Figures of every registered network, held against what its layers are by definition, and against what gradients reach."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from eegcli import registry
from eegcli.models.checks import Case, cases
from eegcli.models.covwave import BandCovariances
from eegcli.models.ctnet import Attention
from eegcli.models.layers import layers_of

NETWORKS = [case for case in cases(registry.MODELS) if registry.MODELS[case.name].training]


def label(case: Case) -> str:
    return f"{case.name}-{case.representation}"


def products(module: nn.Module, given: torch.Tensor, made: torch.Tensor) -> int:
    """Multiply-adds of a layer from its definition, for one window."""
    if isinstance(module, (nn.Conv1d, nn.Conv2d)):
        return made[0].numel() * math.prod(module.kernel_size) * module.in_channels // module.groups
    if isinstance(module, nn.Linear):
        return made[0].numel() * module.in_features
    if isinstance(module, Attention):
        return 2 * given.shape[1] ** 2 * given.shape[2]  # every step with every step: scores, then the mean of the values
    if isinstance(module, BandCovariances):  # every channel with every channel, by the real and imaginary parts of each frequency of a band
        n_bands, n_freqs = module.response().shape
        logarithms = n_bands * given.shape[1] ** 3  # each put together from its eigenvectors
        return n_bands * given.shape[1] ** 2 * 2 * n_freqs + logarithms
    if isinstance(module, nn.LSTM):
        return given.shape[1] * 4 * module.hidden_size * (module.input_size + module.hidden_size)
    return 0


@pytest.mark.parametrize("case", NETWORKS, ids=label)
def test_multiply_adds_and_shapes_are_those_of_the_definitions(case):
    network, found = case.build().eval(), {}

    def note(name: str, module: nn.Module, given: tuple, made: object) -> None:
        first = made[0] if isinstance(made, tuple) else made
        found[name] = (products(module, given[0], first), tuple(first.shape))

    for name, module in network.named_modules():
        module.register_forward_hook(lambda module, given, made, name=name: note(name, module, given, made))
    with torch.no_grad():
        network(case.windows(1))
    rows = {row.name: row for row in layers_of(case.build(), tuple(case.shape.values())).rows}
    assert {name: (row.multiply_adds, row.output_shapes[0]) for name, row in rows.items()} == {name: found[name] for name in rows}
    assert sum(row.multiply_adds for row in rows.values()) == sum(one for one, _ in found.values())
    assert sum(row.n_parameters for row in rows.values()) == sum(weights.numel() for weights in network.parameters())


@pytest.mark.parametrize("case", [case for case in NETWORKS if isinstance(getattr(case.build(), "features", None), nn.Module)], ids=label)
def test_receptive_fields_are_what_gradients_of_the_features_reach(case):
    network = case.build().double().eval()
    for name, layer in list(network.features.named_children()):
        # The gradient of a maximum reaches one value of many; a mean over the same stretches reaches all. Rectifiers would lose some.
        if isinstance(layer, (nn.MaxPool1d, nn.MaxPool2d)):
            kind = nn.AvgPool1d if isinstance(layer, nn.MaxPool1d) else nn.AvgPool2d
            setattr(network.features, name, kind(layer.kernel_size, layer.stride))
        elif isinstance(layer, nn.ReLU):
            setattr(network.features, name, nn.Identity())
    made = []
    network.features.register_forward_hook(lambda _module, _given, output: made.append(output))
    x = case.windows(1).double().requires_grad_(True)
    network(x)
    (maps,) = made
    extents = np.zeros(len(case.shape), dtype=int)
    for place in np.unique(np.linspace(0, maps[0, 0].numel() - 1, 64).astype(int)):
        # One position of all maps: groups see other maps, but none another stretch.
        gradient = torch.autograd.grad(maps[0].reshape(len(maps[0]), -1)[:, place].sum(), x, retain_graph=True)[0][0]
        reached = np.argwhere(gradient.abs().numpy() > 0)
        if not len(reached):
            continue  # a place that sees nothing but padding
        extents = np.maximum(extents, reached.max(axis=0) - reached.min(axis=0) + 1)
    rows = layers_of(case.build(), tuple(case.shape.values())).rows
    last = [row for row in rows if row.name.startswith("features.")][-1]
    assert list(last.receptive_field) == extents.tolist()


@pytest.mark.parametrize("name", ["lstm", "cnn-lstm", "ctnet"])
def test_recurrent_layers_and_attention_see_the_whole_window(name):
    case = Case(name, "raw")
    rows = {row.kind: row for row in layers_of(case.build(), tuple(case.shape.values())).rows}
    assert rows["LSTM" if "lstm" in name else "Attention"].receptive_field == tuple(case.shape.values())
