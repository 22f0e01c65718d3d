"""Baseline: a constant prediction, the most frequent class or the mean of the training windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.registry import metrics_of
from eegcli.stats.metrics import scores

Floats = NDArray[np.float64]


def baseline(train: Floats, validation: Floats, classes: tuple[str, ...]) -> dict[str, Any]:
    """Score a constant prediction on the validation set.

    Parameters
    ----------
    train, validation : ndarray, shape (n_windows,)
        Labels of the windows of each set: indices of classes, or numbers.
    classes : tuple of str
        Names of the classes; empty for a regression.

    Returns
    -------
    dict
        ``answer`` (the most frequent class of the training windows, or their mean), and ``validation_NAME`` of every metric
        that needs no more than truth and prediction (but for those that say otherwise); NaN where it is not defined, left out where the validation set is empty.
    """
    if classes:
        majority = int(np.bincount(train.astype(np.int64), minlength=len(classes)).argmax())
        constant: Any = classes[majority]
        truth: np.ndarray = validation.astype(np.int64)
        predicted: np.ndarray = np.full(len(truth), majority)
    else:
        constant = float(train.mean())
        truth, predicted = validation, np.full(len(validation), constant)
    if not len(validation):
        return {"answer": constant}
    entries = metrics_of("classification" if classes else "regression")
    compared = {name: entry for name, entry in entries.items() if entry.of_baseline and entry.takes == ("truth", "predicted")}
    figures = scores(compared, {"truth": truth, "predicted": predicted})
    return {"answer": constant, **{f"validation_{name}": value for name, value in figures.items()}}
