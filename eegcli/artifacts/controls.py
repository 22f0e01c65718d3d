"""Controls of a run: runs that were trained as it was but for one thing, in the folder ``controls`` within it."""

from __future__ import annotations

from pathlib import Path

from eegcli.artifacts.folder import DONE
from eegcli.artifacts.run import Run, open_run
from eegcli.errors import InputError, counted

FOLDER = "controls"
RETRAINED = 100  # permutations with a training each; p is known to a hundredth


def permuted(run: Path, number: int) -> Path:
    """Folder of the run that learnt from permuted labels, by number from 1."""
    return run / FOLDER / f"permuted-{number:04d}"


def untrained(run: Path, n: int) -> list[int]:
    """Numbers, up to `n`, of the runs on permuted labels that are missing or unfinished."""
    return [number for number in range(1, n + 1) if not (permuted(run, number) / DONE).exists()]


def permuted_runs(run: Run, n: int) -> list[Run]:
    """Open the runs that learnt from permuted labels.

    Parameters
    ----------
    run : Run
        Whose controls they are.
    n : int
        How many there have to be.

    Raises
    ------
    InputError
        If one is missing or unfinished.
    """
    if missing := untrained(run.path, n):
        raise InputError(
            f"{run.path}: {counted(len(missing), 'run')} on permuted labels of {n} are not trained (the first: {missing[0]})",
            hint=f"Train them: eegcli evaluate {run.path} --retrain --permutations {n}, or eegcli.controls.train_permuted in Python.",
        )
    return [open_run(permuted(run.path, number)) for number in range(1, n + 1)]


def leaky(run: Path) -> Path:
    """Folder of the run whose windows were shuffled over the sets."""
    return run / FOLDER / "leaky"


def leaky_run(run: Run) -> Run:
    """Open the run whose windows were shuffled over the sets.

    Raises
    ------
    InputError
        If it is missing or unfinished.
    """
    if not (leaky(run.path) / "done.json").exists():
        raise InputError(
            f"{run.path}: the run with windows shuffled over the sets is not trained",
            hint=f"Train it: eegcli evaluate {run.path} --audit, or eegcli.controls.train_leaky in Python.",
        )
    return open_run(leaky(run.path))
