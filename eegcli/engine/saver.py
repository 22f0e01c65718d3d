"""Saver of a training: writes its checkpoint when that is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from eegcli.engine.checkpoint import Checkpoint, Progress
from eegcli.engine.context import Context
from eegcli.errors import counted

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
            _say_where_it_goes_on(self.progress, before, self.context)

    def save_if_due(self) -> None:
        """Write the checkpoint if it is time; after a signal write it, and end the command.

        Raises
        ------
        InputError
            If the loss is not finite.
        Stopped, Interrupted
            If a signal came.
        """
        stop = self.context.stop
        if stop.requested or time.monotonic() - self.saved > CHECKPOINT_SECONDS:
            if not torch.isfinite(self.progress.sums).all():
                raise self.not_finite()
            self.checkpoint.save()
            self.saved = time.monotonic()
            stop.raise_if_requested()


def _say_where_it_goes_on(progress: Progress, before: dict[str, object], context: Context) -> None:
    context.reporter.info(
        f"{context.label}going on from the checkpoint: {counted(progress.epoch, 'epoch')} and {counted(progress.batch, 'batch')} are done"
    )
    for name, then, now in (("device", before["device"], context.device.type), ("threads", before["threads"], context.threads)):
        if then != now:
            context.reporter.warn(
                f"{name} was {then} and is {now} now: the last bits of the result will not be those of an undisturbed run"
            )
