"""Clock of a training: says after each epoch how it did, and what time is left."""

from __future__ import annotations

import time

from eegcli.engine import checkpoint
from eegcli.engine.context import Context
from eegcli.engine.keeper import Keeper
from eegcli.engine.objective import Objective

NOTE_SECONDS = 5.0  # between notes of how far it is, which `info` reads


class Clock:
    """Clock of a training.

    Parameters
    ----------
    first : float
        Epochs that were done when it began.
    n_batches : int
        Of an epoch.
    """

    def __init__(self, first: float, n_batches: int) -> None:
        self.started, self.first, self.n_batches, self.noted = time.monotonic(), first, n_batches, float("-inf")

    def tell(self, epoch: int, epochs: int, keeper: Keeper, context: Context) -> None:
        """Tell of the epoch that ended, of `epochs`; at times note it on disk."""
        done = max(epoch - self.first, 1 / self.n_batches)  # epochs since the start, or since the checkpoint
        per_epoch = (time.monotonic() - self.started) / done
        if context.ranks.writes and time.monotonic() - self.noted > NOTE_SECONDS:
            best = keeper.history[keeper.kept_epoch - 1]
            checkpoint.note(context.folder, epoch=epoch, epochs=epochs, best=best, seconds_per_epoch=per_epoch)
            self.noted = time.monotonic()
        context.reporter.info(
            f"{context.label}epoch {epoch}/{epochs}: {_figures(keeper.history[-1], keeper.objective)} "
            f"({keeper.word}: {keeper.kept_epoch}); {_hours(per_epoch * (epochs - epoch))} left"
        )


def _figures(row: dict[str, float], objective: Objective) -> str:
    def shown(*names: str) -> str:
        return ", ".join(f"{name.split('_', 1)[1].replace('_', ' ')} {row[name]:.3f}" for name in names)

    scores = {"validation": objective.validation_score, "test": objective.test_score}
    looked = "".join(f"; {name} {shown(f'{name}_loss', score)}" for name, score in scores.items() if score in row)
    return shown("train_loss", objective.train_score) + looked


def _hours(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
