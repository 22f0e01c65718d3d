"""Objective of a training: the loss, and the metrics of the validation set by which an epoch is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.engine.feed import Mixed
from eegcli.models.head import SOFTMAX, Head
from eegcli.registry import METRICS, choosing_metric, load, metrics_of, training_metric
from eegcli.stats.metrics import scores

Floats = NDArray[np.float64]
PLACE = ("epoch", "batch")  # columns of the history that are no figures


@dataclass(frozen=True)
class TargetScaler:
    """Standardisation of a number: networks learn it in units of its spread over the training windows, so that one learning rate suits all.

    Attributes
    ----------
    mean, scale : float
        Mean and standard deviation of the training windows, in the unit of the target.
    """

    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def fitted(cls, labels: Floats) -> TargetScaler:
        """Mean and standard deviation of labels, shape (n_windows,)."""
        return cls(float(labels.mean()), float(labels.std()))

    def standardised(self, labels: Floats) -> Floats:
        """Labels in units of the spread, from labels in the unit of the target."""
        return (labels - self.mean) / self.scale

    def in_unit(self, values: Floats) -> Floats:
        """Values in the unit of the target, from values in units of the spread."""
        return values * self.scale + self.mean


@dataclass(frozen=True)
class Objective:
    """Loss of a head, with class weights, and the metrics of the registry that are computed after each epoch.

    Attributes
    ----------
    head : Head
        Head: meaning of the outputs.
    weights : torch.Tensor, shape (n_classes,), or None
        How much each class counts.
    scaler : TargetScaler
        Standardisation of a number that is learnt in units of its spread: metrics in the unit of the target are given in that unit.
    smoothing : float
        Label smoothing of the loss that is learnt by; figures of sets are without it.
    """

    head: Head
    weights: torch.Tensor | None = None
    scaler: TargetScaler = TargetScaler()
    smoothing: float = 0.0

    @property
    def train_score(self) -> str:
        """Column of the history that says how well the training windows are predicted."""
        return f"train_{training_metric(self.head.kind)}"

    @property
    def validation_score(self) -> str:
        """Column of the history by which an epoch is kept."""
        return f"validation_{choosing_metric(self.head.kind)}"

    @property
    def test_score(self) -> str:
        """Column of the history by which an epoch is kept where that is asked of the test set; the higher, the better."""
        return f"test_{training_metric(self.head.kind)}"

    @property
    def labels(self) -> torch.dtype:
        """Kind of number in which labels cost no conversion: whole ones for cross entropy."""
        return torch.int64 if self.head.name == SOFTMAX.name else torch.float32

    def loss(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        outputs : torch.Tensor, shape (batch, n_outputs)
            Outputs of the network.
        labels : torch.Tensor of float32, shape (batch,)
            Index of the class, or the number.
        """
        return self.head.loss(outputs, labels, self.weights)

    def counts(self, labels: torch.Tensor) -> torch.Tensor:
        """Weight of a batch beside others, in a mean over all of them: its windows, or the weights of their classes; labels as for `loss`."""
        return labels.new_full((), len(labels)) if self.weights is None else self.weights.to(labels)[labels.long()].sum()

    def on(self, device: torch.device) -> Objective:
        """The same objective with its weights on a device."""
        return self if self.weights is None else replace(self, weights=self.weights.to(device))

    def learnt(self, outputs: torch.Tensor, labels: torch.Tensor, mixed: Mixed | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss that is learnt by, and number of correct predictions, of a batch.

        Parameters
        ----------
        outputs : torch.Tensor, shape (batch, n_outputs)
            Outputs of the network.
        labels : torch.Tensor, shape (batch,)
            As for `loss`.
        mixed : Mixed or None
            Of windows that were mixed: labels of the others, which count by their shares.

        Returns
        -------
        loss : torch.Tensor, shape ()
            Mean loss of the batch, with label smoothing.
        n_right : torch.Tensor, shape ()
            Number of correct predictions; without meaning for a regression.
        """
        loss = self.head.loss(outputs, labels, self.weights, smoothing=self.smoothing)
        n_right = self.n_right(outputs, labels)
        if mixed is None:
            return loss, n_right
        others, share = mixed.labels, mixed.share
        of_others = self.head.loss(outputs, others, self.weights, smoothing=self.smoothing)
        return (1 - share) * loss + share * of_others, (1 - share) * n_right + share * self.n_right(outputs, others)

    def guess(self, n_outputs: int) -> float:
        """Loss of a guess: of classes that are all as likely, or of the mean where numbers have a spread of 1."""
        return math.log(max(n_outputs, 2)) if self.head.kind == "classification" else 1.0

    def n_right(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Number of correct predictions in a batch; not asked of a regression. Arguments as for `loss`."""
        return (self.head.predicted(outputs) == labels).sum()

    def running_row(self, loss: float, share_right: float) -> dict[str, float]:
        """Figures of the training set from what was summed over the batches of an epoch."""
        score = load(METRICS[training_metric(self.head.kind)].running)(loss, share_right)
        return {"train_loss": loss, self.train_score: score}

    def train_row(self, outputs: Floats, labels: Floats) -> dict[str, float]:
        """Figures of the training set from all its outputs; arguments as for `validation_row`."""
        name = training_metric(self.head.kind)
        score = scores({name: METRICS[name]}, self._columns(outputs, labels))[name]
        return {"train_loss": self._loss(outputs, labels), self.train_score: score}

    def validation_row(self, outputs: Floats, labels: Floats) -> dict[str, float]:
        """Figures of the validation set: the loss, and every metric of the registry that is computed after each epoch.

        Parameters
        ----------
        outputs : ndarray, shape (n_windows, n_outputs)
            Outputs of the network.
        labels : ndarray, shape (n_windows,)
            Index of the class, or the number.
        """
        return self._row_of("validation", outputs, labels)

    def test_row(self, outputs: Floats, labels: Floats) -> dict[str, float]:
        """Figures of the test set, where an epoch is chosen by it: the same as of the validation set; arguments likewise."""
        return self._row_of("test", outputs, labels)

    def score(self, row: dict[str, float]) -> tuple[float, float]:
        """Sort key of the validation score of an epoch, the higher the better; of those not defined the smallest loss."""
        sign = -1.0 if METRICS[choosing_metric(self.head.kind)].better == "lower" else 1.0
        score = sign * row[self.validation_score]
        return (score, 0.0) if math.isfinite(score) else (-math.inf, -row["validation_loss"])

    def _row_of(self, name_of_set: str, outputs: Floats, labels: Floats) -> dict[str, float]:
        entries = {name: entry for name, entry in metrics_of(self.head.kind).items() if entry.in_history}
        columns = self._columns(outputs, labels)
        in_unit = {name: self.scaler.in_unit(column) for name, column in columns.items()} if self.head.kind == "regression" else columns
        of_unit = {name: entry for name, entry in entries.items() if entry.unit == "target"}
        figures = scores(entries, columns) | scores(of_unit, in_unit)
        return {
            f"{name_of_set}_loss": self._loss(outputs, labels),
            **{f"{name_of_set}_{name}": figures[name] for name in entries if name in figures},
        }

    def _loss(self, outputs: Floats, labels: Floats) -> float:
        return float(self.loss(torch.from_numpy(outputs), torch.from_numpy(labels)))

    def _columns(self, outputs: Floats, labels: Floats) -> dict[str, np.ndarray]:
        predicted = self.head.predicted(torch.from_numpy(outputs)).numpy()
        if self.head.kind == "regression":
            return {"truth": labels, "predicted": predicted}
        return {"truth": labels.astype(np.int64), "predicted": predicted, "probabilities": self.head.predictions(outputs)}


@dataclass(frozen=True)
class Fitted:
    """Result of a training; the model itself holds the kept weights.

    Attributes
    ----------
    history : list of dict
        A row per look: per epoch, and per ``batch`` where it is looked at in between; of a closed form one; ``epoch`` counts from 1.
    kept_row : int
        The row that was kept, from 1 (`engine.keeper`): of the highest validation score, the earliest of equals, where nothing else is asked for.
    timing : list of dict
        What each epoch took (`engine.clock`); none of a closed form. Two trainings that differ in it alone are the same.
    """

    history: list[dict[str, float]]
    kept_row: int
    timing: list[dict[str, Any]] = field(default_factory=list, compare=False)

    @property
    def kept(self) -> dict[str, float]:
        """The row that was kept."""
        return self.history[self.kept_row - 1]

    @property
    def kept_epoch(self) -> int:
        """Number of the epoch that it belongs to."""
        return int(self.kept["epoch"])
