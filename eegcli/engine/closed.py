"""Closed-form fit: subjects of the training set choose each penalty, by cross-validation among them."""

from __future__ import annotations

import copy
from contextlib import closing
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.compute.threads import limited
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples, not_finite
from eegcli.engine.objective import Fitted, Objective
from eegcli.engine.recentring import subject_means
from eegcli.models.closed import ClosedForm

INNER_FOLDS = 5
SEVERAL_THREADS = 16_000_000  # values of features from which they are worth it
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# By kind of part and digest of its features, of one set of examples: penalty, and weights. Closed forms that share a part fit it once.
Shared = dict[tuple[type, bytes], tuple[float, dict[str, Any]]]


def fit(
    model: ClosedForm,
    train: Examples,
    validation: Examples,
    objective: Objective,
    *,
    subjects: Ints,
    context: Context,
    front: nn.Module | None = None,
    recentred_by: Ints | None = None,
    shared: Shared | None = None,
) -> Fitted:
    """Fit a closed form to the training windows, with the penalty that predicts subjects of the training set best who were left out.

    Parameters
    ----------
    model : ClosedForm
        Ends fitted, in evaluation mode; on the CPU, whatever the device.
    train, validation : Examples
        Windows to learn from, and windows that are only looked at: the figures of the fit.
    objective : Objective
        Loss and score.
    subjects : ndarray of int, shape (n_train,)
        Subject of each training window.
    context : Context
        Device on which it runs.
    front : torch.nn.Module, optional
        Normalisation of windows before the features are made.
    recentred_by : ndarray of int, shape (n_all_windows,), optional
        Number of the subject of each window of the array that the examples are of: features are fitted, and judged, without the mean of their
        subject, of all its windows. One without a centre is fitted as without.
    shared : dict, optional
        Fits of the same examples, in which a part that was fitted before is looked up; what is fitted is added.

    Returns
    -------
    Fitted
        One row, the fit: ``penalty`` (of a closed form with parts: ``penalty_PART``), and figures as for an epoch.

    Raises
    ------
    InputError
        If the windows hold values that are not finite.
    """
    model.eval()
    if model.left_out:
        context.reporter.warn(f"{context.label}bands {', '.join(model.left_out)} Hz are left out: the windows hold no frequency of them")
    features = features_of(model, train, context, "training", front)
    of_validation = features_of(model, validation, context, "validation", front) if len(validation) else []
    if not all(np.isfinite(array).all() for array in (*features, *of_validation)):
        raise not_finite((train, validation), None)
    centre = None
    if recentred_by is not None and model.centre is not None:
        means = _means(model, train, recentred_by, front)
        features = _without(features, means, recentred_by[train.rows])
        centre = torch.from_numpy(means[np.unique(recentred_by[train.rows])].mean(axis=0))
        if of_validation:
            of_validation = _without(of_validation, _means(model, validation, recentred_by, front), recentred_by[validation.rows])
    penalties = fit_features(model, features, train.labels, objective, subjects=subjects, context=context, shared=shared)
    row = {"epoch": 1, **penalties, **objective.train_row(answer(model, features), train.labels)}
    chosen = ", ".join(f"{name.replace('_', ' ')} {penalty:g}" for name, penalty in penalties.items())
    if of_validation:
        row |= objective.validation_row(answer(model, of_validation), validation.labels)
        chosen = f"{objective.validation_score.replace('_', ' ')} {row[objective.validation_score]:.3f} with {chosen}"
    context.reporter.info(f"{context.label}{chosen}")
    if centre is not None:
        model.move(centre)
    return Fitted([row], 1)


def fit_features(
    model: ClosedForm,
    features: list[Floats],
    labels: Floats,
    objective: Objective,
    *,
    subjects: Ints,
    context: Context,
    shared: Shared | None = None,
) -> dict[str, float]:
    """Fit a closed form to features of windows, with the penalties that predict subjects best who were left out.

    Parameters
    ----------
    model : ClosedForm
        Ends fitted; what was fitted before has no influence.
    features : list of ndarray, shape (n_windows, n_features)
        Of each part, as `features_of` makes them.
    labels : ndarray, shape (n_windows,)
        Index of the class, or the number.
    objective : Objective
        Loss, and weights of classes.
    subjects : ndarray of int, shape (n_windows,)
        Subject of each window.
    context : Context
        Threads, signals and reporter.
    shared : dict, optional
        As for `fit`.

    Returns
    -------
    dict of str to float
        ``penalty``; of a closed form with parts ``penalty_PART``.
    """
    weights = None if objective.weights is None else objective.weights.numpy()[labels.astype(np.int64)].astype(np.float64)
    penalties = {}
    for (name, part), own in zip(model.parts.items(), features, strict=True):
        key = type(part), sha256(own.tobytes()).digest() if shared is not None else b""
        if shared is not None and key in shared:
            penalty, weights_of_it = shared[key]
            part.load_state_dict(weights_of_it)
        else:
            penalty = _choose(part, own, labels, weights, subjects, objective, context)
            with limited(_threads_for(own, context)):
                part.fit(own, labels, weights, penalty, objective.head)
            if shared is not None:
                shared[key] = penalty, copy.deepcopy(part.state_dict())
        penalties["penalty" + (f"_{name}" if name else "")] = penalty
    return penalties


