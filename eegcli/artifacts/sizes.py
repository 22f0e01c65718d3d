"""Runs of fewer training subjects within a run (``--train-subjects``): each a run of its own, below the folder ``sizes``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eegcli.artifacts.run import Run, open_run

FOLDER = "sizes"


def of_size(run: Path, size: float) -> Path:
    """Folder of the run with a part of the training subjects: a share, or a number."""
    return run / FOLDER / f"{size:g}"


def smaller_sizes(sizes: Sequence[float]) -> list[float]:
    """Sizes but the largest, which is the run itself, the smallest first."""
    return sorted(sizes)[:-1]


def runs_of_sizes(run: Run) -> list[Run]:
    """Runs with fewer training subjects, the smallest first, then the run itself; it alone where no sizes were asked for."""
    return [*(open_run(of_size(run.path, size)) for size in smaller_sizes(run.settings.train_subjects)), run]
