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
    brief : bool
        False for what is told with `-v` alone, though it was not asked for: it stands in metrics.json, and on the page.
    """

    path: str
    summary: str
    kinds: tuple[Kind, ...] = ("classification", "regression")
    windows: Literal["own", "other", "any"] = "any"
    figures: tuple[str, ...] = ()
    brief: bool = True


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
    "voting": PartEntry(
        "eegcli.evaluate.voting:voting",
        "votes of the test set by every rule, their gain over windows, and accuracy against seconds of EEG",
        kinds=("classification",),
        figures=("voting.png",),
        brief=False,
    ),
    "calibration": PartEntry(
        "eegcli.evaluate.calibrated:calibration",
        "reliability of the test set's probabilities, before and after a temperature fitted on validation subjects",
        kinds=("classification",),
        figures=("calibration.png",),
        brief=False,
    ),
    "over_seeds": PartEntry(
        "eegcli.evaluate.over_seeds:over_seeds", "figures over seeds in the form of published tables, where there are several"
    ),
    "conformal": PartEntry(
        "eegcli.evaluate.conformal:conformal",
        "with --conformal: sets of classes, or intervals of a number, that hold the truth as often as asked",
    ),
    "permutation": PartEntry("eegcli.evaluate.permuted:permutation", "p values of the test set, by permuted labels"),
    "seeds_and_subjects": PartEntry(
        "eegcli.evaluate.sources:seeds_and_subjects", "spread between subjects, between seeds, and the rest, where there are several seeds"
    ),
    "audit": PartEntry(
        "eegcli.evaluate.audit:audit", "with `--audit`: by how much a split that leaks inflates the accuracy", windows="own"
    ),
    "confounds": PartEntry(
        "eegcli.evaluate.confounds:confounds",
        "how well each column alone tells the target, and what the network knows beyond it",
        figures=("confounds.png",),
    ),
    "strata": PartEntry("eegcli.evaluate.strata:strata", "with `--by`: the test set within groups of subjects"),
    "embeddings": PartEntry(
        "eegcli.evaluate.embeddings:embeddings",
        "vectors before the last layer, and what linear probes read from them, where they are asked for",
        figures=("embeddings.png",),
    ),
}
