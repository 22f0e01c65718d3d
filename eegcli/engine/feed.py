"""Feed of a training: the batches of an epoch, on its device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.engine.examples import Examples
from eegcli.engine.order import Order


@dataclass(frozen=True)
class Mixed:
    """Partners with which the windows of a batch were mixed (`augment.mixup`).

    Attributes
    ----------
    labels : torch.Tensor of float32, shape (n,)
        Of the other window of each.
    share : torch.Tensor, shape ()
        Its share in the mixture; the rest is the window's own.
    """

    labels: torch.Tensor
    share: torch.Tensor


@dataclass(frozen=True)
class Batch:
    """Windows that one update learns from.

    Attributes
    ----------
    x : torch.Tensor of float32, shape (n, n_chans, n_times), µV
    labels : torch.Tensor of float32, shape (n,)
    places : ndarray of int, shape (n,)
        Which of the training set they are.
    mixed : Mixed or None
        Where they were mixed with others.
    """

    x: torch.Tensor
    labels: torch.Tensor
    places: NDArray[np.int64]
    mixed: Mixed | None = None

    def __len__(self) -> int:
        return len(self.places)


class Feed(Protocol):
    """Feed: gives the batches of an epoch in their order, from any of them on."""

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on."""
        ...


@dataclass(frozen=True)
class DirectFeed:
    """Feed that reads a batch when it is asked for, on the thread that asks.

    Attributes
    ----------
    examples : Examples
    order : Order
    device : torch.device
        Where the batches go.
    """

    examples: Examples
    order: Order
    device: torch.device

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on."""
        for places in self.order.batches(epoch)[start:]:
            yield Batch(*self.examples.read(places, self.device), places)


def feed_of(examples: Examples, order: Order, device: torch.device) -> Feed:
    """Choose the feed for a training set and a device."""
    return DirectFeed(examples, order, device)
