"""What a network is trained to do, and how its answers are judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from eegcli.engine import score


@dataclass(frozen=True)
class Objective:
    """Cross entropy of classes, or squared error of a number.

    Attributes
    ----------
    n_outputs : int
        Classes, or 1 for a number.
    weights : torch.Tensor, shape (n_classes,), or None
        How much each class counts.
    """

    n_outputs: int
    weights: torch.Tensor | None = None

    @property
    def is_regression(self) -> bool:
        """Whether a number is asked."""
        return self.n_outputs == 1

    @property
    def train_score(self) -> str:
        """Column of the history that says how well the training windows are answered."""
        return "train_r2" if self.is_regression else "train_accuracy"

    @property
    def validation_score(self) -> str:
        """Column of the history by which an epoch is kept."""
        return "validation_r2" if self.is_regression else "validation_balanced_accuracy"

    def loss(self, outputs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        outputs : torch.Tensor, shape (batch, n_outputs)
            Of the network.
        answers : torch.Tensor of float32, shape (batch,)
            Index of the class, or the number.
        """
        if self.is_regression:
            return functional.mse_loss(outputs[:, 0], answers)
        return functional.cross_entropy(outputs, answers.long(), weight=None if self.weights is None else self.weights.to(outputs))

    def n_right(self, outputs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """How many classes of a batch are right; 0 for numbers. Arguments as for `loss`."""
        return (outputs.argmax(dim=1) == answers).sum() * (not self.is_regression)

    def validation_row(self, outputs: NDArray[np.float64], answers: NDArray[np.float64]) -> dict[str, float]:
        """Figures of the validation set.

        Parameters
        ----------
        outputs : ndarray, shape (n_windows, n_outputs)
            Of the network.
        answers : ndarray, shape (n_windows,)
            Index of the class, or the number.
        """
        loss = self.loss(torch.from_numpy(outputs), torch.from_numpy(answers))
        judge = score.r_squared if self.is_regression else score.balanced_accuracy
        return {"validation_loss": float(loss), self.validation_score: judge(outputs, answers)}


@dataclass(frozen=True)
class Fitted:
    """How a training went; the model itself holds the kept weights.

    Attributes
    ----------
    history : list of dict
        A row per epoch, or per penalty of a closed form, numbered by ``epoch`` from 1.
    kept_epoch : int
        The row of the highest validation score, the earliest of equals.
    """

    history: list[dict[str, float]]
    kept_epoch: int
