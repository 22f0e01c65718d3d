"""Votes: the prediction of a group from its windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.study.groups import RECORDING, SEGMENT, SUBJECT, TRIAL, constant_group, place_within
from eegcli.study.persons import AS_LABELLED, People

Unit = Literal["subject", "recording", "segment", "trial", "window"]
# By which columns a group is known. A window stands for itself where the target changes even within a trial.
COLUMNS: dict[Unit, tuple[str, ...]] = {
    "subject": SUBJECT,
    "recording": RECORDING,
    "segment": SEGMENT,
    "trial": TRIAL,
    "window": (*SEGMENT, "onset", "content_hash"),
}

STEPS = 2.0**40  # of a probability: far finer than single precision; the sum over 8 million windows still fits into 64 bits

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def unit_of_vote(truth: Floats, table: Mapping[str, np.ndarray], column: str = "", people: People = AS_LABELLED) -> Unit:
    """Find the group that casts a vote: the coarsest within which the target does not change.

    Subject, else recording, else recording x segment (but for a column of events), else the trial that an event began; a target that changes even there leaves every
    window on its own. The label decides how coarse the group is, never who belongs to it: windows grouped by their own label would
    tell the vote its label.

    Parameters
    ----------
    truth : ndarray, shape (n_windows,)
        Target of each window, none missing.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    column : str
        Column that the target is read from.
    people : People
        Who is the same person.
    """
    columns = constant_group(truth, table, column, people)
    return next((group for group, known_by in COLUMNS.items() if known_by == columns), "window")


def first_windows(group: Ints, table: Mapping[str, np.ndarray], n: int | None) -> NDArray[np.bool_]:
    """Mark the first `n` windows of each group in time (recording by recording, by onset); all for None."""
    if n is None:
        return np.ones(len(group), dtype=bool)
    return np.asarray(place_within(group, table["recording"].astype(str), table["onset"]) < n)


@dataclass(frozen=True)
class Ballot:
    """The votes of groups.

    Attributes
    ----------
    first : ndarray of int, shape (n_groups,)
        A window of each group, to look its subject and truth up.
    n_windows : ndarray of int, shape (n_groups,)
        How many windows voted.
    mean : ndarray, shape (n_groups, n_outputs)
        Mean over the group's windows of each class's probability, or of the predicted number. Probabilities count in steps of 2^-40,
        whose sums are exact: groups of any size whose windows say the same have the same mean, to the last bit, and tie.
    hard : ndarray of int, shape (n_groups, n_outputs)
        How many windows predict each class.
    """

    first: Ints
    n_windows: Ints
    mean: Floats
    hard: Ints

    @property
    def vote(self) -> Ints:
        """Class of the highest mean probability, shape (n_groups,); of equal ones the first class."""
        return np.asarray(np.argmax(self.mean, axis=1))

    @property
    def hard_vote(self) -> Ints:
        """Class that most windows predict, shape (n_groups,); of equal ones the first class."""
        return np.asarray(np.argmax(self.hard, axis=1))


def count_votes(group: Ints, outputs: Floats) -> Ballot:
    """Let the windows of each group vote.

    Parameters
    ----------
    group : ndarray of int, shape (n_windows,)
        Which group a window belongs to.
    outputs : ndarray, shape (n_windows, n_outputs)
        Probability of each class, or the predicted number.

    Returns
    -------
    Ballot
        Groups in the order of their numbers.
    """
    _, first, member, n_windows = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    n_units, n_outputs = len(first), outputs.shape[1]
    winner = np.argmax(outputs, axis=1)
    hard = np.bincount(member * n_outputs + winner, minlength=n_units * n_outputs).reshape(n_units, n_outputs)
    return Ballot(first, n_windows, unit_means(outputs, member, n_windows), hard)


def unit_means(outputs: Floats, member: Ints, n_windows: Ints) -> Floats:
    """Mean over the windows of each unit: of probabilities exactly, shape (n_windows, n_classes), or of a number; shape (n_units, n_outputs).

    `member` and `n_windows` are those of `exact_mean`.
    """
    if outputs.shape[1] == 1:
        return np.asarray(np.bincount(member, weights=outputs[:, 0], minlength=len(n_windows)) / n_windows)[:, None]
    return np.stack([exact_mean(column, member, n_windows) for column in outputs.T], axis=1)


def exact_sums(values: Floats, member: Ints, n_units: int, steps: float = STEPS) -> Ints:
    """Sum of the values of each unit's windows, in whole numbers of steps: the same in any order, shape (n_units,)."""
    sums = np.zeros(n_units, dtype=np.int64)
    np.add.at(sums, member, np.rint(values * steps).astype(np.int64))
    return sums


def exact_mean(values: Floats, member: Ints, n_windows: Ints, steps: float = STEPS) -> Floats:
    """Mean of a value over the windows of each unit, from whole numbers of steps.

    Sums of floating-point numbers differ in their last bit with the number of summands: votes that tie would not, and the AUC of a
    constant would be that of the group sizes.

    Parameters
    ----------
    values : ndarray, shape (n_windows,)
        One of each window.
    member : ndarray of int, shape (n_windows,)
        Unit of each window, from 0 without gaps.
    n_windows : ndarray of int, shape (n_units,)
        Windows of each unit.
    steps : float
        Steps of 1; the sum over all windows times this has to stay below 2^63.

    Returns
    -------
    ndarray, shape (n_units,)
    """
    whole, rest = np.divmod(
        exact_sums(values, member, len(n_windows), steps), n_windows
    )  # equal means: equal quotients, and rests in equal proportion
    return np.asarray((whole + rest / n_windows) / steps)
