"""Strongest baseline: the closed form that does best on the validation windows, fitted on the subjects that the network learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli import models
from eegcli.artifacts.network import ModelDescription
from eegcli.artifacts.remote_windows import AnyWindows
from eegcli.engine import closed
from eegcli.engine.aligned import recentred_by
from eegcli.engine.context import Context
from eegcli.engine.examples import Examples
from eegcli.engine.expectation import expected_fit_seconds
from eegcli.engine.objective import Fitted, Objective
from eegcli.errors import InputError
from eegcli.models.closed import ClosedForm, closed_form
from eegcli.models.head import head_of
from eegcli.registry import MODELS
from eegcli.reporter import Silent
from eegcli.study.alignment import MEANS, RECENTRED
from eegcli.study.persons import People

# Training windows times features that a baseline is fitted to: 32 MB in double precision, and seconds. Of more windows every k-th is taken.
MOST_VALUES = 4_000_000
IMPORT_SECONDS = 1.5  # of scikit-learn


def aligned_baseline(
    description: ModelDescription,
    train: Examples,
    validation: Examples,
    weights: NDArray[np.float64] | None,
    subjects: NDArray[np.int64],
    context: Context,
    *,
    windows: AnyWindows,
    people: People,
) -> dict[str, Any] | None:
    """Strongest baseline, aligned where the network is: its features are recentred, also beside a network whose windows are whitened.

    Parameters
    ----------
    description, train, validation, weights, subjects, context
        As for `strongest_baseline`.
    windows : Windows or RemoteWindows
        Those that both are trained on.
    people : People
        Who is the same person.
    """
    moved = None if description.align is None else recentred_by(windows, RECENTRED, people)
    if description.align in MEANS:
        train, validation = (replace(part, x=windows.checked) for part in (train, validation))
    return strongest_baseline(description, train, validation, weights, subjects=subjects, context=context, recentred_by=moved)


def strongest_baseline(
    description: ModelDescription,
    train: Examples,
    validation: Examples,
    weights: NDArray[np.float64] | None,
    *,
    subjects: NDArray[np.int64],
    context: Context,
    recentred_by: NDArray[np.int64] | None = None,
) -> dict[str, Any] | None:
    """Fit every closed form that takes these windows, and keep the figures of the best.

    Parameters
    ----------
    description : ModelDescription
        The network, and the windows it takes.
    train, validation : Examples
        Windows of the subjects that the network learnt from, and of those by whom its epoch was kept.
    weights : ndarray, shape (n_classes,), or None
        How much each class counts.
    subjects : ndarray of int, shape (n_train,)
        Subject of each training window.
    context : Context
        Threads, signals and reporter.
    recentred_by : ndarray of int, shape (n_all_windows,), optional
        Number of the subject of each window of the array, where subjects are recentred: those of the baselines are, too.

    Returns
    -------
    dict or None
        ``arch``, ``n_compared`` (closed forms among which it is the best), ``n_windows`` that it was fitted to, and ``validation_NAME``
        of every metric computed after each epoch. None where no closed form takes these windows.

    Notes
    -----
    Nothing here depends on a seed, and the network does not depend on it.
    """
    quiet = replace(context, reporter=Silent(), device=torch.device("cpu"))
    best: tuple[tuple[float, float, float], dict[str, Any]] | None = None
    compared = 0
    shared: closed.Shared = {}
    for arch in _compared(description):
        objective = Objective(head_of(arch, description.kind), None if weights is None else torch.from_numpy(weights).float())
        try:
            model = closed_form(_build(arch, description, objective))
            chosen = _thinned(len(train), _n_features(model))
            fewer = _only(train, chosen)
            fitted = closed.fit(
                model, fewer, validation, objective, subjects=subjects[chosen], context=quiet, recentred_by=recentred_by, shared=shared
            )
        except InputError:  # windows too short for its bands: a baseline less, and no reason to lose a network
            continue
        compared += 1
        row = fitted.history[0]
        score = (*objective.score(row), -row["validation_loss"])
        if best is None or score > best[0]:
            figures = {name: value for name, value in row.items() if name.startswith("validation_")}
            best = score, {"arch": arch, "n_windows": len(chosen), **figures}
    return None if best is None else {**best[1], "n_compared": compared}


def tell(strongest: Mapping[str, Any] | None, fitted: Fitted, objective: Objective, context: Context) -> None:
    """Say how the strongest baseline did beside the network, on the same validation windows."""
    if strongest is None:
        return
    name = objective.validation_score
    context.reporter.info(
        f"{context.label}{name.replace('_', ' ')} {fitted.kept[name]:.3f}; "
        f"strongest baseline of {strongest['n_compared']}: {strongest['arch']} {strongest[name]:.3f}"
    )


def expected_baseline_seconds(description: ModelDescription, train: Examples, n_validation: int) -> float:
    """Time that `strongest_baseline` takes, in seconds, with `n_validation` windows to look at."""
    seconds, fitted = IMPORT_SECONDS, set[type]()
    for arch in _compared(description):
        try:
            model = closed_form(_build(arch, description, Objective(head_of(arch, description.kind)))).eval()
            fewer = _only(train, _thinned(len(train), _n_features(model)))
            seconds += expected_fit_seconds(model, fewer, n_validation, without=fitted)
            fitted |= {type(part) for part in model.parts.values()}
        except InputError:
            continue
    return seconds


def _compared(description: ModelDescription) -> list[str]:
    """Closed forms that take the windows of a network."""
    return [arch for arch, entry in MODELS.items() if entry.training is None and description.representation in entry.representations]


def _only(train: Examples, chosen: NDArray[np.int64]) -> Examples:
    return Examples(train.x, train.rows[chosen], train.labels[chosen])


def _build(arch: str, description: ModelDescription, objective: Objective) -> torch.nn.Module:
    n_outputs = objective.head.n_outputs(len(description.classes))
    return models.build(arch, n_outputs=n_outputs, sfreq=description.sfreq, representation=description.representation, **description.input)


def _n_features(model: ClosedForm) -> int:
    return sum(part.final_layer.in_features for part in model.parts.values())


def _thinned(n_windows: int, n_features: int) -> NDArray[np.int64]:
    """Places of every k-th window, evenly over all recordings, so that no more than `MOST_VALUES` features are held."""
    step = max(-(-n_windows * n_features // MOST_VALUES), 1)
    return np.arange(0, n_windows, step)
