"""Keeper: the epoch that a training ends with, and the sets that are looked at after each epoch to choose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from eegcli.engine.examples import Examples
from eegcli.engine.objective import Objective

Row = dict[str, float]


@dataclass
class Keeper:
    """Keeper of an epoch: best on the validation set; best on the test set where one is given; the last one where there is neither.

    A part of a checkpoint.

    Attributes
    ----------
    objective : Objective
        Metrics of an epoch.
    validation : Examples
        May be empty.
    test : Examples or None
        Given only where the epoch is to be chosen by it, as published results often are: such figures are optimistic.
    history : list of dict
        A row per finished epoch.
    kept_epoch : int
        The best so far, counted from 1; 0 before the first is finished.
    best : dict of str to torch.Tensor
        Weights of that epoch, on the CPU.
    """

    objective: Objective
    validation: Examples
    test: Examples | None = None
    history: list[Row] = field(default_factory=list)
    kept_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def sets(self) -> dict[str, Examples]:
        """Sets that are looked at after each epoch, by name."""
        named = {"validation": self.validation, "test": self.test}
        return {name: examples for name, examples in named.items() if examples is not None and len(examples)}

    @property
    def word(self) -> str:
        """Word for the kept epoch, before its number."""
        return (
            "best on the test set" if self.test is not None else "best" if len(self.validation) else "without validation the last is kept"
        )

    def row(self, outputs: Mapping[str, np.ndarray]) -> Row:
        """Figures of the sets that were looked at, from the outputs for each, shape (n_windows, n_outputs)."""
        row: Row = {}
        if "validation" in outputs:
            row |= self.objective.validation_row(outputs["validation"], self.validation.labels)
        if self.test is not None:
            row |= self.objective.test_row(outputs["test"], self.test.labels)
        return row

    def look(self, row: Row, model: nn.Module) -> None:
        """Take the row of a finished epoch, and its weights if it is better than all before it; of equals the earliest is kept."""
        if self._keeps(row):
            self.kept_epoch = len(self.history) + 1
            self.best = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        self.history.append(row)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights of the kept epoch, by name."""
        return self.best

    def facts(self) -> dict[str, Any]:
        """History and number of the kept epoch."""
        return {"history": self.history, "kept_epoch": self.kept_epoch}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        self.best, self.history, self.kept_epoch = tensors, facts["history"], facts["kept_epoch"]

    def _keeps(self, row: Row) -> bool:
        if not self.history or not self.sets:
            return True
        if self.test is not None:
            return _key_of_test(row, self.objective) > max(_key_of_test(old, self.objective) for old in self.history)
        return self.objective.score(row) > max(self.objective.score(old) for old in self.history)


def _key_of_test(row: Row, objective: Objective) -> tuple[float, float]:
    """Sort key of the test score of an epoch, the higher the better; of those not defined the smallest loss."""
    score = row[objective.test_score]
    return (score, 0.0) if np.isfinite(score) else (-np.inf, -row["test_loss"])


def chosen_on_validation(history: Sequence[Row], objective: Objective) -> int | None:
    """Number of the epoch that the validation set chooses, the earliest of equals; None where there is no validation set."""
    if objective.validation_score not in history[0]:
        return None
    return 1 + max(range(len(history)), key=lambda place: (objective.score(history[place]), -place))
