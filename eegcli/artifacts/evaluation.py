"""Evaluations: predictions per window, votes per unit, and the figures made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eegcli.files import atomic

PREDICTIONS, VOTES, METRICS = "predictions.parquet", "votes.parquet", "metrics.json"


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
    metrics = atomic.read_json(path / METRICS)
    return metrics if "splits" in metrics else {**metrics, "splits": metrics["pooled"]["splits"]}
