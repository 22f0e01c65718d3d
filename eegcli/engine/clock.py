"""Clock of a training: what each epoch took and how it did, and what time is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from eegcli.engine import checkpoint
from eegcli.engine.context import Context
from eegcli.engine.feed import Batch
from eegcli.engine.keeper import Keeper
from eegcli.engine.objective import Objective
from eegcli.engine.sensor import Reading, sensor_of

RATE = "windows/s"
NOTE_SECONDS = 5.0  # between notes of how far it is, which `info` reads


class Clock:
    """Clock of a training; a part of a checkpoint, so that the times of earlier epochs are not lost.

    Parameters
    ----------
    context : Context
        Device, and who is told.

    Attributes
    ----------
    rows : list of dict
        A row per finished epoch: the table of timing.parquet. Of an epoch that was interrupted they hold its last part.
    """

    def __init__(self, context: Context) -> None:
        self._context, self._sensor = context, sensor_of(context.device, context.threads)
        self.rows: list[dict[str, Any]] = []
        self._noted = float("-inf")
        self.start(0.0)

    def start(self, epochs_done: float) -> None:
        """Begin to count, from the epochs that are done already, a part of one included."""
        self._started, self._first = time.monotonic(), epochs_done

    def watch(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Pass the batches of an epoch on, and count windows and time: reading and learning, for both have to be waited for."""
        self._sensor.begin()
        self._begun, self._n_windows, self._looked = time.perf_counter(), 0, 0.0
        for batch in batches:
            yield batch
            self._n_windows += len(batch)
            self._sensor.look()
        self._learnt = time.perf_counter()

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Count the block as looking, within an epoch."""
        begun = time.perf_counter()
        yield
        self._looked += time.perf_counter() - begun

    def tell(self, epoch: int, epochs: int, keeper: Keeper) -> None:
        """Tell of the epoch that ended, of `epochs`; at times note it on disk."""
        context, now = self._context, time.perf_counter()
        read, learning = self._sensor.read(), self._learnt - self._begun - self._looked
        speed = self._n_windows / learning if self._n_windows else None  # none where only the looking was left
        self.rows.append(
            {
                "epoch": epoch,
                "seconds": now - self._begun,
                "seconds_learning": learning,
                "seconds_looking": now - self._learnt + self._looked,
                "n_windows": self._n_windows,
                "windows_per_second": speed,
                "memory_bytes": read.memory_bytes,
                "utilisation": read.utilisation,
                "joules": read.joules,
            }
        )
        per_epoch = (time.monotonic() - self._started) / max(epoch - self._first, 1e-3)  # since the start, or since the checkpoint
        if context.ranks.writes and time.monotonic() - self._noted > NOTE_SECONDS:
            checkpoint.note(context.folder, epoch=epoch, epochs=epochs, best=keeper.kept, seconds_per_epoch=per_epoch)
            self._noted = time.monotonic()
        cost = [f"{now - self._begun:.3g} s", *([] if speed is None else [f"{speed:.0f} {RATE}"]), *_told(read, context.device)]
        context.reporter.info(
            f"{context.label}epoch {epoch}/{epochs}: {_figures(keeper.history[-1], keeper.objective)} "
            f"({keeper.word}: {_named(keeper.kept)}); {', '.join(cost)}; {_hours(per_epoch * (epochs - epoch))} left"
        )

    def table(self) -> list[dict[str, Any]]:
        """Rows of timing.parquet: what nothing told is NaN."""
        return [{name: float("nan") if value is None else value for name, value in row.items()} for row in self.rows]

    def tensors(self) -> dict[str, torch.Tensor]:
        """No tensors."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Rows of the epochs so far."""
        return {"rows": self.rows}

    def load(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Put back what `facts` gave."""
        self.rows = facts["rows"]


def _told(read: Reading, device: torch.device) -> list[str]:
    memory = [f"{read.memory_bytes / 1e6:.0f} MB"] if read.memory_bytes else []
    return memory + ([] if read.utilisation is None else [f"{device.type} {read.utilisation:.0%}"])


def _named(row: dict[str, float]) -> str:
    """Number of an epoch, and of the batch where it was looked at within it."""
    return f"{row['epoch']:.0f}" + (f", batch {row['batch']:.0f}" if "batch" in row else "")


def _figures(row: dict[str, float], objective: Objective) -> str:
    def shown(*names: str) -> str:
        return ", ".join(f"{name.split('_', 1)[1].replace('_', ' ')} {row[name]:.3f}" for name in names)

    scores = {"validation": objective.validation_score, "test": objective.test_score}
    looked = "".join(f"; {name} {shown(f'{name}_loss', score)}" for name, score in scores.items() if score in row)
    return shown("train_loss", objective.train_score) + looked


def _hours(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