def inner_folds(labels: Floats, subjects: Ints, n_folds: int = INNER_FOLDS) -> Ints:
    """Deal subjects out to folds, each with subjects of every kind.

    Parameters
    ----------
    labels : ndarray, shape (n_windows,)
        Index of the class, or the number.
    subjects : ndarray of int, shape (n_windows,)
        Subject of each window.
    n_folds : int
        At most; of fewer subjects each is a fold.

    Returns
    -------
    ndarray of int, shape (n_windows,)
        Fold of each window. Subjects are sorted by their mean label and dealt in turns: no draw, so that nothing depends on a seed.
    """
    member = np.unique(subjects, return_inverse=True)[1]
    means = np.bincount(member, weights=labels) / np.bincount(member)
    place = np.argsort(np.argsort(means, kind="stable"), kind="stable")  # of each subject in this order
    folds: Ints = (place % min(n_folds, len(means)))[member]
    return folds


def _choose(
    part: ClosedForm, features: Floats, labels: Floats, weights: Floats | None, subjects: Ints, objective: Objective, context: Context
) -> float:
    """Penalty of the smallest loss on subjects that were left out, of equal ones the strongest; the middle one where none can be left out."""
    if len(part.penalties) == 1:
        return part.penalties[0]
    folds = inner_folds(labels, subjects)
    is_class = objective.head.kind == "classification"
    # Without one of the classes nothing is learnt that could be compared.
    usable = [fold for fold in range(folds.max() + 1) if not is_class or set(labels[folds != fold]) == set(labels)]
    usable = [fold for fold in usable if (folds != fold).any()]
    if not usable:
        penalty = part.penalties[len(part.penalties) // 2]
        context.reporter.warn(f"{context.label}too few training subjects to choose a penalty by; it is {penalty:g}")
        return penalty
    kept = np.isin(folds, usable)
    outputs = np.zeros((len(part.penalties), len(labels), part.final_layer.out_features))
    for fold in context.reporter.progress(usable, f"{context.label}choosing the penalty", len(usable)):
        inside, outside = folds != fold, folds == fold
        for number, penalty in enumerate(part.penalties):
            context.stop.raise_if_requested()
            with limited(_threads_for(features, context)):
                part.fit(features[inside], labels[inside], None if weights is None else weights[inside], penalty, objective.head)
            outputs[number, outside] = _outputs(part, features[outside])
    losses = [float(objective.loss(torch.from_numpy(one[kept]), torch.from_numpy(labels[kept]))) for one in outputs]
    return part.penalties[int(np.argmin(losses))]


def _threads_for(features: Floats, context: Context) -> int:
    """Threads of a fit: one, where products are so small that threads which wait for the next of them take three times as long as one alone."""
    return context.threads if features.size > SEVERAL_THREADS else 1


def features_of(model: ClosedForm, examples: Examples, context: Context, name: str, front: nn.Module | None) -> list[Floats]:
    """Compute the features of each part, (n_windows, n_features), which no label and no fit has a part in."""
    read: list[list[np.ndarray]] = []
    with torch.inference_mode(), closing(examples.windows(torch.device("cpu"))) as batches:
        for x in context.reporter.progress(batches, f"{context.label}reading the {name} windows"):
            context.stop.raise_if_requested()
            x = x if front is None else front(x)
            read.append([part.features(x).numpy().astype(np.float64) for part in model.parts.values()])
    return [np.concatenate(own) for own in zip(*read, strict=True)]


def _means(model: ClosedForm, examples: Examples, subject: Ints, front: nn.Module | None) -> Floats:
    """Mean features of the subjects of examples, (n_subjects, n_features of all parts)."""
    before = nn.Identity() if front is None else front
    return subject_means(lambda x: model.features(before(x)), examples.x, examples.rows, subject, torch.device("cpu"))


def _without(features: list[Floats], means: Floats, subject: Ints) -> list[Floats]:
    """Features of each part without those means of their subjects, (n_windows, n_features)."""
    ends = np.cumsum([own.shape[1] for own in features])[:-1]
    return [own - mean[subject] for own, mean in zip(features, np.split(means, ends, axis=1), strict=True)]


def answer(model: ClosedForm, features: list[Floats]) -> Floats:
    """Outputs of a fitted closed form for features of its parts, (n_windows, n_outputs)."""
    return _outputs(model, np.concatenate(features, axis=1))


def _outputs(model: ClosedForm, features: Floats) -> Floats:
    with torch.inference_mode():
        return model.output(torch.from_numpy(features.astype(np.float32))).numpy().astype(np.float64)
