"""Summary of the predictions of one set at one level (windows, or votes): metrics with intervals, majority rate and n."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.registry import MetricEntry, load, metrics_of
from eegcli.stats.intervals.measured import measured
from eegcli.stats.intervals.rows import Rows
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
    votes: bool = False,
    n_folds: int = 1,
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
    votes : bool
        Whether rows are votes: their accuracy has an interval of shares.
    n_folds : int
        Networks whose predictions a repeat puts below each other: with several, an interval takes them as given.
    only : collection of str, optional
        Metrics that are computed; left out: all of the kind.

    Returns
    -------
    dict
        ``n``, ``n_subjects``, every metric whose columns are there (the mean over repeats), and its interval under the key that the
        table gives it (over subjects, whose values are averaged over repeats), with ``intervals`` that says of each how it was made;
        of classes ``confusion``; where there are several repeats ``n_repeats``, and the standard deviations (ddof 1) of the metrics under
        ``sd``. NaN where a metric is not defined.
    """
    entries = {name: entry for name, entry in metrics_of(kind).items() if only is None or name in only}
    columns = [repeat.columns for repeat in repeats]
    figures = [scores(entries, of_repeat) for of_repeat in columns]
    n = len(repeats[0].truth)
    subjects, subject = np.unique(np.concatenate([repeat.subject for repeat in repeats]), return_inverse=True)
    summary = {**_mean_and_sd(figures, entries), "n": n, "n_subjects": len(subjects)}
    if n_classes:
        matrices = [confusion(repeat.truth, repeat.predicted, n_classes) for repeat in repeats]
        summary["confusion"] = np.mean(matrices, axis=0) if len(repeats) > 1 else matrices[0]
    rows = Rows(columns, subject, n_classes, votes, resamples, seed)
    made: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        if name not in summary:
            continue
        for interval in entry.intervals:
            found = load(interval.method)(summary[name], rows)
            if found is not None:
                summary[interval.key] = found.low, found.high
                made[interval.key] = {"method": found.method, **measured(found, len(subjects), n_folds)}
    return summary | {"intervals": made}


def _mean_and_sd(figures: Sequence[Mapping[str, float]], entries: Mapping[str, MetricEntry]) -> dict[str, Any]:
    values = {name: [one[name] for one in figures] for name in figures[0]}
    # A property of the labels is the same in every repeat: no mean, which would change its last bits, and no spread.
    means: dict[str, Any] = {name: found[0] if entries[name].of_labels else float(np.mean(found)) for name, found in values.items()}
    if len(figures) > 1:
        sd = {name: float(np.std(found, ddof=1)) for name, found in values.items() if not entries[name].of_labels}
        means |= {"n_repeats": len(figures), "sd": sd}
    return means
