"""Recentring: the mean of each subject's features is moved to the centre of a network (``--align subject``), while it learns and where it is applied."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.engine.examples import Examples, in_batches
from eegcli.engine.feed import Batch
from eegcli.engine.reading import WindowArray, in_turn
from eegcli.engine.turns import Turns, at_a_stretch
from eegcli.models.normalisation import Normalised, inner
from eegcli.models.recentred import Recentrable

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Recentred:
    """Network whose subjects are recentred, with the mean features of each.

    Attributes
    ----------
    network : Recentrable
    front : callable
        Normalisation of windows before the features are made.
    subject : ndarray of int, shape (n_all_windows,)
        Number of the subject of each window of the array that the means are of.
    means : torch.Tensor of float32, shape (n_subjects, n_features)
        Mean features of each subject; zeros of whom nothing was asked.
    """

    network: Recentrable
    front: Callable[[torch.Tensor], torch.Tensor]
    subject: Ints
    means: torch.Tensor

    def means_of(self, rows: Ints) -> torch.Tensor:
        """Mean features of the subjects of windows, by their rows: (n, n_features)."""
        return self.means[torch.from_numpy(self.subject[rows]).to(self.means.device)]

    def outputs(self, x: torch.Tensor, rows: Ints) -> torch.Tensor:
        """Outputs of windows (batch, n_chans, n_times), which are those of the rows, recentred: (batch, n_outputs)."""
        return self.moved(x, self.means_of(rows))

    def moved(self, x: torch.Tensor, away: torch.Tensor) -> torch.Tensor:
        """Outputs of windows (batch, n_chans, n_times) whose features are moved from a point each (batch, n_features) to the centre."""
        centre = self.network.centre
        assert centre is not None
        # A copy: a network that learns moves its centre while the gradient is on its way.
        return self.network.output(self.network.features(self.front(x)) - away + centre.clone())


def recentred_in_turns(model: nn.Module, x: WindowArray, rows: Ints, subject: Ints, device: torch.device) -> Turns[Recentred]:
    """Measure the mean features of the subjects who have any of some windows; a turn is a batch. `recentred` does all of them.

    Parameters
    ----------
    model : nn.Module
        A `Recentrable`, or one behind a normalisation; on `device`, in evaluation mode.
    x : array of float32, shape (n_windows, n_chans, n_times), µV
    rows : ndarray of int
        Windows that are asked for.
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window of `x`.
    device : torch.device

    Returns
    -------
    Recentred
    """
    network, front = _parts(model)
    means = yield from means_in_turns(lambda batch: network.features(front(batch)), x, rows, subject, device)
    return Recentred(network, front, subject, torch.from_numpy(means.astype(np.float32)).to(device))


def means_in_turns(
    features: Callable[[torch.Tensor], torch.Tensor], x: WindowArray, rows: Ints, subject: Ints, device: torch.device
) -> Turns[NDArray[np.float64]]:
    """Mean features of subjects, over **all** windows of each who has any of the rows, whatever set or label they have; a turn is a batch.

    Parameters
    ----------
    features : callable
        (batch, n_chans, n_times) -> (batch, n_features).
    x, rows, subject, device
        As `recentred`.

    Returns
    -------
    ndarray, shape (n_subjects, n_features)
        Of float64; zeros of subjects who have none.
    """
    asked = np.isin(subject, np.unique(subject[rows]))
    every = np.flatnonzero(asked)
    parts = in_batches(every)
    sums: NDArray[np.float64] | None = None
    with closing(in_turn(x, parts, device)) as batches:
        for part, batch in zip(parts, batches, strict=True):
            with torch.inference_mode():  # closed before another network has its turn
                found = features(batch).cpu().numpy().astype(np.float64)
            if sums is None:
                sums = np.zeros((int(subject.max()) + 1, found.shape[1]))
            np.add.at(sums, subject[part], found)
            yield
    assert sums is not None
    counts = np.bincount(subject[every], minlength=len(sums))
    means: NDArray[np.float64] = sums / np.maximum(counts, 1)[:, None]
    return means


recentred = at_a_stretch(recentred_in_turns)
subject_means = at_a_stretch(means_in_turns)


class Recentring:
    """Recentring of the training subjects while a network learns, by means that are measured before each epoch; a part of a checkpoint.

    Parameters
    ----------
    model : nn.Module
        A `Recentrable` that learns by epochs, or one behind a normalisation.
    train : Examples
        Windows to learn from.
    subject : ndarray of int, shape (n_all_windows,)
        Number of the subject of each window of the array that the examples are of.
    device : torch.device

    Notes
    -----
    The means are those of all windows of a subject, as where the network is applied, and are constants within an epoch. A mean that follows
    the batches would be one of few windows where a cohort is large. The centre becomes the mean of the training subjects' means, so that a
    window without its subject is taken as one of the average training subject.
    """

    def __init__(self, model: nn.Module, train: Examples, subject: Ints, device: torch.device) -> None:
        self._model, self._train, self._subject, self._device = model, train, subject, device
        self._now: Recentred | None = None

    def measure(self) -> Turns[None]:
        """Measure the means with the weights as they are; a turn is a batch. The model is left in evaluation mode."""
        self._model.eval()
        self._now = yield from recentred_in_turns(self._model, self._train.x, self._train.rows, self._subject, self._device)
        people = torch.from_numpy(np.unique(self._subject[self._train.rows])).to(self._device)
        self._now.network.recentre(self._now.means[people].mean(dim=0))

    def outputs(self, x: torch.Tensor, away: torch.Tensor) -> torch.Tensor:
        """Outputs of a network in training for windows, recentred: (batch, n_chans, n_times), (batch, n_features) -> (batch, n_outputs)."""
        assert self._now is not None
        return self._now.moved(x, away)

    def means_of(self, batch: Batch) -> torch.Tensor:
        """Mean features of the subject of each window of a batch, (n, n_features); of windows that were mixed, of both subjects by their shares."""
        assert self._now is not None
        means = self._now.means_of(self._train.rows[batch.places])
        if batch.mixed is None:
            return means
        return torch.lerp(means, self._now.means_of(self._train.rows[batch.mixed.places]), batch.mixed.share)

    def looked_at(self, model: nn.Module, examples: Examples) -> Turns[Recentred]:
        """Measure the means of the subjects of a set that is looked at, with a model in evaluation mode; a turn is a batch."""
        moved = yield from recentred_in_turns(model.eval(), examples.x, examples.rows, self._subject, self._device)
        return moved

    def tensors(self) -> dict[str, torch.Tensor]:
        """Means of the epoch at work."""
        return {} if self._now is None else {"means": self._now.means}

    def facts(self) -> dict[str, Any]:
        """Nothing beside tensors."""
        return {}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `tensors` gave."""
        if tensors:
            self._now = Recentred(*_parts(self._model), self._subject, tensors["means"].to(self._device))


def _parts(model: nn.Module) -> tuple[Recentrable, nn.Module]:
    """The network itself, and the normalisation before it."""
    network = inner(model)
    assert isinstance(network, Recentrable)
    return network, model.normalisation if isinstance(model, Normalised) else nn.Identity()
