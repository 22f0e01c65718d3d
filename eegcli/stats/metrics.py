"""Metrics of a set of predictions: functions of truth and prediction, and all those of the registry's table at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.registry import MetricEntry, load

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def confusion(truth: Ints, predicted: Ints, n_classes: int) -> Ints:
    """Count the predictions of each class, by true class.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Class indices.
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of int, shape (n_classes, n_classes)
        Row: true class; column: predicted class.
    """
    return np.bincount(truth * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def right(truth: Ints, predicted: Ints) -> Floats:
    """1 for each right prediction, 0 for each wrong one, shape (n,)."""
    return np.asarray(truth == predicted, dtype=np.float64)


def accuracy(truth: Ints, predicted: Ints) -> float:
    """Share of the predictions that are right; NaN where there are none.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Class indices.
    """
    return float(right(truth, predicted).sum()) / len(truth) if len(truth) else np.nan


def balanced_accuracy(truth: Ints, predicted: Ints) -> float:
    """Mean over classes of the share of a class that is recognised; NaN where fewer than two classes occur.

    With one class it would be that class's recall under a name that promises more. Arguments as for `accuracy`.
    """
    totals = np.bincount(truth)
    recognised = np.bincount(truth, weights=right(truth, predicted))
    present = totals > 0
    if present.sum() < 2:
        return np.nan
    return float(np.mean(recognised[present] / totals[present]))


def majority_rate(truth: Ints) -> float:
    """Share of the most frequent true class: what a constant guess would reach at best; NaN where there is none."""
    return float(np.bincount(truth).max()) / len(truth) if len(truth) else np.nan


def auc(truth: Ints, probabilities: Floats) -> float:
    """Area under the ROC curve; for more than two classes the mean of one-versus-rest.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Class indices.
    probabilities : ndarray, shape (n, n_classes)
        Probability of each class.

    Returns
    -------
    float
        NaN where a class does not occur.

    Notes
    -----
    The Mann-Whitney form (Hanley & McNeil 1982): the chance that a member of the class is ranked above a
    non-member, ties counting one half.
    """
    n_classes = probabilities.shape[1]
    of_interest = [1] if n_classes == 2 else range(n_classes)
    return float(np.mean([_binary_auc(truth == k, probabilities[:, k]) for k in of_interest]))


def _binary_auc(positive: NDArray[np.bool_], score: Floats) -> float:
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return np.nan
    _, group, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2  # of each group of equal scores, from 1
    above = mean_rank[group][positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


def auc_within_folds(truth: Ints, probabilities: Floats, fold: Ints, subject: Ints) -> float:
    """Area under the ROC curve within each fold, averaged over folds weighted by their subjects.

    Probabilities of different networks are not ranked against each other: of a constant prediction that differs between folds, as the share
    of a class among their training subjects does, a pooled curve may have any area; this one's is 0.5 exactly.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Class indices.
    probabilities : ndarray, shape (n, n_classes)
        Probability of each class.
    fold, subject : ndarray of int, shape (n,)
        Numbers of the network's fold, and of the subject.

    Returns
    -------
    float
        Per class, folds in which it, or everything else, does not occur are put together into one (`class_metrics.folds_lacking_a_class` counts them); if it does not
        occur there either, they are left out. Of more than two classes the mean of one-versus-rest. NaN where a class does not occur in any.
    """
    n_classes = probabilities.shape[1]
    of_interest = [1] if n_classes == 2 else range(n_classes)
    number = np.unique(fold, return_inverse=True)[1]
    n_folds = int(number.max(initial=-1)) + 1
    size = np.bincount(number, minlength=n_folds)
    areas = []
    for k in of_interest:
        positive = truth == k
        of_class = np.bincount(number, weights=positive, minlength=n_folds)
        ranked = (of_class > 0) & (of_class < size)
        group = np.where(ranked, np.arange(n_folds), n_folds)[number]
        order = np.argsort(group, kind="stable")
        found: list[tuple[int, float]] = []
        for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            area = _binary_auc(positive[rows], probabilities[rows, k])
            if not np.isnan(area):
                found.append((len(np.unique(subject[rows])), area))
        if len(found) == 1:  # as it is: a product and a quotient would change its last bit
            areas.append(found[0][1])
        else:
            areas.append(sum(n * area for n, area in found) / sum(n for n, _ in found) if found else np.nan)
    return float(np.mean(areas))


def absolute_error(truth: Floats, predicted: Floats) -> Floats:
    """Distance between each truth and its prediction, shape (n,), in the unit of the target."""
    return np.abs(truth - predicted)


def mean_absolute_error(truth: Floats, predicted: Floats) -> float:
    """Mean distance between truth and prediction, in the unit of the target."""
    return float(np.mean(absolute_error(truth, predicted))) if len(truth) else np.nan


def r_squared(truth: Floats, predicted: Floats) -> float:
    """Share of the variance of the truth that is explained (negative: worse than its mean); NaN where the truth is constant."""
    if not len(truth) or np.ptp(truth) == 0:  # asked of the values: their distances from a rounded mean are not always 0
        return np.nan
    return 1.0 - float(np.sum((truth - predicted) ** 2)) / float(np.sum((truth - truth.mean()) ** 2))


def pearson_r(truth: Floats, predicted: Floats) -> float:
    """Correlation of truth and prediction; NaN of fewer than three, since any two points lie on a line, and where either is constant."""
    if len(truth) < 3 or np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return np.nan
    return float(np.corrcoef(truth, predicted)[0, 1])


def calibration_slope(truth: Floats, predicted: Floats) -> float:
    """Slope of the least-squares line of the truth on the prediction; NaN of fewer than three, and where the prediction is constant.

    Notes
    -----
    Cox 1958 (doi:10.1093/biomet/45.3-4.562), as Steyerberg et al. 2010 (doi:10.1097/EDE.0b013e3181c30fb2) use it for predictions of numbers.
    """
    if len(truth) < 3 or np.ptp(predicted) == 0:
        return np.nan
    off = predicted - predicted.mean()
    return float(np.sum(off * (truth - truth.mean())) / np.sum(off**2))


def running_accuracy(loss: float, share_right: float) -> float:
    """Accuracy over an epoch of training, from the means over its windows of the loss and of what is right."""
    return share_right


def running_r_squared(loss: float, share_right: float) -> float:
    """Share of the variance explained over an epoch of training: the loss is the mean squared error of labels whose variance is 1."""
    return 1.0 - loss


def scores(entries: Mapping[str, MetricEntry], columns: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Compute metrics of the registry's table.

    Parameters
    ----------
    entries : mapping of str to MetricEntry
        By name, as `registry.METRICS` has them.
    columns : mapping of str to ndarray, shape (n, ...)
        By the names in `MetricEntry.takes`.

    Returns
    -------
    dict of str to float
        Value of every metric whose columns are there: hard votes have no probabilities, and so no AUC. NaN where a metric is not defined.
    """
    return {
        name: float(load(entry.path)(*(columns[column] for column in entry.takes)))
        for name, entry in entries.items()
        if all(column in columns for column in entry.takes)
    }
