"""Fewer training subjects: nested parts of a training set, for accuracy against the number of subjects (``--train-subjects``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError, counted
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import TRAIN, UNUSED
from eegcli.train.split.split import Split

Ints = NDArray[np.int64]
PURPOSE = 0x5B5E7  # no other draw of a split begins with it


def require_sizes(sizes: tuple[float, ...]) -> None:
    """Check sizes of training sets: shares up to 1, or whole numbers from 2 on; not both, and each once.

    Raises
    ------
    UsageError
        Naming the first that is neither.
    """
    for size in sizes:
        if not (0 < size <= 1 or (size >= 2 and size == int(size))):
            raise UsageError(f"--train-subjects {size:g}: neither a share (up to 1) nor a number of subjects (from 2 on)")
        if sizes.count(size) > 1:
            raise UsageError(f"--train-subjects: {size:g} is named twice")
    if sizes and (max(sizes) <= 1) != (min(sizes) <= 1):
        raise UsageError("--train-subjects: shares (up to 1) and numbers of subjects cannot be put in order: name either")


def fewer(split: Split, size: float, *, seed: int, where: str = "") -> Split:
    """Leave training subjects out of a split; validation and test set stay as they are.

    Parameters
    ----------
    split : Split
    size : float
        Share of the training subjects (up to 1, rounded, at least 2), or their number.
    seed : int
        Subjects are drawn by it.
    where : str
        Fold, for messages.

    Returns
    -------
    Split
        Whoever is left out is `unused`. Parts are nested: whoever is in a smaller one is in every larger one.

    Raises
    ------
    InputError
        If there are not so many, or a class would be missing.

    Notes
    -----
    Subjects of each stratum are shuffled, and stand in one order in which each stratum is shared out evenly (its k-th of n at (k - 1/2) / n);
    the first of each stratum come first. A part is the beginning of that order.
    """
    groups = split.groups
    person = np.arange(len(groups)) if unknown_persons(groups.table) else groups.person
    there = np.unique(person[split.sets == TRAIN])
    n = _count(size, len(there))
    if n > len(there):
        raise InputError(f"{where}--train-subjects {size:g}: the training set has {counted(len(there), 'subject')}")
    stratum = np.array([groups.strata[(person == one) & (split.sets == TRAIN)].min() for one in there])
    kept = there[_order(stratum, np.random.default_rng([PURPOSE, seed]))[:n]]
    sets = np.where((split.sets == TRAIN) & ~np.isin(person, kept), UNUSED, split.sets)
    return replace(split, sets=sets)


def _count(size: float, n_subjects: int) -> int:
    return max(round(size * n_subjects), min(2, n_subjects)) if size <= 1 else int(size)


def _order(stratum: Ints, rng: np.random.Generator) -> Ints:
    """Order of subjects, of which every beginning shares out the strata."""
    place = np.empty(len(stratum))
    for one in np.unique(stratum):
        members = rng.permutation(np.flatnonzero(stratum == one))
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
        place[members[0]] -= 1.0  # the first of each stratum before all others
    return np.lexsort((stratum, place))
