"""Update: one step of gradient descent, from a batch to new weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from eegcli.engine.adamax import CapturableAdamax
from eegcli.engine.captured import Captured, Learn, capture_for
from eegcli.engine.feed import Batch
from eegcli.engine.frozen import Held
from eegcli.engine.hyperparameters import make_optimizer
from eegcli.engine.objective import Objective
from eegcli.engine.precision import Precision
from eegcli.engine.ranks import ALONE, Ranks
from eegcli.engine.recentring import Recentring
from eegcli.engine.schedule import Schedule
from eegcli.models.foreign import ForeignNetwork
from eegcli.models.normalisation import inner
from eegcli.models.reordered import Reordered
from eegcli.registry import Training

SMALLEST_SCALE = 2.0**-14  # of fp16 gradients, where they begin at 2^16: what does not fit even so is not finite


class Update:
    """Update of a network's weights, batch after batch; a part of a checkpoint.

    Parameters
    ----------
    model : nn.Module
        Moved to the device. A method `constrain()`, of it or of a module in it, is called after each update and changes weights in place.
    objective : Objective
        Loss and score.
    hyper : Training
        Optimiser and its constants, precision, clipping, accumulation, schedule.
    device : torch.device
    n_batches : int
        Batches of an epoch.
    ranks : Ranks, optional
        Processes that train it together.
    eager : bool
        True where nothing is to be captured (`engine.captured`).
    recentring : Recentring, optional
        Where the features of subjects are recentred.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        hyper: Training,
        device: torch.device,
        *,
        n_batches: int,
        ranks: Ranks = ALONE,
        eager: bool = False,
        recentring: Recentring | None = None,
    ) -> None:
        self.precision, self.schedule, self.clip_norm = Precision(hyper.precision, device), Schedule.of(hyper, n_batches), hyper.clip_norm
        self.model, self.objective = laid_out(model, device, self.precision), objective.on(device)
        self.ranks, self._network = ranks, self.precision.caster(self.model)
        self.scaler, self._rate = self.precision.scaler(), hyper.lr
        # Whose window stands in a batch is looked up on the host.
        capture = capture_for(model, hyper, device, eager=eager or ranks.size > 1 or recentring is not None)
        self.optimizer = make_optimizer(hyper, model, capturable=capture is not None or device.type == "cuda")
        self._held = Held(model)
        self._one = torch.ones((), device=device)  # gradient of the loss by itself, which torch would make anew
        self._recentring = recentring
        self._batch: Batch | None = None  # that is learnt from: which windows it holds, and what they were mixed with
        self._learn: Learn = self._whole if capture is None else Captured(self._whole, capture, self.objective.labels)
        self._prepared = self.optimizer if capture is not None and isinstance(self.optimizer, CapturableAdamax) else None
        self._counted: torch.Tensor | None = None  # how much the batches of an unfinished update count together
        self._constraints: list[Callable[[], None]] = [
            found for module in model.modules() if callable(found := getattr(module, "constrain", None))
        ]

    def step(self, batch: Batch, number: int) -> torch.Tensor:
        """Learn from a batch.

        Parameters
        ----------
        batch : Batch
            On the device.
        number : int
            Of the batch, from 0, over all epochs.

        Returns
        -------
        torch.Tensor, shape (2,)
            Loss (times windows) and number of correct predictions before the update, on the device: nothing waits for it. The next step may overwrite it.
        """
        self._batch = batch
        self._set_rate(self.schedule.rate(number))
        if self.schedule.accumulate > 1:
            return self._part(batch.x, batch.labels, last=self.schedule.ends_update(number))
        if self._prepared is not None:
            self._prepared.prepare()
        return self._learn(batch.x, batch.labels)

    def _whole(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """An update from one batch."""
        self.optimizer.zero_grad()
        figures = self._add_gradient(x, labels)
        self.ranks.add_gradients(self.model)
        self._descend()
        return figures

    def _part(self, x: torch.Tensor, labels: torch.Tensor, *, last: bool) -> torch.Tensor:
        """A part of an update: the gradient of the mean over all its batches is that of their sums over what they count together."""
        if self._counted is None:
            self.optimizer.zero_grad()
            self._counted = labels.new_zeros(())
        counts = self.objective.counts(labels)
        add = self._add_gradient if self.ranks.size == 1 else self._add_to_all
        figures = add(x, labels, counts)
        self._counted += counts
        if last:
            torch._foreach_div_([weight.grad for weight in self.model.parameters() if weight.grad is not None], self._counted)
            self._counted = None
            self._descend()
        return figures

    def _add_to_all(self, x: torch.Tensor, labels: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """Add the gradient of a batch that ranks share out to what all of them have: so a checkpoint of any of them holds all of it."""
        before = [(weight, weight.grad) for weight in self.model.parameters() if weight.grad is not None]
        self.optimizer.zero_grad()
        figures = self._add_gradient(x, labels, counts)
        self.ranks.add_gradients(self.model)
        for weight, gradient in before:
            weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
        return figures

    def _add_gradient(self, x: torch.Tensor, labels: torch.Tensor, counts: torch.Tensor | None = None) -> torch.Tensor:
        """Add the gradient of the mean loss, or with `counts` of so many times that, to that of each weight; gives the figures of the batch."""
        with self.precision.products():
            outputs = self.precision.outputs(self._outputs(), x)  # (batch, n_outputs)
            loss, n_right = self.objective.learnt(outputs, labels, None if self._batch is None else self._batch.mixed)
            scaled = self.scaler.scale(loss if counts is None else loss * counts)
            scaled.backward(self._one.to(scaled.dtype))  # type: ignore[no-untyped-call]
        return torch.stack([self._said(loss.detach()) * len(labels), n_right])

    def _outputs(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """Network as it is called for the whole batch of all ranks, recentred where that is asked for."""
        if self._recentring is None or self._batch is None:
            return partial(self.ranks.outputs, self._network)
        away, recentred = self._recentring.means_of(self._batch), self._recentring.outputs
        return lambda x: self.ranks.outputs(recentred, x, away)

    def _descend(self) -> None:
        """Change the weights by their gradients, which are those of all ranks."""
        if self.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_norm)
        if self._prepared is not None:
            self._prepared.apply()  # of what `step` prepared, outside of what is captured
        else:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        for constrain in self._constraints:  # max-norm; before the checkpoint, so that a resumed training has the same weights
            constrain()
        if self._constraints:
            self._held.put_back()

    def _said(self, loss: torch.Tensor) -> torch.Tensor:
        """Loss as it is told: not finite, too, where updates are left out for ever since no gradient fits into fp16."""
        if not self.scaler.is_enabled():
            return loss
        return torch.where(self.scaler.scale(torch.ones_like(loss)) < SMALLEST_SCALE, torch.nan, loss)

    def _set_rate(self, rate: float) -> None:
        if rate == self._rate:
            return
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        self._rate = rate

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights, running statistics, the optimiser's moments, and the gradient of an unfinished update, by name."""
        found = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{index}.{name}": value for name, value in state.items() if value is not None}
        if self._counted is not None:
            gradients = {name: weight.grad for name, weight in self.model.named_parameters() if weight.grad is not None}
            found |= {"counted.": self._counted} | {f"gradient.{name}": value for name, value in gradients.items()}
        return found

    def facts(self) -> dict[str, Any]:
        """Scale of the gradients, where they have one."""
        return {"scaler": self.scaler.state_dict()} if self.scaler.is_enabled() else {}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        states: dict[int, dict[str, torch.Tensor]] = {}
        parts: dict[str, dict[str, torch.Tensor]] = {"model": {}, "gradient": {}, "counted": {}}
        for name, value in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                index, _, slot = rest.partition(".")
                states.setdefault(int(index), {})[slot] = value
            else:
                parts[kind][rest] = value
        self.model.load_state_dict(parts["model"])
        self.optimizer.load_state_dict({"state": states, "param_groups": self.optimizer.state_dict()["param_groups"]})
        _lay_out(self.optimizer)
        for name, value in parts["gradient"].items():
            weight = self.model.get_parameter(name)
            weight.grad = torch.empty_like(weight).copy_(value)
        if parts["counted"]:
            self._counted = parts["counted"][""].to(next(self.model.parameters()).device)
        if self.scaler.is_enabled():
            self.scaler.load_state_dict(facts["scaler"])


def _lay_out(optimizer: torch.optim.Optimizer) -> None:
    """Let the optimiser's moments lie in memory as their weights do: a file has no layout, and torch's fused optimisers on a CPU pair the two by address."""
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape and value.stride() != weight.stride():
                state[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def laid_out(model: nn.Module, device: torch.device, precision: Precision) -> nn.Module:
    """Move a network to a device, in the layout in which it is trained there: chosen by rule, never by a clock."""
    model.to(device)
    # A fifth faster on a CPU (vgg, scnn), where oneDNN's depthwise bf16 convolutions take minutes in this layout; on a GPU what tensor cores take.
    # Those among reordered layers are computed in single precision there.
    single = {layer for layers in model.modules() if isinstance(layers, Reordered) for layer in layers.modules()}
    grouped = any(getattr(module, "groups", 1) > 1 for module in model.modules() if module not in single)
    last = precision.is_single or not grouped if device.type == "cpu" else not precision.is_single
    if last and not isinstance(inner(model), ForeignNetwork):  # whose forward may ask for a .view
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
