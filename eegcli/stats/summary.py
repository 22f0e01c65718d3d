"""The figures of one split at one level (windows, or votes), each with what it has to be read beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.stats import intervals, metrics

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Guesses:
    """Classes guessed by one trained network, or by all folds of one seed.

    Attributes
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Class indices.
    subject : ndarray of int, shape (n,)
        Whose window or vote it is.
    probabilities : ndarray, shape (n, n_classes), or None
        None for hard votes, which have no ROC curve.
    """

    truth: Ints
    predicted: Ints
    subject: Ints
    probabilities: Floats | None


@dataclass(frozen=True)
class Estimates:
    """Numbers estimated by one trained network, or by all folds of one seed.

    Attributes
    ----------
    truth, predicted : ndarray, shape (n,)
        In the unit of the target.
    subject : ndarray of int, shape (n,)
        Whose window or vote it is.
    constant : ndarray, shape (n,)
        Mean of the truth in the training set that the network saw: the prediction of a mean predictor.
    """

    truth: Floats
    predicted: Floats
    subject: Ints
    constant: Floats


def summarise_classes(repeats: Sequence[Guesses], n_classes: int, *, resamples: int, seed: int, independent: bool) -> dict[str, Any]:
    """Accuracy and its company.

    Parameters
    ----------
    repeats : sequence of Guesses
        One per seed, folds put below each other.
    n_classes : int
        Number of classes.
    resamples, seed : int
        Of the bootstrap over subjects.
    independent : bool
        True where rows are votes of subjects: a Wilson interval stands beside the bootstrap, unless a subject votes
        in several folds.

    Returns
    -------
    dict
        ``n``, ``n_subjects``, ``accuracy``, ``balanced_accuracy``, ``auc`` (but for hard votes), ``majority_rate``,
        ``confusion``, each the mean over repeats; ``ci95`` of accuracy and ``balanced_accuracy_ci95``, by resampling
        subjects with the correctness summed over repeats; ``wilson95``; ``n_repeats``, and their standard deviations
        (ddof 1) under ``sd`` where there are several. NaN where a figure is not defined.
    """
    matrices = [metrics.confusion(guesses.truth, guesses.predicted, n_classes) for guesses in repeats]
    figures = {
        "accuracy": [metrics.accuracy(matrix) for matrix in matrices],
        "balanced_accuracy": [metrics.balanced_accuracy(matrix) for matrix in matrices],
    }
    if all(guesses.probabilities is not None for guesses in repeats):
        figures["auc"] = [metrics.auc(guesses.truth, guesses.probabilities) for guesses in repeats if guesses.probabilities is not None]
    subject, n_subjects = _renumber([guesses.subject for guesses in repeats])
    truth = np.concatenate([guesses.truth for guesses in repeats])
    right = np.concatenate([guesses.truth == guesses.predicted for guesses in repeats])
    sums = intervals.sums_by_subject(right, subject, truth, n_subjects, n_classes)
    counts = intervals.sums_by_subject(np.ones(len(truth)), subject, truth, n_subjects, n_classes)
    of_accuracy, of_balanced = intervals.bootstrap(sums, counts, resamples=resamples, seed=seed)
    n = len(repeats[0].truth)
    summary = {
        **_mean_and_sd(figures),
        "n": n,
        "n_subjects": n_subjects,
        "majority_rate": metrics.majority_rate(matrices[0]),
        "confusion": np.mean(matrices, axis=0) if len(repeats) > 1 else matrices[0],
        "ci95": of_accuracy,
        "balanced_accuracy_ci95": of_balanced if (counts.sum(axis=0) > 0).sum() > 1 else (np.nan, np.nan),
    }
    if independent and n == n_subjects:
        summary["wilson95"] = intervals.wilson(summary["accuracy"] * n, n)
    return summary


def summarise_numbers(repeats: Sequence[Estimates], *, resamples: int, seed: int) -> dict[str, Any]:
    """Mean absolute error and its company.

    Parameters
    ----------
    repeats : sequence of Estimates
        One per seed, folds put below each other.
    resamples, seed : int
        Of the bootstrap over subjects.

    Returns
    -------
    dict
        ``n``, ``n_subjects``, ``mae``, ``r2``, ``r``, ``baseline_mae`` and ``baseline_r2`` (the mean of the training set
        as the only prediction), each the mean over repeats; ``ci95`` of the mean absolute error by resampling subjects;
        ``n_repeats`` and ``sd`` as in `summarise_classes`.
    """
    figures = {
        "mae": [metrics.mean_absolute_error(e.truth, e.predicted) for e in repeats],
        "r2": [metrics.r_squared(e.truth, e.predicted) for e in repeats],
        "r": [metrics.pearson_r(e.truth, e.predicted) for e in repeats],
        "baseline_mae": [metrics.mean_absolute_error(e.truth, e.constant) for e in repeats],
        "baseline_r2": [metrics.r_squared(e.truth, e.constant) for e in repeats],
    }
    subject, n_subjects = _renumber([e.subject for e in repeats])
    error = np.concatenate([np.abs(e.truth - e.predicted) for e in repeats])
    one_group = np.zeros(len(error), dtype=np.int64)
    sums = intervals.sums_by_subject(error, subject, one_group, n_subjects, 1)
    counts = intervals.sums_by_subject(np.ones(len(error)), subject, one_group, n_subjects, 1)
    return {
        **_mean_and_sd(figures),
        "n": len(repeats[0].truth),
        "n_subjects": n_subjects,
        "ci95": intervals.bootstrap(sums, counts, resamples=resamples, seed=seed)[0],
    }


def _renumber(subjects: list[Ints]) -> tuple[Ints, int]:
    names, codes = np.unique(np.concatenate(subjects), return_inverse=True)
    return codes, len(names)


def _mean_and_sd(figures: dict[str, list[float]]) -> dict[str, Any]:
    means: dict[str, Any] = {name: float(np.mean(values)) for name, values in figures.items()}
    n_repeats = len(next(iter(figures.values())))
    if n_repeats > 1:
        means |= {"n_repeats": n_repeats, "sd": {name: float(np.std(values, ddof=1)) for name, values in figures.items()}}
    return means
