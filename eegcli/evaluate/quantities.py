"""Fitted quantities of a run, each with those by whom it was fitted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from eegcli.artifacts.run import Run
from eegcli.checks.finding import Fitted
from eegcli.study.groups import PARTS
from eegcli.study.persons import People

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def fitted_on(run: Run, people: People) -> tuple[Fitted, ...]:
    """List what was fitted in each fold of a run, on whom, and who is tested there.

    Parameters
    ----------
    run : Run
    people : People
        Who is the same person.
    """
    return tuple(one for fold in np.unique(run.splits["fold"]).tolist() for one in _of_fold(run, int(fold), people))


def _of_fold(run: Run, fold: int, people: People) -> Iterator[Fitted]:
    tested = _groups(run, fold, (TEST,), people)
    for what, sets, named in _quantities(run):
        yield Fitted(what, fold, sets, _groups(run, fold, sets, people), tested, named)
    if run.ancestors and run.settings.split_unit not in PARTS:
        yield Fitted("weights it began with", fold, (), frozenset(people.of(run.ancestors)), tested)


def _quantities(run: Run) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Quantities that were fitted, each with its sets, and whether the user asked for it although it sees the test set."""
    settings, metrics = run.settings, run.metrics
    yield "weights", (TRAIN,), False
    yield "baseline", (TRAIN,), False
    if settings.normalise == "train":
        yield "normalisation", (TRAIN,), False
    if any(one.get("class_weights") for one in metrics["networks"]):
        yield "class weights", (TRAIN,), False
    if metrics["training"] is None:
        yield "penalty", (TRAIN,), False
    elif settings.report_epoch == "published":
        yield "epoch", (TEST,), True
    elif settings.refit:
        yield "epoch", (TRAIN,), False  # by those of them who validated before
    elif (run.splits["split"] == VALIDATION).any():
        yield "epoch", (VALIDATION,), False
    if settings.align != "none":
        yield "alignment", (TRAIN, VALIDATION, TEST), True


def _groups(run: Run, fold: int, sets: tuple[str, ...], people: People) -> frozenset[tuple[str, ...]]:
    """Persons of sets; where the run was split by parts of persons or by windows, these."""
    rows = np.isin(run.splits["split"].astype(str), sets) & (run.splits["fold"] == fold)
    table = {name: run.splits[name][rows] for name in ("dataset", "subject")}
    persons = people.of(table)
    if run.settings.split_unit == "subject":
        return frozenset(persons)
    return frozenset((*person, str(unit)) for person, unit in zip(persons, run.splits["unit"][rows].tolist(), strict=True))
