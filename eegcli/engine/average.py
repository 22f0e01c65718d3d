"""Moving average of a network's weights: what is looked at and kept in place of the weights themselves (``--ema``)."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.optim.swa_utils import get_ema_multi_avg_fn

WARM_UP = 10  # updates; as TensorFlow has it
Weights = dict[str, torch.Tensor]


class Average(nn.Module):
    """Exponential moving average of a network's weights; called, it is the network with these weights. A part of a checkpoint.

    Parameters
    ----------
    model : nn.Module
        On its device. Its own weights are only read.
    decay : float
        What remains of the average after an update, at most.

    Notes
    -----
    Polyak & Juditsky 1992 (doi:10.1137/0330046) for averages of iterates. Running statistics of batch norm are averaged like the weights
    (as by `torch.optim.swa_utils.AveragedModel` with ``use_buffers=True``): those of the weights themselves would lag behind them, and a
    pass over the training windows would have to follow each look. Counters are copied. After n updates the decay is at most
    (1 + n) / (`WARM_UP` + n), as in TensorFlow's `ExponentialMovingAverage`, so that the initial weights do not outlive a short training.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        self.model, self.decay, self.n_updates = model, decay, 0
        self.weights: Weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs of the averaged network for windows."""
        outputs: torch.Tensor = functional_call(self.model, self.weights, x)
        return outputs

    def network(self) -> nn.Module:
        """A copy of the network with the averaged weights, for whoever asks it for more than its outputs."""
        network = copy.deepcopy(self.model)
        network.load_state_dict(self.weights)
        return network

    @torch.no_grad()
    def follow(self) -> None:
        """Take the weights after an update into the average."""
        self.n_updates += 1
        decay = min(self.decay, (1 + self.n_updates) / (WARM_UP + self.n_updates))
        now = self.model.state_dict()
        numbers = [name for name, value in now.items() if value.is_floating_point()]
        # All weights at once, in one kernel where the device can.
        follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        follow([self.weights[name] for name in numbers], [now[name] for name in numbers], self.n_updates)
        for name in now.keys() - set(numbers):
            self.weights[name].copy_(now[name])

    def tensors(self) -> Weights:
        """The average, by name."""
        return self.weights

    def facts(self) -> dict[str, Any]:
        """Number of updates."""
        return {"n_updates": self.n_updates}

    def load(self, tensors: Weights, facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        if tensors.keys() != self.weights.keys():
            raise ValueError("the average is of other weights")
        for name, value in tensors.items():
            self.weights[name].copy_(value)
        self.n_updates = facts["n_updates"]
