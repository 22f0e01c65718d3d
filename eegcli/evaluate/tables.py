"""predictions.parquet and votes.parquet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.artifacts.table import Table, concatenate
from eegcli.evaluate.cohort import Cohort
from eegcli.evaluate.prediction import Prediction
from eegcli.stats.votes import COLUMNS, Unit
from eegcli.study.groups import group_names
from eegcli.study.outputs import DESCRIBING, output_columns
from eegcli.study.sets import SETS

_SPLIT_NAMES = np.array(SETS, dtype=object)


def predictions_table(predictions: Sequence[Prediction], cohort: Cohort) -> Table:
    """A row per network and window: who it is, in which set, the truth, and what is predicted."""
    return concatenate(_predictions(prediction, cohort) for prediction in predictions)


def votes_table(predictions: Sequence[Prediction], cohort: Cohort, unit: Unit) -> Table:
    """A row per network, set and unit: how many windows voted, and for what.

    ``probability`` is that of the class that is voted for, by the chosen rule; ``hard_vote`` is the class that most windows predict.
    """
    return concatenate(_votes(prediction, cohort, unit) for prediction in predictions)


def _predictions(prediction: Prediction, cohort: Cohort) -> Table:
    table, rows = cohort.windows.table, prediction.rows
    return {
        **{name: table[name][rows] for name in DESCRIBING if name in table},
        "window": rows,
        "fold": np.full(len(rows), prediction.fold),
        "seed": np.full(len(rows), prediction.seed),
        "split": _SPLIT_NAMES[prediction.split],
        "truth": cohort.target.names(prediction.truth),
        **output_columns(prediction.outputs, cohort.target.classes),
    }


def _votes(prediction: Prediction, cohort: Cohort, unit: Unit) -> Table:
    table, votes, target = cohort.windows.table, prediction.votes, cohort.target
    first = prediction.rows[votes.first]
    described: Table = {
        "unit": group_names(table, COLUMNS[unit], first),
        "dataset": table["dataset"][first],
        "subject": table["subject"][first],
        "fold": np.full(len(first), prediction.fold),
        "seed": np.full(len(first), prediction.seed),
        "split": _SPLIT_NAMES[prediction.split[votes.first]],
        "truth": target.names(prediction.truth[votes.first]),
        "n_windows": votes.n_windows,
    }
    if target.kind == "regression":
        return {**described, **output_columns(prediction.voted, target.classes)}
    return {
        **described,
        "probability": prediction.voted.max(axis=1),
        "vote": target.names(np.argmax(prediction.voted, axis=1).astype(float)),
        "hard_vote": target.names(votes.hard_vote.astype(float)),
        **output_columns(prediction.voted, target.classes),
    }
