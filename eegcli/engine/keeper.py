"""Keeper: the epoch that a training ends with, and the sets that are looked at after each epoch to choose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eegcli.engine.feed import Examples
from eegcli.engine.objective import Objective

Row = dict[str, float]


@dataclass(frozen=True)
class Keeper:
    """Keeper of an epoch: best on the validation set; best on the test set where one is given; the last one where there is neither.

    Attributes
    ----------
    objective : Objective
        Metrics of an epoch.
    validation : Examples
        May be empty.
    test : Examples or None
        Given only where the epoch is to be chosen by it, as published results often are: such figures are optimistic.
    """

    objective: Objective
    validation: Examples
    test: Examples | None = None

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

    def keeps(self, row: Row, history: Sequence[Row]) -> bool:
        """Test that the epoch of a row is kept in place of those before it; of equals the earliest is."""
        if not history or not self.sets:
            return True
        if self.test is not None:
            return _key_of_test(row, self.objective) > max(_key_of_test(old, self.objective) for old in history)
        return self.objective.score(row) > max(self.objective.score(old) for old in history)


def _key_of_test(row: Row, objective: Objective) -> tuple[float, float]:
    """Sort key of the test score of an epoch, the higher the better; of those not defined the smallest loss."""
    score = row[objective.test_score]
    return (score, 0.0) if np.isfinite(score) else (-np.inf, -row["test_loss"])


def chosen_on_validation(history: Sequence[Row], objective: Objective) -> int | None:
    """Number of the epoch that the validation set chooses, the earliest of equals; None where there is no validation set."""
    if objective.validation_score not in history[0]:
        return None
    return 1 + max(range(len(history)), key=lambda place: (objective.score(history[place]), -place))
