"""Learnt: people whom the networks have not learnt from are told better than by chance, else there is nothing to explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.explain.controls.outcome import Outcome, not_run, outcome

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOWS = 1000  # that are looked at, evenly over subjects


@dataclass(frozen=True)
class HeldOut:
    """Predictions of windows of people whom a network did not learn from.

    Attributes
    ----------
    sets : tuple of str
        Names of the sets that they are in.
    predictions : ndarray, shape (n_windows, n_classes or 1)
        Probabilities, or the number.
    truth : ndarray, shape (n_windows,)
        Index of the class, or the number.
    subject : ndarray of int, shape (n_windows,)
    """

    sets: tuple[str, ...]
    predictions: Floats
    truth: Floats
    subject: Ints


def judged(found: list[HeldOut], kind: str, *, seed: int) -> Outcome:
    """Pass networks whose figure lies above chance with its interval over subjects.

    Parameters
    ----------
    found : list of HeldOut
        Of each network.
    kind : {"classification", "regression"}
    seed : int
        Of the interval's draws.

    Notes
    -----
    The figure is the balanced accuracy of windows, which any constant prediction has at one over the number of classes; of a number, how much
    smaller its absolute error is than that of the median.
    """
    from eegcli.stats.intervals import subject_interval

    if not found:
        return not_run("the run has neither a test nor a validation set")
    predictions, truth, subject = (np.concatenate([getattr(one, name) for one in found]) for name in ("predictions", "truth", "subject"))
    people, index = np.unique(subject, return_inverse=True)
    if len(people) < 2:
        return not_run("an interval needs two subjects")
    if kind == "classification":
        n_classes = predictions.shape[1]
        member = truth.astype(np.int64)
        sizes = np.bincount(member, minlength=n_classes)
        if (sizes == 0).any():
            return not_run("the set does not have every class")
        weights, chance = len(member) / (n_classes * sizes[member]), 1 / n_classes
        value = (predictions.argmax(axis=1) == member).astype(np.float64)
    else:
        gain = np.abs(truth - np.median(truth)) - np.abs(truth - predictions[:, 0])
        weights, value, chance = np.ones(len(truth)), gain, 0.0
    sums, counts = (np.bincount(index, weights=each).astype(np.float64) for each in (weights * value, weights))
    low, high = subject_interval(sums, counts, seed=seed, share=kind == "classification")
    figure = float(sums.sum() / counts.sum())
    measured = {"limit": chance, "ci95": [low, high], "n_subjects": len(people), "sets": list(found[0].sets)}
    return outcome(np.isfinite(low) and low > chance, figure, **measured)
