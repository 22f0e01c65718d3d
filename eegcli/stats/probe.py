"""Linear probes: how well a linear model tells a column from vectors, out of fold, by subject."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.compute.threads import limited
from eegcli.errors import counted

FOLDS, INNER_FOLDS = 5, 3
MIN_SUBJECTS = 5  # who are told: one for each fold
PENALTIES = tuple(10.0**power for power in range(4, -1, -1))  # on values of unit spread, the strongest first

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Probed:
    """Predictions of a linear probe for the rows that are told, each by a model that was fitted without its subject.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Rows that are told, ascending.
    outputs : ndarray, shape (n, n_classes or 1)
        Probability of each class, or the number.
    baseline : ndarray, shape (n,)
        What a constant says that was fitted to the same rows: the most frequent class (its index), or the mean.
    fold : ndarray of int, shape (n,)
    """

    rows: Ints
    outputs: Floats
    baseline: Floats
    fold: Ints


def why_not(values: Floats, subject: Ints, told: NDArray[np.bool_], n_classes: int) -> str | None:
    """Phrase why nothing can be probed; None where something can. Arguments as of `probe`."""
    n_subjects = len(np.unique(subject[told]))
    if n_subjects < MIN_SUBJECTS:
        return f"{counted(n_subjects, 'test subject')} of one network, too few (at least {MIN_SUBJECTS})"
    if n_classes:
        per_class = [len(np.unique(subject[values == number])) for number in range(n_classes)]
        if sum(count > 1 for count in per_class) < 2:
            return "fewer than two classes have two subjects"
    elif np.ptp(values) == 0:
        return "all have the same value"
    return None


def probe(vectors: NDArray[np.float32], values: Floats, subject: Ints, told: NDArray[np.bool_], n_classes: int, *, seed: int) -> Probed:
    """Tell a class or a number from vectors by a linear model, out of fold.

    Subjects that are told are dealt out to folds; each fold is told by a model that is fitted to all rows of other subjects, those that are
    not told included. Centring, scale (one for all features) and the penalty belong to the fit: the penalty is chosen by folds of the subjects within it.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, n_features)
    values : ndarray, shape (n,)
        Index of the class, or the number; none missing.
    subject : ndarray of int, shape (n,)
    told : ndarray of bool, shape (n,)
        Rows that are told. All rows of a subject are, or none.
    n_classes : int
        0 for a number.
    seed : int
        Seed of the folds.

    Returns
    -------
    Probed

    Notes
    -----
    Logistic regression with an L2 penalty, or ridge regression (Hoerl & Kennard 1970, doi:10.1080/00401706.1970.10488634). Both depend on the
    vectors by their inner products alone, so that they are fitted in the span of the rows: the same model, whatever the number of features.
    """
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(told)
    fold = _deal(values[rows], subject[rows], n_classes, FOLDS, random)
    outputs, baseline = np.empty((len(rows), max(n_classes, 1))), np.empty(len(rows))
    with limited(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a weak penalty may not converge on separable rows; the folds then prefer a stronger one
        for number in np.unique(fold):
            now = rows[fold == number]
            fitted_to = np.flatnonzero(~np.isin(subject, subject[now]))
            outputs[fold == number] = _told(vectors, values, subject, fitted_to, now, n_classes, random)
            baseline[fold == number] = _constant(values[fitted_to], n_classes)
    return Probed(rows, outputs, baseline, fold)


def _constant(values: Floats, n_classes: int) -> float:
    return float(np.argmax(np.bincount(values.astype(np.int64), minlength=n_classes)) if n_classes else values.mean())


def _deal(values: Floats, subject: Ints, n_classes: int, n_folds: int, random: np.random.Generator) -> Ints:
    """Deal subjects out to folds, those of a class one after the other, so that each fold has its share; fold of each row."""
    subjects, first, number = np.unique(subject, return_index=True, return_inverse=True)
    order = random.permutation(len(subjects))
    if n_classes:
        order = order[np.argsort(values[first][order], kind="stable")]
    fold = np.empty(len(subjects), dtype=np.int64)
    fold[order] = np.arange(len(subjects)) % min(n_folds, len(subjects))
    return fold[number]


def _told(
    vectors: NDArray[np.float32], values: Floats, subject: Ints, fitted_to: Ints, now: Ints, n_classes: int, random: np.random.Generator
) -> Floats:
    """Outputs for the rows `now` of the model that is fitted to other rows, with the penalty that their folds choose."""
    inner = _deal(values[fitted_to], subject[fitted_to], n_classes, INNER_FOLDS, random)
    losses = np.zeros(len(PENALTIES))
    for number in np.unique(inner):
        learnt, tried = fitted_to[inner != number], fitted_to[inner == number]
        for place, found in enumerate(_path(vectors, values, learnt, tried, n_classes, PENALTIES)):
            losses[place] += _loss(found, values[tried], n_classes)
    best = PENALTIES[int(np.argmin(losses))]  # of equal ones the strongest
    return _path(vectors, values, fitted_to, now, n_classes, (best,))[0]


def _loss(outputs: Floats, values: Floats, n_classes: int) -> float:
    """Sum of the log loss, or of squared errors."""
    if not n_classes:
        return float(((outputs[:, 0] - values) ** 2).sum())
    return float(-np.log(np.maximum(outputs[np.arange(len(values)), values.astype(np.int64)], 1e-12)).sum())


def _path(
    vectors: NDArray[np.float32], values: Floats, learnt: Ints, tried: Ints, n_classes: int, penalties: tuple[float, ...]
) -> list[Floats]:
    """Outputs for the rows `tried` of models that are fitted to `learnt`, one per penalty."""
    x, new = vectors[learnt].astype(np.float64), vectors[tried].astype(np.float64)
    mean, scale = x.mean(axis=0), float(np.sqrt(x.var(axis=0).mean())) or 1.0
    # One scale for all: how far a unit of the network is driven apart is what it has learnt, and noise would be blown up to the same size.
    x, new = (x - mean) / scale, (new - mean) / scale
    left, size, right = np.linalg.svd(x, full_matrices=False)
    scores, new_scores = left * size, new @ right.T
    if n_classes:
        return [_logistic(scores, values[learnt], new_scores, n_classes, penalty) for penalty in penalties]
    middle = values[learnt].mean()
    turned = left.T @ (values[learnt] - middle)
    return [(new_scores @ (size / (size**2 + penalty) * turned) + middle)[:, None] for penalty in penalties]


def _logistic(scores: Floats, values: Floats, new: Floats, n_classes: int, penalty: float) -> Floats:
    from sklearn.linear_model import LogisticRegression

    outputs = np.zeros((len(new), n_classes))
    classes = np.unique(values).astype(np.int64)
    if len(classes) == 1:
        outputs[:, classes[0]] = 1.0
        return outputs
    model = LogisticRegression(C=1.0 / penalty, max_iter=300, tol=1e-6).fit(scores, values.astype(np.int64))
    outputs[:, classes] = model.predict_proba(new)
    return outputs
