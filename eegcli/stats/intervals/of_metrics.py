"""Intervals of the metrics in the registry's table: a function each, from the value of the metric (mean over repeats) and the rows of a set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.stats.intervals import clustered
from eegcli.stats.intervals.binomial import wilson
from eegcli.stats.intervals.correlation import FEWEST, fisher_z
from eegcli.stats.intervals.ranking import FEW_SUBJECTS, delong, newcombe_of_groups, placements, ranked_together
from eegcli.stats.intervals.rows import Rows

NONE = "none: "  # begins the method of an interval that there is not; then why

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """Interval of a metric, how it was made, and what says which simulated cohorts are like this one.

    Attributes
    ----------
    low, high : float
        NaN where there is no interval.
    method : str
        How it was made, in words; why there is none.
    simulated : str
        Quantity of `stats.intervals.measured` whose coverage was measured; empty: none.
    features : tuple of float
        What `stats.intervals.measured` finds the nearest simulated cohorts by.
    """

    low: float
    high: float
    method: str
    simulated: str = ""
    features: tuple[float, ...] = ()


def of_accuracy(value: float, rows: Rows) -> Found:
    """Share of right predictions: of windows by bootstrap-t, of votes by Clopper-Pearson."""
    right = np.asarray(rows.truth == rows.predicted, dtype=float)
    sums, counts = rows.by_subject(right), rows.by_subject(np.ones(len(right)))
    if rows.votes or rows.one_each:
        bounds = clustered.votes_interval(sums, counts)
        return _first(bounds, "votes" if bounds.how[0] == clustered.CLOPPER_PEARSON else "", (value,))
    bounds = clustered.mean_interval(sums, counts, share=True, resamples=rows.resamples, seed=rows.seed)
    return _first(bounds, "accuracy", _centre_and_spread(sums / counts))


def of_balanced_accuracy(value: float, rows: Rows) -> Found:
    """Mean over classes of the share of a class that is recognised."""
    if not np.isfinite(value):
        return _none("fewer than two classes occur")
    right = np.asarray(rows.truth == rows.predicted, dtype=float)
    sums, counts = rows.by_class(right), rows.by_class(np.ones(len(right)))
    as_votes = rows.votes or rows.one_each
    if as_votes and rows.constant:
        bounds = clustered.balanced_votes_interval(sums, counts)
    else:
        bounds = clustered.balanced_interval(sums, counts, constant=rows.constant, resamples=rows.resamples, seed=rows.seed)
    share = sums.sum(axis=1) / counts.sum(axis=1)
    simulated = ("balanced_votes" if rows.one_each else "" if as_votes else "balanced_accuracy") if rows.constant else ""
    return _first(bounds, simulated, _centre_and_spread(share))


def of_auc(value: float, rows: Rows) -> Found:
    """Area under the ROC curve of one score of each subject, for two classes."""
    if not np.isfinite(value):
        return _none("a class does not occur")
    if not rows.one_each:
        return _none("several scores of a subject")
    if rows.n_classes != 2:
        return _none("more than two classes")
    placed, ranked = np.zeros(rows.n_subjects), np.zeros(rows.n_subjects)
    truth = np.zeros(rows.n_subjects, dtype=np.int64)
    truth[rows.subject] = rows.truth
    start = 0
    for repeat in rows.repeats:
        subject = rows.subject[start : start + len(repeat["truth"])]
        for group in ranked_together(repeat["truth"], repeat.get("fold")):
            placed[subject[group]] += placements(repeat["truth"][group], repeat["probabilities"][group, 1])
            ranked[subject[group]] += 1
        start += len(subject)
    features = (value,)
    if rows.n_subjects >= FEW_SUBJECTS:
        inside = ranked > 0  # the only class of all folds that lack the other is ranked nowhere
        low, high = delong(placed[inside] / ranked[inside], truth[inside])
        if np.isfinite(low):
            return Found(low, high, "DeLong on the logit scale", "auc", features)
    # Folds are the same in all repeats, whose scores are of one cohort: a mean over them is no surer than one of them.
    groups = ranked_together(rows.repeats[0]["truth"], rows.repeats[0].get("fold"))
    bounds = newcombe_of_groups(value, rows.repeats[0]["truth"], groups)
    within = ", within folds" if len(groups) > 1 else ""
    return Found(float(bounds[0]), float(bounds[1]), f"Newcombe's method 5{within}", "auc", features)


def of_absolute_error(value: float, rows: Rows) -> Found:
    """Mean absolute error."""
    error = np.abs(rows.truth - rows.predicted)
    sums, counts = rows.by_subject(error), rows.by_subject(np.ones(len(error)))
    bounds = clustered.mean_interval(sums, counts, share=False, resamples=rows.resamples, seed=rows.seed)
    found = _first(bounds, "mae", (_skewness((sums / counts)[:, 0]),))
    return Found(max(found.low, 0.0), found.high, found.method, found.simulated, found.features) if np.isfinite(found.low) else found


def of_correlation(value: float, rows: Rows) -> Found:
    """Pearson correlation of truth and prediction: Fisher's z with the number of subjects, of several rows a subject the larger of that and a jackknife's error."""
    if not np.isfinite(value):
        return _none("not defined")
    if rows.n_subjects < FEWEST:
        return _none(f"fewer than {FEWEST} subjects")
    error = 0.0 if rows.one_each else _jackknife(rows)
    low, high = fisher_z(value, rows.n_subjects, error=error)
    n_rows = rows.by_subject(np.ones(len(rows.truth)))[:, 0]
    off = rows.by_subject(rows.predicted - rows.truth)[:, 0] / n_rows
    return Found(float(low), float(high), "Fisher's z over subjects", "r" if rows.one_each else "", (abs(_skewness(off)),))


def wilson_of_votes(value: float, rows: Rows) -> Found | None:
    """Wilson's interval of one vote of each subject, for scripts of before."""
    if not (rows.votes and rows.one_each):
        return None
    low, high = wilson(value * rows.n_subjects, rows.n_subjects)
    return Found(low, high, "Wilson")


