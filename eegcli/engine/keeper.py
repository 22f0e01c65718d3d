"""Keeper: the weights that a training ends with, the sets that are looked at to choose them, and when it has looked in vain for long enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from eegcli.engine.checkpoint import Progress
from eegcli.engine.examples import Examples
from eegcli.engine.objective import Objective

Row = dict[str, float]


@dataclass
class Keeper:
    """Keeper of an epoch, or of a look within one: best on the validation set; best on the test set where one is given; the last one where there is neither.

    A part of a checkpoint.

    Attributes
    ----------
    objective : Objective
        Metrics of an epoch.
    validation : Examples
        May be empty.
    test : Examples or None
        Given only where the epoch is to be chosen by it, as published results often are: such figures are optimistic.
    every : int
        Batches between looks within an epoch; 0: it is looked at after each epoch.
    patience : int
        Epochs after which a training without a better look at the validation set ends; 0: never.
    history : list of dict
        A row per look; with `every` it has the ``batch``.
    kept_row : int
        The best so far, counted from 1; 0 before the first look.
    best : dict of str to torch.Tensor
        Weights of that look, on the CPU.
    """

    objective: Objective
    validation: Examples
    test: Examples | None = None
    every: int = 0
    patience: int = 0
    history: list[Row] = field(default_factory=list)
    kept_row: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def sets(self) -> dict[str, Examples]:
        """Sets that are looked at after each epoch, by name."""
        named = {"validation": self.validation, "test": self.test}
        return {name: examples for name, examples in named.items() if examples is not None and len(examples)}

    @property
    def kept(self) -> Row:
        """Row of the best look so far."""
        return self.history[self.kept_row - 1]

    def is_due(self, progress: Progress) -> bool:
        """Test that a look is due before the next batch, and was not made before a training that goes on was stopped."""
        if not (self.every and progress.batch and self.sets) or progress.batch % self.every:
            return False
        return not self.history or _place(self.history[-1]) != (progress.epoch + 1, progress.batch)

    def has_waited(self, epochs: int) -> bool:
        """Test that so many `epochs`, with patience, have passed since the best look that a training without a better one ends.

        The validation set alone is asked: with a test set that chooses the epoch the training is the same, and so is an honest choice.
        """
        if not (self.patience and self.history):
            return False
        best = chosen_on_validation(self.history, self.objective)
        return best is not None and epochs - self.history[best - 1]["epoch"] >= self.patience

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

    def look(self, row: Row, weights: Mapping[str, torch.Tensor]) -> None:
        """Take the row of a look, and its weights if it is better than all before it; of equals the earliest is kept."""
        if self._keeps(row):
            self.kept_row = len(self.history) + 1
            self.best = {name: value.detach().cpu().clone() for name, value in weights.items()}
        self.history.append(row)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights of the kept look, by name."""
        return self.best

    def facts(self) -> dict[str, Any]:
        """History and number of the kept row."""
        return {"history": self.history, "kept_row": self.kept_row}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` and `facts` gave."""
        self.best, self.history, self.kept_row = tensors, facts["history"], facts["kept_row"]

    def _keeps(self, row: Row) -> bool:
        if not self.history or not self.sets:
            return True
        if self.test is not None:
            return _key_of_test(row, self.objective) > max(_key_of_test(old, self.objective) for old in self.history)
        return self.objective.score(row) > max(self.objective.score(old) for old in self.history)


def _place(row: Row) -> tuple[float, float]:
    """Epoch and batch of a row."""
    return row["epoch"], row["batch"]


def _key_of_test(row: Row, objective: Objective) -> tuple[float, float]:
    """Sort key of the test score of an epoch, the higher the better; of those not defined the smallest loss."""
    score = row[objective.test_score]
    return (score, 0.0) if np.isfinite(score) else (-np.inf, -row["test_loss"])


def chosen_on_validation(history: Sequence[Row], objective: Objective) -> int | None:
    """Number of the row that the validation set chooses, from 1, the earliest of equals; None where there is no validation set."""
    if objective.validation_score not in history[0]:
        return None
    return 1 + max(range(len(history)), key=lambda place: (objective.score(history[place]), -place))
