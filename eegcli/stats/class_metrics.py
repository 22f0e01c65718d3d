"""Metrics of one class among others, and of all classes alike: sensitivity, specificity, F1, Matthews correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def sensitivity(truth: Ints, predicted: Ints, positive: Ints) -> float:
    """Share of the positive class that is predicted; NaN where it does not occur.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Class indices.
    positive : ndarray of int, shape (n,)
        Index of the positive class, the same in every row.
    """
    mine = truth == positive
    return float((predicted == positive)[mine].sum()) / int(mine.sum()) if mine.any() else np.nan


def specificity(truth: Ints, predicted: Ints, positive: Ints) -> float:
    """Share of the other classes that is not predicted positive; NaN where none occurs. Arguments as for `sensitivity`."""
    others = truth != positive
    return float((predicted != positive)[others].sum()) / int(others.sum()) if others.any() else np.nan


def f1_positive(truth: Ints, predicted: Ints, positive: Ints) -> float:
    """F1 of the positive class; NaN where it neither occurs nor is predicted. Arguments as for `sensitivity`."""
    named = int((truth == positive).sum()) + int((predicted == positive).sum())
    return 2.0 * int(((truth == positive) & (predicted == positive)).sum()) / named if named else np.nan


def f1_macro(truth: Ints, predicted: Ints) -> float:
    """F1, mean over the classes that occur or are predicted; NaN where fewer than two classes occur.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Class indices.

    Notes
    -----
    The mean of each class's F1 (Sokolova & Lapalme 2009, doi:10.1016/j.ipm.2009.03.002), not the F1 of mean precision and recall.
    """
    of_truth, of_predicted, right = _counts(truth, predicted)
    if (of_truth > 0).sum() < 2:
        return np.nan
    named = of_truth + of_predicted
    return float(np.mean(2.0 * right[named > 0] / named[named > 0]))


def matthews(truth: Ints, predicted: Ints) -> float:
    """Matthews correlation coefficient; 0 where one class alone is predicted, NaN where fewer than two occur. Arguments as for `f1_macro`.

    Notes
    -----
    Matthews 1975; of more than two classes R_K of Gorodkin 2004 (doi:10.1016/j.compbiolchem.2004.09.006). The 0 is the limit of predictions that are nearly
    constant (Chicco & Jurman 2020, doi:10.1186/s12864-019-6413-7).
    """
    of_truth, of_predicted, right = _counts(truth, predicted)
    if (of_truth > 0).sum() < 2:
        return np.nan
    n = len(truth)
    # Whole numbers of Python: n^4 does not fit into 64 bits from 55,000 windows on.
    covariance = int(right.sum()) * n - sum(t * p for t, p in zip(of_truth.tolist(), of_predicted.tolist(), strict=True))
    spread_truth = n * n - sum(t * t for t in of_truth.tolist())
    spread_predicted = n * n - sum(p * p for p in of_predicted.tolist())
    return covariance / float(np.sqrt(float(spread_truth)) * np.sqrt(float(spread_predicted))) if spread_predicted else 0.0


def folds_lacking_a_class(truth: Ints, fold: Ints) -> float:
    """Number of folds in which a class does not occur that occurs in others.

    Parameters
    ----------
    truth, fold : ndarray of int, shape (n,)
        Class indices, and numbers of folds.
    """
    classes, folds = np.unique(truth, return_inverse=True), np.unique(fold, return_inverse=True)
    counts = np.bincount(folds[1] * len(classes[0]) + classes[1], minlength=len(folds[0]) * len(classes[0]))
    return float((counts.reshape(len(folds[0]), len(classes[0])) == 0).any(axis=1).sum()) if len(truth) else 0.0


def _counts(truth: Ints, predicted: Ints) -> tuple[Ints, Ints, Ints]:
    n_classes = int(max(truth.max(initial=0), predicted.max(initial=0))) + 1
    return (
        np.bincount(truth, minlength=n_classes),
        np.bincount(predicted, minlength=n_classes),
        np.bincount(truth[truth == predicted], minlength=n_classes),
    )
