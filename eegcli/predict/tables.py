"""predictions.parquet, votes.parquet and networks.parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.run import Run
from eegcli.artifacts.table import Table, concatenate
from eegcli.predict.applied import Applied
from eegcli.predict.seen import SeenWindows, seen_by
from eegcli.predict.voters import Voters
from eegcli.stats.votes import Ballot
from eegcli.study.outputs import DESCRIBING, class_names, output_columns

SEEN = "seen_in_training"


def predictions_table(table: Mapping[str, np.ndarray], outputs: NDArray[np.float64], seen: SeenWindows, classes: Sequence[str]) -> Table:
    """A row per window: who it is, whether a network saw that person, and the mean of what all networks predict."""
    rows = np.arange(len(outputs))
    return {**_described(table), "window": rows, SEEN: seen.column(len(rows)), **output_columns(outputs, classes)}


def votes_table(voters: Voters, ballot: Ballot, seen: SeenWindows, run: Run) -> Table:
    """A row per unit: how many windows voted, and for what; seen where any of its windows was."""
    first = ballot.first
    of_unit = SeenWindows(_any(seen.person, voters, first), _any(seen.content, voters, first))
    described: Table = {
        "unit": voters.names(first),
        **{name: voters.table[name][first] for name in ("dataset", "subject")},
        SEEN: of_unit.column(len(first)),
        "n_windows": ballot.n_windows,
    }
    if run.kind == "regression":
        return {**described, **output_columns(ballot.mean, run.classes)}
    return {
        **described,
        "probability": ballot.mean.max(axis=1),
        "vote": class_names(ballot.vote, run.classes),
        "hard_vote": class_names(ballot.hard_vote, run.classes),
        **output_columns(ballot.mean, run.classes),
    }


def networks_table(table: Mapping[str, np.ndarray], applied: Applied, runs: Sequence[Run], taken: Sequence[Fittable]) -> Table:
    """A row per network and window: which network, whether it saw that person, and what it predicts."""
    seen: dict[tuple[int, int], np.ndarray] = {}
    parts = []
    for number, fold, seed, outputs in applied.each:
        if (number, fold) not in seen:
            seen[number, fold] = seen_by([runs[number]], [taken[number]], [fold]).column(len(outputs))
        which = {name: np.full(len(outputs), value) for name, value in (("ensemble_run", number), ("fold", fold), ("seed", seed))}
        rows = {"window": np.arange(len(outputs))}
        parts.append({**_described(table), **rows, **which, SEEN: seen[number, fold], **output_columns(outputs, runs[0].classes)})
    return concatenate(parts)


def _described(table: Mapping[str, np.ndarray]) -> Table:
    return {name: table[name] for name in DESCRIBING if name in table}


def _any(mask: NDArray[np.bool_] | None, voters: Voters, first: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Mark the groups of which any window is marked, in the order of the ballot."""
    if mask is None:
        return None
    marked: NDArray[np.bool_] = np.bincount(voters.number, weights=mask, minlength=int(voters.number.max()) + 1)[voters.number[first]] > 0
    return marked
