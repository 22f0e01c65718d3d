"""Strata: the accuracy within groups of subjects, by a column of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError, counted, listed
from eegcli.evaluate.cohort import Cohort
from eegcli.evaluate.columns import Units
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction
from eegcli.evaluate.wording import interval_cell
from eegcli.files.tsv import number
from eegcli.registry import METRICS
from eegcli.stats.votes import Ballot, Unit
from eegcli.study.sets import SETS, TEST

FEW = 5  # subjects: a figure of fewer is said to be of few


def strata(evaluated: Evaluated) -> dict[str, Any] | None:
    """Summarise the test set within groups: levels of a column, or stretches of a number between edges.

    Returns
    -------
    dict or None
        By column: by stratum the figures of windows and votes, as `splits` has them; ``said``. None where no column is named.

    Raises
    ------
    InputError
        If there is no such column, or it varies within units.
    UsageError
        If the edges are no rising numbers, or the column is text.
    """
    if not evaluated.settings.by:
        return None
    units = Units.of(evaluated.cohort, evaluated.unit)
    found: dict[str, Any] = {}
    said = []
    for asked in evaluated.settings.by:
        name, _, edges = asked.partition(":")
        labels = _labels(evaluated.cohort, evaluated.unit, units, name, edges)
        found[name] = {label: _figures(evaluated, units, labels == label) for label in dict.fromkeys(_ordered(labels))}
        few = [label for label, figures in found[name].items() if figures is not None and figures["window"]["n_subjects"] < FEW]
        empty = [label for label, figures in found[name].items() if figures is None]
        found[name] = {label: figures for label, figures in found[name].items() if figures is not None}
        said += [_line(name, label, figures, evaluated.cohort.target.kind) for label, figures in found[name].items()]
        said += [f"by {name}: {listed(few, 5)}: fewer than {FEW} test subjects, whose figures say little"] if few else []
        said += [f"by {name}: nobody of {listed(empty, 5)} is tested"] if empty else []
        n_without = len(np.unique(units.person[np.array([label is None for label in labels])]))
        said += [f"by {name}: {counted(n_without, 'subject')} without a value, in none of these"] if n_without else []
    return {**found, "said": said}


def require_strata(asked: Sequence[str], cohort: Cohort, unit: Unit) -> None:
    """Check that groups can be made, before any work is done; raises as `strata` does."""
    units = Units.of(cohort, unit)
    for one in asked:
        name, _, edges = one.partition(":")
        _labels(cohort, unit, units, name, edges)


def _labels(cohort: Cohort, unit: Unit, units: Units, name: str, edges: str) -> np.ndarray:
    """Stratum of each unit; None where the column has no value."""
    table = cohort.windows.table
    if name not in table:
        raise InputError(f"--by {name}: the windows have no such column", hint=f"There are: {', '.join(sorted(table))}.")
    values = table[name][units.rows]
    if not edges:
        text = units.text(np.array([_text(value) for value in values.tolist()], dtype=object))
        if text is None:
            is_number = values.dtype.kind in "iufb"
            hint = "Give edges for a number: --by NAME:LOW,HIGH." if is_number else f"Name a column that is one value of each {unit}."
            raise InputError(f"--by {name}: it changes within a {unit}", hint=hint)
        return text
    cuts = [number(edge) for edge in edges.split(",")]
    if any(cut is None for cut in cuts) or sorted({cut for cut in cuts if cut is not None}) != cuts:
        raise UsageError(f"--by {name}:{edges}: edges are rising numbers", hint="For example --by age:8,12,16.")
    if values.dtype.kind not in "iufb":
        raise UsageError(f"--by {name}:{edges}: {name} is text, which has no edges", hint=f"Use --by {name}.")
    mean = units.mean(values.astype(np.float64))
    bounds = [float(cut) for cut in cuts if cut is not None]
    names = [
        f"below {bounds[0]:g}",
        *(f"{low:g} to {high:g}" for low, high in pairwise(bounds)),
        f"from {bounds[-1]:g}",
    ]
    place = np.searchsorted(bounds, mean, side="right")
    found = np.array([names[index] for index in place], dtype=object)
    found[~np.isfinite(mean)] = None
    return found


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return f"{value:g}" if isinstance(value, float) else str(value)


def _ordered(labels: np.ndarray) -> list[str]:
    def key(label: str) -> tuple[int, float, str]:
        words = label.split()
        value = number(words[-1] if words[0] in ("below", "from") else words[0])
        return ({"below": 0, "from": 2}.get(words[0], 1), float("inf") if value is None else float(value), label)

    return sorted({label for label in labels.tolist() if label is not None}, key=key)


def _figures(evaluated: Evaluated, units: Units, chosen: NDArray[np.bool_]) -> dict[str, Any] | None:
    """Figures of the test windows and votes of some units; None where none is tested."""
    inside = np.zeros(len(evaluated.cohort.windows.table["onset"]), dtype=bool)
    inside[units.rows[chosen[units.member]]] = True
    repeats = [[_within(one, inside) for one in repeat] for repeat in evaluated.repeats]
    if not any((one.split == TEST).any() for repeat in repeats for one in repeat):
        return None
    return evaluated.summariser.summarise(repeats)[SETS[TEST]]


def _within(one: Prediction, inside: NDArray[np.bool_]) -> Prediction:
    """Prediction of the test windows inside alone."""
    kept = inside[one.rows] & (one.split == TEST)
    rows = np.flatnonzero(kept)
    new = np.full(len(kept), -1)
    new[rows] = np.arange(len(rows))
    votes = kept[one.votes.first]
    voting, group = kept[one.voting], np.cumsum(votes) - 1
    ballot = Ballot(new[one.votes.first[votes]], one.votes.n_windows[votes], one.votes.mean[votes], one.votes.hard[votes])
    return replace(
        one,
        rows=one.rows[rows],
        split=one.split[rows],
        truth=one.truth[rows],
        subject=one.subject[rows],
        outputs=one.outputs[rows],
        votes=ballot,
        voted=one.voted[votes],
        voting=new[one.voting[voting]],
        member=group[one.member[voting]],
    )


def _line(name: str, label: str, figures: dict[str, Any], kind: str) -> str:
    window, vote = figures["window"], figures["vote"]
    who = counted(window["n_subjects"], "subject")
    if kind == "regression":
        return f"by {name}: {label}: MAE {window['mae']:.3g} of windows, {vote['mae']:.3g} of votes; mean predictor {window['baseline_mae']:.3g}; {who}"
    entry = METRICS["accuracy"]
    assert entry.interval is not None
    of_windows, of_votes = (f"{entry.text(one['accuracy'])} % ({interval_cell(one, entry.interval, entry)})" for one in (window, vote))
    return (
        f"by {name}: {label}: {of_windows} of windows, {of_votes} of votes "
        f"(majority {METRICS['majority_rate'].text(window['majority_rate'])} %, balanced {METRICS['balanced_accuracy'].text(window['balanced_accuracy'])} %); {who}"
    )
