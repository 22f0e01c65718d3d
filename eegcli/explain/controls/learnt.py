"""Learnt: people whom the networks have not learnt from are told better than by chance, else there is nothing to explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.explain.controls.outcome import Outcome, not_run, outcome

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOWS = 1000  # that are looked at, evenly over subjects
DRAWN = 2000  # permutations of the labels of subjects
ONE_SIDED = 0.025  # of their p: as often as the lower end of a 95 % interval lies above what is true


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
    """Pass networks that tell people better than labels permuted over them would be told, or whose figure lies above chance with its interval.

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
    smaller its absolute error is than that of the median. Where one test set was held out and each of its subjects has one class, labels are permuted
    over subjects: of eight people of whom one fails, an interval that covers reaches from 0 to 1. Permuted labels of folds would call too much
    significant, for the networks of one learnt from the people of another.
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
    p = _permuted(found, len(people), seed) if kind == "classification" else None
    if p is not None:
        return outcome(p <= ONE_SIDED, figure, **measured, p=p)
    return outcome(np.isfinite(low) and low > chance, figure, **measured)


def _permuted(found: list[HeldOut], n_people: int, seed: int) -> float | None:
    """P value of the accuracy under labels permuted over subjects; None where they may not be."""
    from eegcli.stats.permutation import p_value, right_under
    from eegcli.study.permutations import Permutations

    is_one_set = all(one.sets == ("test",) and len(np.unique(one.subject)) == n_people for one in found)
    predictions, truth, subject = (np.concatenate([getattr(one, name) for one in found]) for name in ("predictions", "truth", "subject"))
    _, first, index = np.unique(subject, return_index=True, return_inverse=True)
    label = truth[first].astype(np.int64)
    permutations = Permutations(label, np.zeros(n_people, dtype=np.int64), DRAWN, seed)
    if not is_one_set or (truth != label[index]).any() or not permutations.can_differ:
        return None
    n_classes = predictions.shape[1]
    tally = np.bincount(index * n_classes + predictions.argmax(axis=1), minlength=n_people * n_classes).reshape(n_people, n_classes)
    observed = float(tally[np.arange(n_people), label].sum())
    return p_value(observed, right_under(permutations, tally.astype(np.float64)))
