"""Schedule of a training: which batches make an update, and the learning rate of each, as functions of the number of the batch alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eegcli.errors import InputError
from eegcli.registry import Training

# Of `onecycle`, as torch.optim.lr_scheduler.OneCycleLR has them: share of the updates in which the rate rises, and what it begins and ends with.
RISE, FIRST, LAST = 0.3, 1 / 25, 1 / 25 / 1e4


@dataclass(frozen=True)
class Schedule:
    """Schedule of a training; without memory, so that a resumed training needs none.

    Batches are numbered from 0 over all epochs, and so are updates. An epoch ends with an update, however few batches are left for it.

    Attributes
    ----------
    kind : {"constant", "cosine", "onecycle"}
        Course of the learning rate after the warm-up: `cosine` falls to 0 (Loshchilov & Hutter 2017, without restarts), `onecycle` rises and falls
        (Smith & Topin 2018, in torch's form, the momentum left alone).
    lr : float
        Learning rate: the highest one.
    epochs : int
    n_batches : int
        Batches of an epoch.
    accumulate : int
        Batches of an update.
    warmup : int
        Updates in which the rate rises, by equal parts, from 0.
    """

    kind: str
    lr: float
    epochs: int
    n_batches: int
    accumulate: int = 1
    warmup: int = 0

    @classmethod
    def of(cls, hyper: Training, n_batches: int) -> Schedule:
        """Schedule of hyper-parameters, where an epoch has `n_batches` batches.

        Raises
        ------
        InputError
            If the warm-up has as many updates as the whole training.
        """
        plain = cls(hyper.schedule, hyper.lr, hyper.epochs, n_batches, hyper.accumulate)
        if hyper.warmup is None:
            return plain
        steps = hyper.warmup.removesuffix("steps")
        warmup = int(steps) if steps != hyper.warmup else max(1, round(float(steps) * plain.updates_per_epoch))
        if warmup >= plain.n_updates:
            raise InputError(
                f"--warmup {hyper.warmup}: the whole training has {plain.n_updates} updates",
                hint="Warm up over fewer, or train for more epochs.",
            )
        return cls(hyper.schedule, hyper.lr, hyper.epochs, n_batches, hyper.accumulate, warmup)

    @property
    def updates_per_epoch(self) -> int:
        """Number of updates of an epoch."""
        return -(-self.n_batches // self.accumulate)

    @property
    def n_updates(self) -> int:
        """Number of updates of the training."""
        return self.epochs * self.updates_per_epoch

    def ends_update(self, batch: int) -> bool:
        """Test that a batch is the last one of its update."""
        place = batch % self.n_batches + 1  # in its epoch, from 1
        return place % self.accumulate == 0 or place == self.n_batches

    def rate(self, batch: int) -> float:
        """Learning rate of the update to which a batch belongs."""
        epoch, place = divmod(batch, self.n_batches)
        update = epoch * self.updates_per_epoch + place // self.accumulate
        if update < self.warmup:
            return self.lr * (update + 1) / self.warmup
        return self.lr * self._share(update - self.warmup, self.n_updates - self.warmup)

    def _share(self, update: int, n: int) -> float:
        """Share of the highest rate, of the `n` updates after the warm-up."""
        if self.kind == "constant":
            return 1.0
        if self.kind == "cosine":
            return _eased(1.0, 0.0, update / n)
        peak = RISE * n - 1
        if peak > 0 and update <= peak:
            return _eased(FIRST, 1.0, update / peak)
        return _eased(1.0, LAST, (update - peak) / (n - 1 - peak))


def _eased(start: float, end: float, share: float) -> float:
    """A value on half a cosine from `start` (share 0) to `end` (1)."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
