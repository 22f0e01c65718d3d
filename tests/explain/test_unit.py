"""Units that inputs are made for."""

import numpy as np
import pytest
import torch
from torch import nn

from eegcli.errors import UsageError
from eegcli.explain.background import Background, Pool, Wishes
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.unit import named_layer, objectives

X = torch.randn(5, 3, 16, generator=torch.Generator().manual_seed(0))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential()
        self.features.conv = nn.Conv1d(3, 4, 5)
        self.features.relu = nn.ReLU()
        self.final_layer = nn.Linear(4, 2)

    def forward(self, x):
        return self.final_layer(self.features(x).mean(dim=2))


def material(**asked):
    x = X.numpy()
    pool = Pool(x, np.arange(5), np.zeros(5), np.arange(5), np.zeros((5, 2)))
    background = Background(None, ("F", "M"), pool, x, wishes=Wishes(**asked))
    return ExplainedWindows(x, np.zeros(5, int), 2, torch.device("cpu"), 16.0, background=background)


def test_without_a_layer_they_are_the_outputs():
    network = Network()
    with objectives(network, material()) as found:
        assert list(found) == ["F", "M"]
        torch.testing.assert_close(found["M"](X), network(X)[:, 1])


def test_a_channel_is_the_mean_of_its_map_and_a_neuron_one_value():
    network = Network()
    maps = network.features(X)
    with objectives(network, material(layer="features.relu", unit=2)) as found:
        torch.testing.assert_close(found["features.relu channel 2"](X), maps[:, 2].mean(dim=1))
    with objectives(network, material(layer="relu", unit=13, objective="neuron")) as found:
        torch.testing.assert_close(found["relu neuron 13"](X), maps.flatten(1)[:, 13])
    with objectives(network, material(layer="final_layer", unit=1)) as found:
        torch.testing.assert_close(found["final_layer channel 1"](X), network(X)[:, 1])
    assert not network.features.relu._forward_hooks


def test_what_is_not_there_is_named():
    network = Network()
    for asked, what in (
        ({"layer": "conv9"}, "--layer conv9: no layer of that name"),
        ({"layer": "features.conv", "unit": 4}, "--unit 4: features.conv has 4 channels"),
        ({"layer": "features.conv", "unit": 48, "objective": "neuron"}, "48 neurons"),
    ):
        with pytest.raises(UsageError, match=what), objectives(network, material(**asked)) as found:
            next(iter(found.values()))(X)
    with pytest.raises(UsageError) as refusal:
        named_layer(network, "conv9")
    assert "features.conv" in refusal.value.hint
