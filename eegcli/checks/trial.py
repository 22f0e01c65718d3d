"""Trial: a network that can be built anew and trained for a moment, on the windows and by the rules of the training that is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.network import ModelDescription
from eegcli.checks.case import Clock
from eegcli.engine.examples import Examples
from eegcli.engine.feed import Batch
from eegcli.engine.objective import Objective
from eegcli.engine.schedule import Schedule
from eegcli.engine.update import Update
from eegcli.models.code import Code
from eegcli.models.normalisation import inner
from eegcli.registry import Training
from eegcli.settings import TrainSettings

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """One step of gradient descent.

    Attributes
    ----------
    loss : float
        Before the step.
    n_right : int
        Windows of the batch whose class was predicted; 0 for a number.
    n : int
        Windows of the batch.
    """

    loss: float
    n_right: int
    n: int


@dataclass(frozen=True)
class Trial:
    """A network, and how it is trained.

    Attributes
    ----------
    fresh : callable
        ``fresh(seed=0)``: a network with weights of that seed, its input normalisation fitted, in training mode, on the device.
    description : ModelDescription
    settings : TrainSettings
        Resolved.
    hyper : Training or None
        None for a closed form, which takes no steps.
    objective : Objective
        Loss with the class weights.
    train, validation : Examples
        Labels of a number are in units of its spread over the training windows. Windows are as they lie there.
    subject, validation_subject : ndarray of int
        Person of each window of the two.
    device : torch.device
    threads : int
    clock : Clock
        Of all checks together; each takes its share.
    code : Code or None
        Of a network of the user's own.
    learnt : nn.Module or None
        Network of a run that has ended, in evaluation mode.
    """

    fresh: Callable[..., nn.Module]
    description: ModelDescription
    settings: TrainSettings
    hyper: Training | None
    objective: Objective
    train: Examples
    validation: Examples
    subject: Ints
    validation_subject: Ints
    device: torch.device
    threads: int
    clock: Clock
    code: Code | None = None
    learnt: nn.Module | None = None
    kept: dict[str, Any] = field(default_factory=dict)  # what one check worked out for others, by its name

    @property
    def is_class(self) -> bool:
        """True where classes are learnt."""
        return self.objective.head.kind == "classification"

    @property
    def n_updates(self) -> int:
        """Number of updates of the whole training."""
        assert self.hyper is not None
        return Schedule.of(self.hyper, -(-len(self.train) // self.hyper.batch_size)).n_updates

    def network(self, seed: int = 0) -> tuple[nn.Module, nn.Module]:
        """A fresh network, and what is within its input normalisation: the user's own module."""
        model = self.fresh(seed=seed)
        return model, inner(model)

    def batch(self, places: Ints) -> tuple[torch.Tensor, torch.Tensor]:
        """Windows of the training set and their labels, by their places in it."""
        x = torch.from_numpy(np.asarray(self.train.x[self.train.rows[places]], dtype=np.float32))
        return x.to(self.device), self.train.labels_at(places).to(self.device)

    def steps(
        self,
        model: nn.Module,
        order: Callable[[int], Ints],
        *,
        clock: Clock,
        n: int | None = None,
    ) -> Iterator[Step]:
        """Take steps of the training's own kind (optimiser, schedule, clipping), until so many are taken or the clock has ended.

        Parameters
        ----------
        model : nn.Module
            As `fresh` gives it.
        order : callable
            Places, in the training set, of the windows of a step, by its number from 0.
        clock : Clock
        n : int, optional
        """
        assert self.hyper is not None
        n_batches = -(-len(self.train) // self.hyper.batch_size)
        update = Update(model, self.objective, self.hyper, self.device, n_batches=n_batches, eager=True)
        number = 0
        while not clock.has_ended and (n is None or number < n):
            places = order(number)
            sums = update.step(Batch(*self.batch(places), places), number)
            yield Step(float(sums[0]) / len(places), int(sums[1]), len(places))
            number += 1

    def shuffled(self, seed: int = 0, batch_size: int | None = None) -> Callable[[int], Ints]:
        """Order of batches of the training set, shuffled anew each epoch; the last batch of an epoch is as small as it has to be."""
        assert self.hyper is not None
        size, n = batch_size or self.hyper.batch_size, len(self.train)
        n_batches = -(-n // size)

        def places(number: int) -> Ints:
            epoch, batch = divmod(number, n_batches)
            return np.random.default_rng([seed, epoch]).permutation(n)[batch * size : (batch + 1) * size]

        return places

    def with_hyper(self, **changed: Any) -> Trial:
        """The same trial with other hyper-parameters."""
        assert self.hyper is not None
        return replace(self, hyper=replace(self.hyper, **changed))
