"""Feed of a training: the batches of an epoch, on its device."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.blocks import windows_per_block
from eegcli.engine.examples import Examples
from eegcli.engine.order import AnyOrder, Order, StreamedOrder
from eegcli.engine.reading import in_turn
from eegcli.engine.resident import ResidentArray
from eegcli.registry import Training


@dataclass(frozen=True)
class Mixed:
    """Partners with which the windows of a batch were mixed (`augment.mixup`).

    Attributes
    ----------
    labels : torch.Tensor of float32, shape (n,)
        Of the other window of each.
    share : torch.Tensor, shape ()
        Its share in the mixture; the rest is the window's own.
    places : ndarray of int, shape (n,)
        Which of the training set the other windows are.
    """

    labels: torch.Tensor
    share: torch.Tensor
    places: NDArray[np.int64]


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

    def batches(self, epoch: int, start: int = 0) -> Generator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on; closed, it ends what reads ahead."""
        ...


@dataclass(frozen=True)
class ReadingFeed:
    """Feed that reads windows from where they lie: a disk or a server.

    Attributes
    ----------
    examples : Examples
    order : Order or StreamedOrder
    device : torch.device
        Where the batches go.
    """

    examples: Examples
    order: AnyOrder
    device: torch.device

    def batches(self, epoch: int, start: int = 0) -> Generator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on; closed, it ends what reads ahead."""
        examples, order = self.examples, self.order.batches(epoch)[start:]
        rows = [examples.rows[places] for places in order]
        with closing(
            in_turn(examples.x, rows, self.device, lambda: [examples.rows[places] for places in self.order.batches(epoch + 1)])
        ) as read:
            for places, x in zip(order, read, strict=True):
                yield Batch(x, examples.labels_at(places).to(self.device), places)


class ResidentFeed:
    """Feed of windows that lie in the device's memory already, with their labels: nothing is copied but an epoch's order.

    Parameters
    ----------
    examples : Examples
        Of a `ResidentArray`.
    order : Order or StreamedOrder
    """

    def __init__(self, examples: Examples, order: AnyOrder) -> None:
        assert isinstance(examples.x, ResidentArray)
        self._x, self._rows, self._order = examples.x, examples.rows, order
        self._labels = examples.labels_at(np.arange(len(examples))).to(self._x.device)

    def batches(self, epoch: int, start: int = 0) -> Generator[Batch]:
        """Batches of an epoch, counted from 0, from batch `start` on."""
        order = self._order.batches(epoch)[start:]
        labels = self._labels[torch.from_numpy(np.concatenate([*order, np.empty(0, np.int64)])).to(self._x.device)]
        at = 0
        for places, x in zip(order, self._x.batches([self._rows[places] for places in order]), strict=True):
            yield Batch(x, labels[at : at + len(places)], places)
            at += len(places)


def order_of(examples: Examples, hyper: Training, seed: int) -> AnyOrder:
    """Order of a training set: a draw of all of it, or block by block where there is a shuffle buffer."""
    if hyper.shuffle_buffer is None:
        return Order(len(examples), hyper.batch_size, seed)
    return StreamedOrder(examples.rows, windows_per_block(examples.x.shape[1:]), hyper.shuffle_buffer, hyper.batch_size, seed)


def feed_of(examples: Examples, order: AnyOrder, device: torch.device) -> Feed:
    """Choose the feed for a training set and a device."""
    if isinstance(examples.x, ResidentArray) and examples.x.device == device:
        return ResidentFeed(examples, order)
    return ReadingFeed(examples, order, device)
