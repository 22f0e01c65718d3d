"""Predictions of a run beside the figures of its sets: all that the parts of an evaluation look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from eegcli.artifacts.run import Run
from eegcli.evaluate.cohort import Cohort
from eegcli.evaluate.levels import Summariser
from eegcli.evaluate.prediction import Prediction
from eegcli.registry import load
from eegcli.registry.evaluation import PARTS
from eegcli.reporter import Reporter
from eegcli.settings import EvaluateSettings
from eegcli.stats.votes import Unit


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """Predictions of a run on a cohort, with the figures of its sets.

    Attributes
    ----------
    runs : sequence of Run
        Of each size of the training set, the smallest first; the last is the one that is evaluated.
    cohort : Cohort
    unit : str
        Group of windows that casts one vote.
    predictions : sequence of Prediction
        One per network, in the order of folds and seeds.
    repeats : sequence of sequence of Prediction
        The same: put below each other within a repeat (the folds of a seed), averaged over repeats.
    summariser : Summariser
    metrics : mapping
        metrics.json so far: ``splits`` and ``folds``.
    output : Path
        Folder of the evaluation.
    title : str
        Title of a figure: what was asked, and what has to be said of every number.
    settings : EvaluateSettings
    device : torch.device
        Where networks run; to be used within `engine.device.exact`, as the parts are.
    reporter : Reporter
    """

    runs: Sequence[Run]
    cohort: Cohort
    unit: Unit
    predictions: Sequence[Prediction]
    repeats: Sequence[Sequence[Prediction]]
    summariser: Summariser
    metrics: Mapping[str, Any]
    output: Path
    title: str
    settings: EvaluateSettings
    device: torch.device
    reporter: Reporter

    @property
    def run(self) -> Run:
        """The run that is evaluated."""
        return self.runs[-1]


def make_parts(evaluated: Evaluated) -> dict[str, Any]:
    """Make the parts that fit, in the order of the table.

    Parameters
    ----------
    evaluated : Evaluated

    Returns
    -------
    dict
        Entries of metrics.json by the names of the parts.
    """
    where = "own" if evaluated.cohort.own else "other"
    made: dict[str, Any] = {}
    for name, entry in PARTS.items():
        if evaluated.cohort.target.kind in entry.kinds and entry.windows in (where, "any"):
            entry_of_metrics = load(entry.path)(evaluated)
            if entry_of_metrics is not None:
                made[name] = entry_of_metrics
    return made
