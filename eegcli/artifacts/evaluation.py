"""Evaluations: predictions per window, votes per unit, and the figures made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.table import StoredTable, n_rows, read_table
from eegcli.errors import counted
from eegcli.files import atomic
from eegcli.registry import headline_metric

NAME = "evaluation"  # of its folder in the run
PREDICTIONS, VOTES, METRICS = "predictions.parquet", "votes.parquet", "metrics.json"


@dataclass(frozen=True)
class Evaluation:
    """An evaluation that is open.

    Attributes
    ----------
    path : Path
    metrics : dict
        Content of metrics.json: `unit`, `splits`, `leak_checks` (docs/artifacts.md).
    predictions : StoredTable
        A row per window and network of the run.
    votes : StoredTable
        A row per unit, set and network of the run.
    tables : dict of str to StoredTable
        The other tables, by the names of their files: ``voting``, ``calibration``, ``conformal``, ``learning_curve``, as far as they were made.
    """

    path: Path
    metrics: dict[str, Any]
    predictions: StoredTable
    votes: StoredTable
    tables: dict[str, StoredTable] = field(default_factory=dict)

    @property
    def splits(self) -> dict[str, Any]:
        """Figures per set and level, pooled where there are folds or seeds: ``splits["test"]["vote"]["accuracy"]``."""
        result: dict[str, Any] = self.metrics["splits"]
        return result

    def __repr__(self) -> str:
        test = self.splits.get("test") or {}
        name = headline_metric(self.metrics["kind"])
        figures = [
            f"{name} {test[level][name]:.3g} per {level}" for level in ("window", "vote") if (test.get(level) or {}).get(name) is not None
        ]
        counts = counted(n_rows(self.predictions), "prediction"), counted(n_rows(self.votes), "vote")
        return f"Evaluation: {self.metrics['target']}, {', '.join(counts)}" + (f"; test {', '.join(figures)}" if figures else "")


def open_evaluation(path: Path | str) -> Evaluation:
    """Open a finished evaluation.

    Parameters
    ----------
    path : Path or str
        Its folder; or that of a run, for the evaluation on the run's own windows.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind or damaged.
    """
    path = folder.within_run(Path(path), NAME)
    further = [file for file in sorted(path.glob("*.parquet")) if file.name not in (PREDICTIONS, VOTES)]
    folder.require(path, "evaluation", METRICS, PREDICTIONS, VOTES, *(file.name for file in further))
    return Evaluation(
        path,
        read_figures(path),
        read_table(path / PREDICTIONS),
        read_table(path / VOTES),
        {file.stem: read_table(file) for file in further},
    )


def read_figures(path: Path) -> dict[str, Any]:
    """Read metrics.json of an evaluation, with ``splits`` at the top in every case.

    Parameters
    ----------
    path : Path
        Folder of the evaluation.

    Returns
    -------
    dict
        Content of metrics.json. Of several networks older versions wrote ``splits`` under ``pooled`` only.
    """
    folder.contents_of(path).check(METRICS)
    metrics = atomic.read_json(path / METRICS)
    return metrics if "splits" in metrics else {**metrics, "splits": metrics["pooled"]["splits"]}
