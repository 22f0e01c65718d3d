"""Adamax on a CPU: block by block, with torch's bits."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from eegcli.engine import adamax
from eegcli.engine.adamax import BlockedAdamax


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("block", [1, 7, 64, 100_000])
def test_a_weight_that_is_updated_block_by_block_has_the_bits_and_the_state_of_torchs(monkeypatch, block, decay):
    monkeypatch.setattr(adamax, "BLOCK", block)
    ours, theirs = (nn.Sequential(nn.Conv2d(3, 5, (2, 3)), nn.Flatten(), nn.Linear(33, 17, bias=False)) for _ in range(2))
    ours.to(memory_format=torch.channels_last)
    theirs.load_state_dict(ours.state_dict())
    one, other = (kind(of.parameters(), lr=0.01, weight_decay=decay) for kind, of in ((BlockedAdamax, ours), (torch.optim.Adamax, theirs)))
    rng = torch.Generator().manual_seed(0)
    for number in range(30):
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            a.grad = torch.randn(a.shape, generator=rng) * 10.0 ** -(number % 12)
            b.grad = a.grad.clone()
        one.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 0.01 / (1 + number)
        one.step()
        other.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    mine, its = one.state_dict()["state"], other.state_dict()["state"]
    assert mine.keys() == its.keys()
    assert all(torch.equal(mine[index][name], value) for index, state in its.items() for name, value in state.items())


def test_a_weight_without_a_gradient_stays_as_it_is():
    weights = nn.Parameter(torch.ones(3))
    BlockedAdamax([weights]).step()
    assert weights.tolist() == [1, 1, 1]
