"""Update: one step of gradient descent, from a batch to new weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from eegcli.engine.feed import Batch
from eegcli.engine.hyperparameters import make_optimizer
from eegcli.engine.objective import Objective
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner
from eegcli.registry import Training


class Update:
    """Update of a network's weights, batch after batch; a part of a checkpoint.

    Parameters
    ----------
    model : nn.Module
        Moved to the device. A method `constrain()`, of it or of a module in it, is called after each update and changes weights in place.
    objective : Objective
        Loss and score.
    hyper : Training
        Optimiser and its constants.
    device : torch.device
    ranks : Ranks, optional
        Processes that train it together.
    """

    def __init__(self, model: nn.Module, objective: Objective, hyper: Training, device: torch.device, ranks: Ranks = ALONE) -> None:
        self.model, self.objective, self.ranks = laid_out(model, device), objective, ranks
        self.optimizer = make_optimizer(hyper, model)
        self._constraints: list[Callable[[], None]] = [
            found for module in model.modules() if callable(found := getattr(module, "constrain", None))
        ]

    def step(self, batch: Batch) -> torch.Tensor:
        """Learn from a batch.

        Parameters
        ----------
        batch : Batch
            On the device.

        Returns
        -------
        torch.Tensor, shape (2,)
            Loss (times windows) and number of correct predictions before the update, on the device: nothing waits for it.
        """
        outputs = self.ranks.outputs(self.model, batch.x)  # (batch, n_outputs)
        loss = self.objective.loss(outputs, batch.labels)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.ranks.add_gradients(self.model)
        self.optimizer.step()
        for constrain in self._constraints:  # max-norm; before the checkpoint, so that a resumed training has the same weights
            constrain()
        return torch.stack([loss.detach() * len(batch), self.objective.n_right(outputs, batch.labels)])

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights, running statistics and the optimiser's moments, by name."""
        found = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{index}.{name}": value for name, value in state.items() if value is not None}
        return found

    def facts(self) -> dict[str, Any]:
        """Nothing beside tensors."""
        return {}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        states: dict[int, dict[str, torch.Tensor]] = {}
        weights: dict[str, torch.Tensor] = {}
        for name, value in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "model":
                weights[rest] = value
            else:
                index, _, slot = rest.partition(".")
                states.setdefault(int(index), {})[slot] = value
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict({"state": states, "param_groups": self.optimizer.state_dict()["param_groups"]})


def laid_out(model: nn.Module, device: torch.device) -> nn.Module:
    """Move a network to a device, in the layout in which it is trained there: chosen by rule, never by a clock."""
    model.to(device)
    if device.type == "cpu" and not isinstance(inner(model), ForeignNetwork):  # whose forward may ask for a .view
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # a fifth faster there (vgg, scnn)
    return model
