"""Saver of a training: writes its checkpoint when that is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from eegcli.engine.checkpoint import Checkpoint, Progress
from eegcli.engine.context import Context
from eegcli.errors import InputError

CHECKPOINT_SECONDS = 60.0  # what a kill may cost; a checkpoint changes nothing, so that a clock may decide about it


@dataclass
class Saver:
    """Saver of a training: by the clock, and when a signal has come.

    Attributes
    ----------
    checkpoint : Checkpoint
    progress : Progress
    context : Context
    not_finite : function
        Gives the error of a loss that is not finite: such a state is never saved.
    saved : float
        When it was last saved.
    """

    checkpoint: Checkpoint
    progress: Progress
    context: Context
    not_finite: Callable[[], Exception]
    saved: float = field(default_factory=time.monotonic)

    def restore(self) -> None:
        """Go on from the checkpoint, if there is one, and say so."""
        before = self.checkpoint.restore()
        if before is not None:
            _refuse_other_ranks(before, self.context)
            _say_where_it_goes_on(self.progress, before, self.context)

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
        if ranks.any(stop.requested or time.monotonic() - self.saved > CHECKPOINT_SECONDS):
            if not torch.isfinite(self.progress.sums).all():
                raise self.not_finite()
            if ranks.writes:
                self.checkpoint.save()
            self.saved = time.monotonic()
            ranks.agree(stop)  # once it is written: a launcher ends all when one has ended
            stop.raise_if_requested()


def _refuse_other_ranks(before: dict[str, Any], context: Context) -> None:
    then, now = before.get("ranks", 1), context.ranks.size
    if then != now:
        raise InputError(
            f"{context.label}begun with {then} rank{'s' if then > 1 else ''}, and {now} would go on: the last bits would not be those of an undisturbed run",
            hint=f"Start {then}, or begin again with --force.",
        )


def _say_where_it_goes_on(progress: Progress, before: dict[str, object], context: Context) -> None:
    context.reporter.info(f"{context.label}going on from the checkpoint: {progress.epoch} epochs and {progress.batch} batches are done")
    for name, then, now in (("device", before["device"], context.device.type), ("threads", before["threads"], context.threads)):
        if then != now:
            context.reporter.warn(
                f"{name} was {then} and is {now} now: the last bits of the result will not be those of an undisturbed run"
            )
