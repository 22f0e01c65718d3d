"""Predictions of windows without labels: what `predict` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import PREDICTIONS, VOTES
from eegcli.artifacts.table import StoredTable, n_rows, read_table
from eegcli.errors import counted
from eegcli.files import atomic

KIND = "predictions"
SUMMARY, NETWORKS = "summary.json", "networks.parquet"


@dataclass(frozen=True)
class StoredPredictions:
    """Predictions that are open.

    Attributes
    ----------
    path : Path
    summary : dict
        Content of summary.json: `unit`, `votes`, `seen_in_training` (docs/artifacts.md).
    predictions : StoredTable
        A row per window.
    votes : StoredTable
        A row per unit.
    """

    path: Path
    summary: dict[str, Any]
    predictions: StoredTable
    votes: StoredTable

    def __repr__(self) -> str:
        counts = counted(n_rows(self.predictions), "window"), counted(n_rows(self.votes), "vote")
        return f"Predictions: {self.summary['target']}, {', '.join(counts)}"


def open_predictions(path: Path | str) -> StoredPredictions:
    """Open finished predictions.

    Raises
    ------
    InputError, ArtifactError
        If they are missing, unfinished, of another kind or damaged.
    """
    path = Path(path)
    folder.require(path, KIND, SUMMARY, PREDICTIONS, VOTES)
    return StoredPredictions(path, read_summary(path), read_table(path / PREDICTIONS), read_table(path / VOTES))


def read_summary(path: Path) -> dict[str, Any]:
    """Read summary.json of predictions."""
    folder.contents_of(path).check(SUMMARY)
    return atomic.read_json(path / SUMMARY)


def facts_of_predictions(path: Path) -> dict[str, Any]:
    """Facts of finished predictions for `info`, by name: what was predicted, how many, and what has to stand beside it."""
    summary = open_predictions(path).summary
    names = ("target", "classes", "unit", "n_windows", "n_votes", "n_subjects", "n_networks", "votes", "marked", "seen_in_training")
    return {**{name: summary[name] for name in names if summary[name] not in (None, [])}, "task": summary["kind"]}
