"""Table of the parts of an evaluation that stand beside the figures of its sets: each makes tables and figures, and an entry of metrics.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eegcli.registry.metrics import Kind


@dataclass(frozen=True)
class PartEntry:
    """Part of an evaluation.

    Attributes
    ----------
    path : str
        Function ``(evaluated) -> dict or None``, as ``module:attribute``: it writes its files into ``evaluated.output``; what it returns stands
        in metrics.json under the part's name, and of that ``said``, a list of sentences, is told. None: there is nothing to say of this run.
    summary : str
        One line for the documentation.
    kinds : tuple of {"classification", "regression"}
        Kinds of target that it is made for.
    windows : {"own", "other", "any"}
        Made for the run's own windows, for those of a new cohort, or for both.
    figures : tuple of str
        Names of the figures that it may write, in the order in which they are told.
    """

    path: str
    summary: str
    kinds: tuple[Kind, ...] = ("classification", "regression")
    windows: Literal["own", "other", "any"] = "any"
    figures: tuple[str, ...] = ()


# In the order in which they are made and told.
PARTS: dict[str, PartEntry] = {
    "test_set": PartEntry(
        "eegcli.evaluate.figure:test_set",
        "figure of the test set, windows beside votes",
        figures=("confusion.png", "scatter.png"),
    ),
    "nested_cv": PartEntry(
        "eegcli.evaluate.nested:nested_cv", "interval of a cross-validated closed form, corrected; where it is asked for", windows="own"
    ),
    "per_fold": PartEntry(
        "eegcli.evaluate.folds:per_fold", "figure of the test windows of each fold", windows="own", figures=("folds.png",)
    ),
    "learning_curve": PartEntry(
        "eegcli.evaluate.learning_curve:learning_curve",
        "accuracy against the number of training subjects, where there are several",
        windows="own",
        figures=("learning_curve.png",),
    ),
}
