"""Runs that are compared: what each is, its curves, and what it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts import folder
from eegcli.artifacts.evaluation import NAME as EVALUATION
from eegcli.artifacts.evaluation import read_figures
from eegcli.artifacts.metrics_of_run import KEPT_BATCH
from eegcli.artifacts.run import OPTIMISTIC, Run
from eegcli.artifacts.table import StoredTable
from eegcli.errors import InputError
from eegcli.registry import METRICS, metrics_of, training_metric
from eegcli.reporter import Reporter

Floats = NDArray[np.float64]
SETS = ("train", "validation", "test")


@dataclass(frozen=True)
class Spread:
    """Mean over the networks of a run, and their standard deviation.

    Attributes
    ----------
    mean : float
    sd : float or None
        ddof 1; None for one network.
    """

    mean: float
    sd: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Mean and standard deviation of a figure of each network."""
        return cls(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None)


@dataclass(frozen=True)
class Curve:
    """Course of a metric over the epochs: mean over networks, and their standard deviation (ddof 1); shape (n_epochs,).

    Networks that stopped early have a part in the epochs that they had.
    """

    mean: Floats
    sd: Floats | None


@dataclass(frozen=True)
class Compared:
    """One of the compared runs.

    Attributes
    ----------
    run : str
        Name of its folder; the path where two are called the same.
    path : str
    network : str
        Architecture.
    activation : str or None
        Its activation; None where it has no such option.
    options : dict
        All options of the architecture.
    epochs : int or None
        None for a closed form, which has none.
    n_parameters, n_folds, n_seeds : int
    kept_epoch : list of int
        Of each network.
    marked : str or None
        Caveat that stands beside every figure of the run.
    metric : str
        Metric of the curves.
    curves : dict of str to Curve
        By set, those that the history has; of each epoch the look at its end.
    training, validation : dict of str to Spread
        Figures of the kept epochs, by metric; `validation` is empty without a validation set.
    majority : float or None
        Validation figure of the constant prediction; mean over networks.
    highest_test : Spread or None
        Highest of all epochs on the test set: optimistic, and only where `--report-epoch published` recorded it.
    evaluation : dict or None
        ``window`` and ``vote`` of the test set, where the run is evaluated, and ``unit``.
    """

    run: str
    path: str
    network: str
    activation: str | None
    options: dict[str, Any]
    epochs: int | None
    n_parameters: int
    n_folds: int
    n_seeds: int
    kept_epoch: list[int]
    marked: str | None
    metric: str
    curves: dict[str, Curve]
    training: dict[str, Spread]
    validation: dict[str, Spread]
    majority: float | None
    highest_test: Spread | None
    evaluation: dict[str, Any] | None

    def data(self) -> dict[str, Any]:
        """Entry of `--json`: everything but the curves, which stand in history.parquet; an optimistic figure says so."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "curves"}
        for name in ("training", "validation"):
            values[name] = {metric: vars(spread) for metric, spread in values[name].items()}
        highest = values["highest_test"]
        values["highest_test"] = None if highest is None else {**vars(highest), "marked": OPTIMISTIC}
        return values


def require_same_question(runs: Sequence[Run]) -> None:
    """Check that all runs learnt the same target, of the same kind, with the same classes.

    Raises
    ------
    InputError
        Naming the two runs and what differs.
    """
    first = runs[0]
    for other in runs[1:]:
        asked = {"target": (first.target, other.target), "kind": (first.kind, other.kind)}
        asked["classes"] = (", ".join(sorted(first.classes)), ", ".join(sorted(other.classes)))
        here, there = other.path.name, first.path.name
        if differing := [
            f"{name} {one or 'none'} in {there}, {two or 'none'} in {here}" for name, (one, two) in asked.items() if one != two
        ]:
            raise InputError(
                f"{other.path} and {first.path} answer different questions ({'; '.join(differing)})",
                hint="Compare runs of one target.",
            )


def compared(runs: Sequence[Run], reporter: Reporter) -> list[Compared]:
    """Gather what each run is and reached; what an older version did not record is said."""
    names = [run.path.resolve().name for run in runs]
    return [_compared(run, name if names.count(name) == 1 else str(run.path), reporter) for run, name in zip(runs, names, strict=True)]


def _compared(run: Run, name: str, reporter: Reporter) -> Compared:
    metrics, metric = run.metrics, training_metric(run.kind)
    histories = [network.history for network in run.networks]
    kept = [int(one["kept_epoch"]) for one in metrics["networks"]]
    rows = [_row_of(history, one) for history, one in zip(histories, metrics["networks"], strict=True)]
    options = dict(run.networks[0].description.options)
    curves = {which: _curve(histories, f"{which}_{metric}") for which in SETS if f"{which}_{metric}" in histories[0]}
    if "validation" not in curves and "validation_loss" in histories[0]:
        reporter.warn(f"{name}: an earlier version trained it and recorded no {metric} of the validation set per epoch")
    test = f"test_{metric}"
    constant = [one["baseline"].get(f"validation_{metric}") for one in metrics["networks"]]
    return Compared(
        run=name,
        path=str(run.path),
        network=str(metrics["arch"]),
        activation=options.get("activation"),
        options=options,
        epochs=None if metrics["training"] is None else max(int(history["epoch"][-1]) for history in histories),
        n_parameters=int(metrics["n_parameters"]),
        n_folds=int(metrics["n_folds"]),
        n_seeds=int(metrics["n_seeds"]),
        kept_epoch=kept,
        marked=run.caveat,
        metric=metric,
        curves=curves,
        training=_at_kept(histories, rows, "train_", [metric]),
        validation=_at_kept(histories, rows, "validation_", list(metrics_of(run.kind))),
        majority=None if None in constant else float(np.mean(constant)),
        highest_test=Spread.of([float(np.nanmax(history[test])) for history in histories]) if test in histories[0] else None,
        evaluation=_evaluation(run),
    )


def _curve(histories: Sequence[StoredTable], column: str) -> Curve:
    courses = [np.asarray(history[column], dtype=np.float64)[_ends(history)] for history in histories]
    longest = max(map(len, courses))
    there = [[course[epoch] for course in courses if epoch < len(course)] for epoch in range(longest)]
    mean = np.array([np.mean(one) for one in there])
    sd = np.array([np.std(one, ddof=1) if len(one) > 1 else 0.0 for one in there])
    return Curve(mean, sd if len(courses) > 1 else None)


def _ends(history: StoredTable) -> NDArray[np.bool_]:
    """Rows at the end of an epoch: where it was looked at within epochs, the last of each."""
    epoch = np.asarray(history["epoch"])
    return np.append(epoch[1:] != epoch[:-1], True)


def _row_of(history: StoredTable, network: Mapping[str, Any]) -> int:
    """Row of the kept look of a network, from 0."""
    kept = np.asarray(history["epoch"]) == network["kept_epoch"]
    if KEPT_BATCH in network:
        kept &= np.asarray(history["batch"]) == network[KEPT_BATCH]
    return int(np.flatnonzero(kept)[0])


def _at_kept(histories: Sequence[StoredTable], rows: Sequence[int], prefix: str, metrics: Sequence[str]) -> dict[str, Spread]:
    there = [name for name in metrics if prefix + name in histories[0]]
    return {name: Spread.of([float(history[prefix + name][row]) for history, row in zip(histories, rows, strict=True)]) for name in there}


def _evaluation(run: Run) -> dict[str, Any] | None:
    """Test figures of the run's evaluation on its own windows; None where there is none that is finished."""
    path = run.path / EVALUATION
    if not (path / folder.DONE).exists():
        return None
    folder.require(path, "evaluation")
    figures = read_figures(path)
    shown = [name for name, entry in metrics_of(run.kind).items() if entry.heading]
    intervals = [entry.interval.key for name in shown if (entry := METRICS[name]).interval and entry.interval.heading]
    names = (*shown, *intervals, "n", "n_subjects", "sd", "n_repeats", "marked", "intervals")
    levels: Mapping[str, Any] = figures["splits"]["test"]
    return {"unit": figures["unit"]} | {
        level: {name: levels[level][name] for name in names if name in levels[level]} for level in ("window", "vote")
    }