def _first(bounds: clustered.Bounds, simulated: str, features: tuple[float, ...]) -> Found:
    return Found(float(bounds.low[0]), float(bounds.high[0]), str(bounds.how[0]), simulated, features)


def _none(why: str) -> Found:
    return Found(np.nan, np.nan, NONE + why)


def _centre_and_spread(of_subjects: Floats) -> tuple[float, float]:
    """Mean and standard deviation (ddof 1) over subjects."""
    return float(np.mean(of_subjects)), float(np.std(of_subjects, ddof=1)) if len(of_subjects) > 1 else np.nan


def _skewness(values: Floats) -> float:
    """Third standardised moment over subjects; 0 where there is no spread."""
    off = values - values.mean()
    spread = float(np.sqrt(np.mean(off**2)))
    return float(np.mean(off**3)) / spread**3 if spread > 0 else 0.0


def _jackknife(rows: Rows) -> float:
    """Standard error of z over subjects, each left out in turn (Efron & Tibshirani 1993, chapter 11)."""
    # about the means, so that no digits are lost to them
    x, y = rows.truth - rows.truth.mean(), rows.predicted - rows.predicted.mean()
    of_subject = np.stack([rows.by_subject(term)[:, 0] for term in (np.ones(len(x)), x, y, x * x, y * y, x * y)])
    n, sx, sy, sxx, syy, sxy = of_subject.sum(axis=1, keepdims=True) - of_subject
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh((sxy - sx * sy / n) / np.sqrt((sxx - sx**2 / n) * (syy - sy**2 / n)))
    z = z[np.isfinite(z)]
    m = len(z)
    return float(np.sqrt((m - 1) / m * np.sum((z - z.mean()) ** 2))) if m > 1 else 0.0
