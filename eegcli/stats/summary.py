"""Summary of the predictions of one set at one level (windows, or votes): metrics with intervals, majority rate and n."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.registry import MetricEntry, load, metrics_of
from eegcli.stats import intervals
from eegcli.stats.metrics import confusion, scores

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """Predictions of one trained network, or of all folds of one seed, beside the truth.

    Attributes
    ----------
    truth, predicted : ndarray, shape (n,)
        Indices of classes, or numbers in the unit of the target.
    subject : ndarray of int, shape (n,)
        Subject of each window or vote.
    probabilities : ndarray, shape (n, n_classes), or None
        None for hard votes, and for a regression.
    constant : ndarray, shape (n,), or None
        For a regression: mean of the truth in the training set that the network saw.
    fold : ndarray of int, shape (n,), or None
        Fold of the network; None: one network.
    positive : ndarray of int, shape (n,), or None
        Index of the positive class, the same in every row; None: no class is called so.
    """

    truth: np.ndarray
    predicted: np.ndarray
    subject: Ints
    probabilities: Floats | None = None
    constant: Floats | None = None
    fold: Ints | None = None
    positive: Ints | None = None

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """Columns that metrics take, by name."""
        named = {item.name: getattr(self, item.name) for item in fields(self)}
        if self.fold is None:
            named["fold"] = np.zeros(len(self.truth), dtype=np.int64)
        return {name: column for name, column in named.items() if column is not None}


def summarise(
    repeats: Sequence[Predictions],
    kind: Literal["classification", "regression"],
    n_classes: int,
    *,
    resamples: int,
    seed: int,
    independent: bool = False,
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a kind, with their intervals.

    Parameters
    ----------
    repeats : sequence of Predictions
        One per seed, folds put below each other.
    kind : {"classification", "regression"}
        Kind of target: its metrics in the registry's table are computed.
    n_classes : int
        Number of classes; 0 for a regression.
    resamples, seed : int
        Number of resamples, and seed, of the bootstrap over subjects.
    independent : bool
        True where rows are votes of subjects: a Wilson interval stands beside the bootstrap, unless a subject votes
        in several folds.
    only : collection of str, optional
        Metrics that are computed; left out: all of the kind.

    Returns
    -------
    dict
        ``n``, ``n_subjects``, every metric whose columns are there (the mean over repeats), and its interval under the key that the
        table gives it (by resampling subjects, with the values of a row summed over repeats); of classes ``confusion``; where there
        are several repeats ``n_repeats``, and the standard deviations (ddof 1) of the metrics under ``sd``. NaN where a metric
        is not defined.
    """
    entries = {name: entry for name, entry in metrics_of(kind).items() if only is None or name in only}
    figures = [scores(entries, repeat.columns) for repeat in repeats]
    n = len(repeats[0].truth)
    subjects, subject = np.unique(np.concatenate([repeat.subject for repeat in repeats]), return_inverse=True)
    summary = {**_mean_and_sd(figures, entries), "n": n, "n_subjects": len(subjects)}
    if n_classes:
        matrices = [confusion(repeat.truth, repeat.predicted, n_classes) for repeat in repeats]
        summary["confusion"] = np.mean(matrices, axis=0) if len(repeats) > 1 else matrices[0]
    truth, predicted = (np.concatenate([repeat.columns[name] for repeat in repeats]) for name in ("truth", "predicted"))
    group, n_groups = (truth, n_classes) if n_classes else (np.zeros(len(truth), dtype=np.int64), 1)
    counts = intervals.sums_by_subject(np.ones(len(truth)), subject, group, len(subjects), n_groups)
    drawn: dict[str, tuple[intervals.Interval, intervals.Interval]] = {}  # metrics of the same rows share the draws
    for name, entry in entries.items():
        if entry.interval is None or name not in summary:
            continue
        rows = entry.interval.rows
        if rows not in drawn:
            sums = intervals.sums_by_subject(load(rows)(truth, predicted), subject, group, len(subjects), n_groups)
            drawn[rows] = intervals.bootstrap(sums, counts, resamples=resamples, seed=seed)
        of_rows, of_classes = drawn[rows]
        if entry.interval.over == "rows":
            summary[entry.interval.key] = of_rows
        else:
            summary[entry.interval.key] = of_classes if (counts.sum(axis=0) > 0).sum() > 1 else (np.nan, np.nan)
        if entry.interval.wilson and independent and n == len(subjects):
            summary[entry.interval.wilson] = intervals.wilson(summary[name] * n, n)
    return summary


def _mean_and_sd(figures: Sequence[Mapping[str, float]], entries: Mapping[str, MetricEntry]) -> dict[str, Any]:
    values = {name: [one[name] for one in figures] for name in figures[0]}
    # A property of the labels is the same in every repeat: no mean, which would change its last bits, and no spread.
    means: dict[str, Any] = {name: found[0] if entries[name].of_labels else float(np.mean(found)) for name, found in values.items()}
    if len(figures) > 1:
        sd = {name: float(np.std(found, ddof=1)) for name, found in values.items() if not entries[name].of_labels}
        means |= {"n_repeats": len(figures), "sd": sd}
    return means
