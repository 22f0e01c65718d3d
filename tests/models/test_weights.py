"""Fresh weights: from a seed, without torch's generator."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli import models
from eegcli.models.weights import reinitialise


def network() -> nn.Module:
    torch.manual_seed(0)
    return models.build("vgg", n_chans=8, n_times=64, n_outputs=2, sfreq=64.0).eval()


def test_new_weights_come_from_the_seed_and_leave_torch_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = network(), network(), network()
    torch.manual_seed(5)
    reinitialise(first, 1)
    reinitialise(second, 1)
    reinitialise(other, 2)
    assert torch.equal(torch.rand(1), expected)
    for old, a, b, c in zip(network().parameters(), first.parameters(), second.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, old)
        assert not torch.equal(a, c)


def test_weights_of_a_layer_that_cannot_draw_keep_their_mean_and_spread():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.Parameter(3 + 2 * torch.randn(20_000))

    module = Own()
    before = module.weights.detach().clone()
    reinitialise(module, 0)
    assert not torch.equal(before, module.weights)
    assert module.weights.mean().item() == pytest.approx(3, abs=0.1)
    assert module.weights.std().item() == pytest.approx(2, abs=0.1)
