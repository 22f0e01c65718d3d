"""Closed-form fit: each penalty is tried, and the validation set chooses."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.compute.threads import limited
from eegcli.engine.feed import Examples, not_finite
from eegcli.engine.loop import Context
from eegcli.engine.objective import Fitted, Objective
from eegcli.models.closed import ClosedForm


def fit(model: ClosedForm, train: Examples, validation: Examples, objective: Objective, *, context: Context) -> Fitted:
    """Fit a closed form for each of its penalties and keep the one of the best score on the validation windows.

    Parameters
    ----------
    model : ClosedForm
        Ends with the kept weights, in evaluation mode; on the CPU, whatever the device.
    train, validation : Examples
        Windows to learn from and to choose the penalty by.
    objective : Objective
        Loss and score.
    context : Context
        Device on which it runs.

    Returns
    -------
    Fitted
        A row per penalty, the strongest first. Of equal scores the smallest validation loss is kept.

    Raises
    ------
    InputError
        If the windows hold values that are not finite.
    """
    model.eval()
    if not len(validation):
        return _without_validation(model, train, objective, context)
    features, features_of_validation = (
        _features(model, examples, context, name) for examples, name in ((train, "training"), (validation, "validation"))
    )
    if not np.isfinite(features).all() or not np.isfinite(features_of_validation).all():
        raise not_finite((train, validation), None)
    weights = None if objective.weights is None else objective.weights.numpy()[train.labels.astype(np.int64)].astype(np.float64)
    history: list[dict[str, float]] = []
    best: tuple[tuple[float, float], float] | None = None
    kept = 0
    kept_weights: dict[str, torch.Tensor] = {}
    for number, penalty in enumerate(context.reporter.progress(model.penalties, f"{context.label}fitting", len(model.penalties)), start=1):
        context.stop.raise_if_requested()
        with limited(context.threads):
            model.fit(features, train.labels, weights, penalty, objective.head)
        row = {"epoch": number, "penalty": penalty, **objective.train_row(_answer(model, features), train.labels)}
        row |= objective.validation_row(_answer(model, features_of_validation), validation.labels)
        history.append(row)
        score = (objective.score(row), -row["validation_loss"])
        if best is None or score > best:
            best, kept = score, number
            kept_weights = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(kept_weights)
    context.reporter.info(
        f"{context.label}{objective.validation_score.replace('_', ' ')} {history[kept - 1][objective.validation_score]:.3f}"
        + (f" with penalty {model.penalties[kept - 1]:g}" if len(model.penalties) > 1 else "")
    )
    return Fitted(history, kept)


def _without_validation(model: ClosedForm, train: Examples, objective: Objective, context: Context) -> Fitted:
    """Fit with the middle penalty: nobody is there to choose one by."""
    features = _features(model, train, context, "training")
    if not np.isfinite(features).all():
        raise not_finite((train,), None)
    weights = None if objective.weights is None else objective.weights.numpy()[train.labels.astype(np.int64)].astype(np.float64)
    penalty = model.penalties[len(model.penalties) // 2]
    with limited(context.threads):
        model.fit(features, train.labels, weights, penalty, objective.head)
    if len(model.penalties) > 1:
        context.reporter.warn(f"{context.label}no subject validates, by whom a penalty could be chosen; it is {penalty:g}")
    return Fitted([{"epoch": 1, "penalty": penalty, **objective.train_row(_answer(model, features), train.labels)}], 1)


def _features(model: ClosedForm, examples: Examples, context: Context, name: str) -> NDArray[np.float64]:
    parts = []
    with torch.inference_mode():
        batches = examples.batches(torch.device("cpu"))
        for x, _ in context.reporter.progress(batches, f"{context.label}reading the {name} windows"):
            context.stop.raise_if_requested()
            parts.append(model.features(x).numpy().astype(np.float64))
    return np.concatenate(parts)


def _answer(model: ClosedForm, features: NDArray[np.float64]) -> NDArray[np.float64]:
    with torch.inference_mode():
        return model.output(torch.from_numpy(features.astype(np.float32))).numpy().astype(np.float64)
