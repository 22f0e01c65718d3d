"""Wrong class: the map of a window for another class, which has to be another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.controls.outcome import Outcome, not_run, outcome
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Kind

WINDOWS_PER_CLASS = 16
LIKE = 0.5  # correlation above which both classes have the same map


def correlation_with_another(
    kind: Kind, method: Callable[..., Any], model: nn.Module, material: ExplainedWindows, own: NDArray[np.floating]
) -> float:
    """Correlate the maps of windows for their class with those of the same windows for the next class, signs included.

    Parameters
    ----------
    kind : Kind
        Of the method; its results have `values`, a map per window.
    method : callable
        What explains.
    model : nn.Module
        The trained network.
    material : ExplainedWindows
        Some of the chosen windows, of two classes or more.
    own : ndarray, shape (n_windows, ...)
        Their maps for their own class.

    Returns
    -------
    float
        Mean over windows of Pearson's correlation; NaN where every map is constant.
    """
    another = replace(material, class_index=(material.class_index + 1) % material.n_classes)
    other = kind.ask(method, model, another).values  # type: ignore[attr-defined]
    return mean_correlation(*(np.asarray(one, dtype=np.float64).reshape(len(one), -1) for one in (own, other)))


def mean_correlation(own: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean of Pearson's correlation over rows; rows without spread are left out."""
    own, other = (one - one.mean(axis=1, keepdims=True) for one in (own, other))
    spread = np.sqrt((own**2).sum(axis=1) * (other**2).sum(axis=1))
    defined = spread > 0
    return float(((own * other).sum(axis=1)[defined] / spread[defined]).mean()) if defined.any() else np.nan


def judged(correlation: float | None) -> Outcome:
    """Pass maps that differ between classes: a correlation of 0.5 or less."""
    if correlation is None:
        return not_run("a number has no other class")
    return outcome(correlation <= LIKE, correlation, limit=LIKE)
