"""Weights that one network takes over from another: along channels by name, so that its outputs are those of the other one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli import models
from eegcli.models.carry import axis_of_channels, carry, layers_of_outputs
from eegcli.registry import MODELS

N_CHANS, N_TIMES = 20, 512
BY_NAME = {
    "eegnet",
    "eegnet-lab",
    "deepconvnet",
    "shallow",
    "ctnet",
    "lstm",
    "cnn-lstm",
}  # covwave from 25 channels on: below, a layer takes products of channels
RAW = [name for name, entry in MODELS.items() if entry.training is not None and entry.path and name not in ("conv1d-ecg", "lasagne-cnn")]


def network(name: str, n_chans: int = N_CHANS, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.build(name, n_chans=n_chans, n_times=N_TIMES, n_outputs=2, sfreq=128.0).eval()


@pytest.mark.parametrize("name", RAW)
def test_of_every_network_it_is_known_whether_channels_have_weights_of_their_own(name):
    assert (axis_of_channels(lambda n: network(name, n), N_CHANS) is not None) == (name in BY_NAME)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_with_channels_in_another_order_the_outputs_are_the_same(name):
    theirs, order = [f"E{place}" for place in range(N_CHANS)], torch.randperm(N_CHANS, generator=torch.Generator().manual_seed(3)).tolist()
    ours = [theirs[place] for place in order]
    trained, begun = network(name), network(name, seed=1)
    axis = axis_of_channels(lambda n: network(name, n), N_CHANS)
    carry(begun, trained.state_dict(), channel_axis=axis, ours=ours, theirs=theirs)
    x = 10 * torch.randn(4, N_CHANS, N_TIMES, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(begun(x[:, order]), trained(x), rtol=1e-3, atol=1e-4)
        assert not torch.allclose(begun(x), trained(x), rtol=1e-2, atol=1e-3), "else the order means nothing here"


def test_a_channel_that_is_not_there_keeps_its_own_weights():
    trained, begun = network("shallow"), network("shallow", 21, seed=1)
    before = {name: value.clone() for name, value in begun.state_dict().items()}
    axis, names = axis_of_channels(lambda n: network("shallow", n), 21), [f"E{place}" for place in range(N_CHANS)]
    carry(begun, trained.state_dict(), channel_axis=axis, ours=["new", *names], theirs=names[::-1])
    [name] = axis
    weights = begun.state_dict()[name].movedim(axis[name], 0)
    assert torch.equal(weights[0], before[name].movedim(axis[name], 0)[0])
    assert torch.equal(weights[1:], trained.state_dict()[name].movedim(axis[name], 0).flip(0))


def test_the_layer_of_the_outputs_is_found_whatever_it_is_called():
    class Net(nn.Module):
        def __init__(self, n_outputs: int) -> None:
            super().__init__()
            self.filters, self.answer = nn.Conv1d(2, 3, 5), nn.Linear(3, n_outputs)

    assert layers_of_outputs(Net, 2) == {"answer.weight", "answer.bias"}
