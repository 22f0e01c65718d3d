"""How well the windows of a set are answered: the figures by which an epoch is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def accuracy(outputs: Floats, answers: Floats) -> float:
    """Share of windows whose highest output is the right class; of equal outputs the first counts.

    Parameters
    ----------
    outputs : ndarray, shape (n_windows, n_classes)
        Of the network.
    answers : ndarray, shape (n_windows,)
        Index of the right class.
    """
    return float(np.mean(outputs.argmax(axis=1) == answers))


def balanced_accuracy(outputs: Floats, answers: Floats) -> float:
    """Mean over the classes that occur of the share of their windows that is right; arguments as for `accuracy`."""
    right = outputs.argmax(axis=1) == answers
    return float(np.mean([np.mean(right[answers == index]) for index in np.unique(answers)]))


def r_squared(outputs: Floats, answers: Floats) -> float:
    """Share of the variance that is explained; below 0 where the mean of the answers would do better.

    Parameters
    ----------
    outputs : ndarray, shape (n_windows, 1)
        Of the network.
    answers : ndarray, shape (n_windows,)
        In the same unit; not all equal.
    """
    return 1.0 - float(np.sum((outputs[:, 0] - answers) ** 2) / np.sum((answers - answers.mean()) ** 2))


def baseline(train: Floats, validation: Floats, classes: tuple[str, ...]) -> dict[str, float | str]:
    """What the validation set gives to an answer that never changes.

    Parameters
    ----------
    train, validation : ndarray, shape (n_windows,)
        Answers of the windows of each set.
    classes : tuple of str
        Names of the classes; empty for a regression.

    Returns
    -------
    dict
        ``answer`` (the most frequent class of the training windows, or their mean), and its ``validation_accuracy``
        and ``validation_balanced_accuracy``, or its ``validation_mae`` and ``validation_r2``.
    """
    if not classes:
        mean = float(train.mean())
        constant = np.full((len(validation), 1), mean)
        return {
            "answer": mean,
            "validation_mae": float(np.mean(np.abs(validation - mean))),
            "validation_r2": r_squared(constant, validation),
        }
    majority = int(np.bincount(train.astype(np.int64), minlength=len(classes)).argmax())
    constant = np.tile(np.arange(len(classes)) == majority, (len(validation), 1)).astype(np.float64)
    return {
        "answer": classes[majority],
        "validation_accuracy": accuracy(constant, validation),
        "validation_balanced_accuracy": balanced_accuracy(constant, validation),
    }
