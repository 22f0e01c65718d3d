"""Moving average of the weights: against one that is computed step by step, and as what is looked at and kept."""

from __future__ import annotations

import copy

import torch
from torch import nn

from eegcli.engine.average import Average
from eegcli.engine.inference import output_batches

CPU = torch.device("cpu")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(24, 2))


def steps(model: nn.Module, average: Average, n: int):
    """Train for `n` steps; gives the state after each."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(n):
        model.train()
        optimizer.zero_grad()
        model(torch.randn(5, 2, 8)).square().mean().backward()
        optimizer.step()
        average.follow()
        yield {name: value.clone() for name, value in model.state_dict().items()}


def test_the_average_is_that_of_the_recursion_with_its_warm_up_and_running_statistics_are_averaged_too():
    model = network()
    expected = {name: value.double() for name, value in model.state_dict().items()}
    average = Average(model, 0.7)
    for n, state in enumerate(steps(model, average, 30), start=1):
        decay = min(0.7, (1 + n) / (10 + n))
        expected = {name: decay * old + (1 - decay) * state[name].double() for name, old in expected.items()}
    for name, value in average.weights.items():
        if name.endswith("num_batches_tracked"):
            assert value == 30
        else:
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-6)


def test_looked_at_it_is_the_network_with_the_averaged_weights_and_changes_nothing_of_it():
    model = network()
    average = Average(model, 0.9)
    for _ in steps(model, average, 5):
        pass
    before = copy.deepcopy(model.state_dict())
    x = torch.randn(7, 2, 8)
    [found] = output_batches(average, x.numpy(), torch.arange(7).numpy(), CPU)
    twin = network().eval()
    twin.load_state_dict(average.weights)
    torch.testing.assert_close(torch.from_numpy(found).float(), twin(x).detach())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not torch.equal(model.eval()(x), twin(x))
