"""Saver of a training: writes its checkpoint when that is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from eegcli.engine.checkpoint import Checkpoint, Progress
from eegcli.engine.context import Context
from eegcli.errors import InputError, counted

FIRST_SECONDS = 10.0  # of work: no more than this is lost of a training that is killed early
# Times what the last checkpoint took have to go by, and what all of them took: together they take 1 % of the time at most, however slow the disk is.
COSTS = 100.0


@dataclass
class Saver:
    """Saver of a training: by the clock, at the end of an epoch, and when a signal has come.

    A checkpoint changes nothing, so that a clock may decide about it.

    Attributes
    ----------
    checkpoint : Checkpoint
    progress : Progress
    context : Context
    not_finite : function
        Gives the error of a loss that is not finite: such a state is never saved.
    begun, saved : float
        When this process began, and when it last saved.
    cost, spent : float
        How long that took, and all that it saved, s.
    is_first : bool
        True until it has saved what it did.
    """

    checkpoint: Checkpoint
    progress: Progress
    context: Context
    not_finite: Callable[[], Exception]
    begun: float = 0.0
    saved: float = 0.0
    cost: float = 0.0
    spent: float = 0.0
    is_first: bool = True

    def begin(self) -> None:
        """Go on from the checkpoint, and say so; without one, write that of the start: a disk that takes none is known before any work."""
        self.begun = time.monotonic()
        before = self.checkpoint.restore()
        if before is None:
            self._save()
        else:
            _refuse_other_ranks(before, self.context)
            _say_where_it_goes_on(self.progress, before, self.context)
        self.saved, self.is_first = time.monotonic(), True

    def save_if_due(self) -> None:
        """Write the checkpoint if it is time; after a signal, to whichever rank it came, write it, and end the command.

        Raises
        ------
        InputError
            If the loss is not finite.
        Stopped, Interrupted
            If a signal came.
        """
        stop, ranks = self.context.stop, self.context.ranks
        if ranks.any(stop.requested or (ranks.writes and self._is_due())):
            if not torch.isfinite(self.progress.sums).all():
                raise self.not_finite()
            self._save()
            ranks.agree(stop)  # once it is written: a launcher ends all when one has ended
            stop.raise_if_requested()

    def _is_due(self) -> bool:
        now, between = time.monotonic(), self.context.checkpoint_seconds
        gone = now - self.saved
        if not between:
            return True
        if self.is_first and gone >= min(between, FIRST_SECONDS):
            return True
        ends_epoch = self.progress.batch == 0
        return gone >= max(0.0 if ends_epoch else between, COSTS * self.cost) and now - self.begun >= COSTS * self.spent

    def _save(self) -> None:
        begun = time.monotonic()
        if self.context.ranks.writes:
            self.checkpoint.save()
        self.saved, self.is_first = time.monotonic(), False
        self.cost = self.saved - begun
        self.spent += self.cost


def _refuse_other_ranks(before: dict[str, Any], context: Context) -> None:
    then, now = before.get("ranks", 1), context.ranks.size
    if then != now:
        raise InputError(
            f"{context.label}begun with {counted(then, 'rank')}, and {now} would go on: the last bits would not be those of an undisturbed run",
            hint=f"Start {then}, or begin again with --force.",
        )


def _say_where_it_goes_on(progress: Progress, before: dict[str, object], context: Context) -> None:
    context.reporter.info(
        f"{context.label}going on from the checkpoint: {counted(progress.epoch, 'epoch')} and {counted(progress.batch, 'batch')} are done"
    )
    here = {"device": context.device.type, "threads": context.threads, "torch": torch.__version__}
    for name, now in here.items():
        if before[name] != now:
            context.reporter.warn(
                f"{name} was {before[name]} and is {now} now: the last bits of the result will not be those of an undisturbed run"
            )
