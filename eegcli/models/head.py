"""Heads: what the outputs of a network mean (softmax over classes, one logit for two classes, a number)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import UsageError
from eegcli.registry import entry_of, lookup

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head(ABC):
    """Head: meaning of the outputs of a network; everything that depends on it asks the head.

    Attributes
    ----------
    name : str
        In the registry and in model.json.
    kind : {"classification", "regression"}
        Kind of target.
    """

    name: ClassVar[str]
    kind: ClassVar[Literal["classification", "regression"]]

    @abstractmethod
    def n_outputs(self, n_classes: int) -> int:
        """Number of outputs that a network needs for `n_classes` classes (0: a number).

        Raises
        ------
        UsageError
            If the head cannot tell so many classes apart.
        """

    @abstractmethod
    def loss(self, outputs: Tensor, labels: Tensor, weights: Tensor | None = None, *, smoothing: float = 0.0) -> Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        outputs : torch.Tensor, shape (batch, n_outputs)
            Outputs of the network.
        labels : torch.Tensor of float, shape (batch,)
            Index of the class, or the number.
        weights : torch.Tensor, shape (n_classes,), optional
            How much each class counts; the mean is that of the weighted windows.
        smoothing : float
            Share of each label that is dealt out evenly to all classes, as `torch.nn.functional.cross_entropy` does it (Szegedy et al. 2016,
            arXiv:1512.00567); a number has none.
        """

    @abstractmethod
    def predicted(self, outputs: Tensor) -> Tensor:
        """Predicted class (of equal ones the first) or number: (batch, n_outputs) -> (batch,)."""

    @abstractmethod
    def predictions(self, outputs: Floats) -> Floats:
        """Probability of each class, or the number, from outputs: (n, n_outputs) -> (n, n_classes or 1)."""

    @abstractmethod
    def outputs_for(self, predictions: Floats) -> Floats:
        """Outputs that mean these `predictions`, the inverse of it: (n_classes or 1,) -> (n_outputs,)."""

    def class_outputs(self, outputs: Tensor) -> Tensor:
        """One output per class, before any softmax, for explanations: (batch, n_outputs) -> (batch, n_classes or 1)."""
        return outputs


@dataclass(frozen=True)
class Softmax(Head):
    """One output per class; cross entropy."""

    name = "softmax"
    kind = "classification"

    def n_outputs(self, n_classes: int) -> int:
        """Number of outputs: one per class."""
        return n_classes

    def loss(self, outputs: Tensor, labels: Tensor, weights: Tensor | None = None, *, smoothing: float = 0.0) -> Tensor:
        """Cross entropy; see `Head.loss`."""
        from torch.nn import functional

        weight = None if weights is None else weights.to(outputs)
        return functional.cross_entropy(outputs, labels.long(), weight=weight, label_smoothing=smoothing)

    def predicted(self, outputs: Tensor) -> Tensor:
        """Class of the highest output; see `Head.predicted`."""
        return outputs.argmax(dim=1)

    def predictions(self, outputs: Floats) -> Floats:
        """Softmax of the outputs; see `Head.predictions`."""
        return softmax(outputs)

    def outputs_for(self, predictions: Floats) -> Floats:
        """Logarithms of the probabilities; see `Head.outputs_for`."""
        return np.log(predictions)


@dataclass(frozen=True)
class Logit(Head):
    """One output for two classes, the log odds of the second; binary cross entropy."""

    name = "logit"
    kind = "classification"

    def n_outputs(self, n_classes: int) -> int:
        """Number of outputs: one, for two classes."""
        if n_classes != 2:
            raise UsageError(
                f"one logit tells two classes apart, and the target has {n_classes}",
                hint="Name two with --classes, make two of a number with --threshold, or choose an architecture with an output per class.",
            )
        return 1

    def loss(self, outputs: Tensor, labels: Tensor, weights: Tensor | None = None, *, smoothing: float = 0.0) -> Tensor:
        """Binary cross entropy; see `Head.loss`. Equals the cross entropy of `class_outputs`."""
        from torch.nn import functional

        if smoothing:
            return SOFTMAX.loss(self.class_outputs(outputs), labels, weights, smoothing=smoothing)
        logits, labels = outputs[:, 0], labels.to(outputs)
        if weights is None:
            return functional.binary_cross_entropy_with_logits(logits, labels)
        each = weights.to(outputs)[labels.long()]
        return functional.binary_cross_entropy_with_logits(logits, labels, weight=each, reduction="sum") / each.sum()

    def predicted(self, outputs: Tensor) -> Tensor:
        """Second class where the logit is above 0; see `Head.predicted`."""
        return (outputs[:, 0] > 0).long()

    def predictions(self, outputs: Floats) -> Floats:
        """Logistic function of the logit, and its complement; see `Head.predictions`."""
        return softmax(np.concatenate([-outputs, outputs], axis=1) / 2)

    def outputs_for(self, predictions: Floats) -> Floats:
        """Log odds of the second class; see `Head.outputs_for`."""
        return np.log(predictions[1:]) - np.log(predictions[:1])

    def class_outputs(self, outputs: Tensor) -> Tensor:
        """Half of the log odds for each class: the softmax of them gives its probabilities; see `Head.class_outputs`."""
        import torch

        return torch.cat([-outputs, outputs], dim=1) / 2


@dataclass(frozen=True)
class Number(Head):
    """One output, a number; squared error."""

    name = "number"
    kind = "regression"

    def n_outputs(self, n_classes: int) -> int:
        """Number of outputs: one."""
        return 1

    def loss(self, outputs: Tensor, labels: Tensor, weights: Tensor | None = None, *, smoothing: float = 0.0) -> Tensor:
        """Squared error; see `Head.loss`."""
        from torch.nn import functional

        return functional.mse_loss(outputs[:, 0], labels)

    def predicted(self, outputs: Tensor) -> Tensor:
        """The output itself; see `Head.predicted`."""
        return outputs[:, 0]

    def predictions(self, outputs: Floats) -> Floats:
        """The outputs themselves; see `Head.predictions`."""
        return outputs

    def outputs_for(self, predictions: Floats) -> Floats:
        """The numbers themselves; see `Head.outputs_for`."""
        return predictions


SOFTMAX, LOGIT, NUMBER = Softmax(), Logit(), Number()
HEADS: dict[str, Head] = {head.name: head for head in (SOFTMAX, LOGIT, NUMBER)}


def head_of(arch: str, kind: str) -> Head:
    """Head of an architecture for a kind of target: what its entry in the registry says for classes, `number` for a number.

    Raises
    ------
    UsageError
        If the entry names a head that is not for classes: the numbers of the classes would be learnt as if they were measured.
    """
    if kind == "regression":
        return NUMBER
    head = HEADS[lookup("head", entry_of(arch).head, HEADS)]
    if head.kind != "classification":
        raise UsageError(f"{arch} predicts numbers, and the target has classes", hint="Use --kind regression, or another --arch.")
    return head


def softmax(outputs: Floats) -> Floats:
    """Probabilities of classes, shape (n, n_classes), from outputs of the same shape."""
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities
