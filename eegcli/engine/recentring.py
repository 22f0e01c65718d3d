"""Recentring: the mean of each subject's features is moved to the centre of a network (``--align subject``)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.engine.examples import in_batches
from eegcli.engine.reading import WindowArray, in_turn
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
    means : torch.Tensor of float32, shape (n_subjects, n_features)
        Mean features of each subject; zeros of whom nothing was asked.
    """

    network: Recentrable
    front: Callable[[torch.Tensor], torch.Tensor]
    means: torch.Tensor

    def outputs(self, x: torch.Tensor, subject: Ints) -> torch.Tensor:
        """Outputs of windows (batch, n_chans, n_times) of subjects (batch,), recentred: (batch, n_outputs)."""
        centre = self.network.centre
        assert centre is not None
        features = self.network.features(self.front(x))
        return self.network.output(features - self.means[torch.from_numpy(subject).to(x.device)] + centre)


def recentred(model: nn.Module, x: WindowArray, rows: Ints, subject: Ints, device: torch.device) -> Recentred:
    """Measure the mean features of the subjects who have any of some windows.

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
    network = inner(model)
    assert isinstance(network, Recentrable)
    front = model.normalisation if isinstance(model, Normalised) else nn.Identity()
    means = subject_means(lambda batch: network.features(front(batch)), x, rows, subject, device)
    return Recentred(network, front, torch.from_numpy(means.astype(np.float32)).to(device))


def subject_means(
    features: Callable[[torch.Tensor], torch.Tensor], x: WindowArray, rows: Ints, subject: Ints, device: torch.device
) -> NDArray[np.float64]:
    """Mean features of subjects, over **all** windows of each who has any of the rows, whatever set or label they have.

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
    with torch.inference_mode(), closing(in_turn(x, parts, device)) as batches:
        for part, batch in zip(parts, batches, strict=True):
            found = features(batch).cpu().numpy().astype(np.float64)
            if sums is None:
                sums = np.zeros((int(subject.max()) + 1, found.shape[1]))
            np.add.at(sums, subject[part], found)
    assert sums is not None
    counts = np.bincount(subject[every], minlength=len(sums))
    means: NDArray[np.float64] = sums / np.maximum(counts, 1)[:, None]
    return means
