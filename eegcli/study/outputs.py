"""Outputs of networks as columns of a table, and what a row of it says of its window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Columns of the windows' table by which somebody finds a window again.
DESCRIBING = ("dataset", "recording", "subject", "session", "task", "run", "segment", "onset")


def output_columns(outputs: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Name the columns of predictions.

    Parameters
    ----------
    outputs : ndarray, shape (n, n_outputs)
        Probability of each class, or the predicted number.
    classes : sequence of str
        Names of the classes; none for a number.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``p_<class>`` of each class, or ``prediction``.
    """
    if not classes:
        return {"prediction": outputs[:, 0]}
    return {f"p_{name}": outputs[:, index] for index, name in enumerate(classes)}


def class_names(index: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Names of classes by their number, shape (n,), as a table holds text."""
    names = np.full(len(classes), None, dtype=object)
    names[:] = list(classes)
    found: np.ndarray = names[index]
    return found
