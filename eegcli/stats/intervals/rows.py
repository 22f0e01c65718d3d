"""Rows of a set, windows or votes, as the intervals of metrics look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Predictions of a set, of one network or of several repeats.

    Attributes
    ----------
    repeats : sequence of mapping of str to ndarray
        Columns of each repeat by name: ``truth``, ``predicted``, and where they are there ``probabilities`` and ``constant``.
    subject : ndarray of int, shape (n_rows of all repeats,)
        Subject of each row, from 0, the repeats below each other.
    n_classes : int
        0 for a number.
    votes : bool
        Whether rows are votes.
    resamples, seed : int
        Number of resamples, and seed, of a bootstrap.
    """

    repeats: Sequence[Mapping[str, np.ndarray]]
    subject: Ints
    n_classes: int
    votes: bool
    resamples: int
    seed: int

    @cached_property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return int(self.subject.max(initial=-1)) + 1

    @property
    def one_each(self) -> bool:
        """True where every subject has one row in each repeat."""
        return len(self.repeats[0]["truth"]) == self.n_subjects

    @cached_property
    def truth(self) -> np.ndarray:
        """Truth of all repeats, below each other."""
        return self.column("truth")

    @cached_property
    def predicted(self) -> np.ndarray:
        """Predictions of all repeats, below each other."""
        return self.column("predicted")

    def column(self, name: str) -> np.ndarray:
        """A column of all repeats, below each other."""
        return np.concatenate([repeat[name] for repeat in self.repeats])

    @cached_property
    def constant(self) -> bool:
        """True where the target is constant within subjects."""
        first = np.empty(self.n_subjects, dtype=self.truth.dtype)
        first[self.subject] = self.truth
        return bool((first[self.subject] == self.truth).all())

    def by_subject(self, values: Floats) -> Floats:
        """Sum of values of each subject, mean over repeats, shape (n_subjects, 1): a cohort as `clustered` takes it."""
        return (np.bincount(self.subject, weights=values, minlength=self.n_subjects) / len(self.repeats))[:, None]

    def by_class(self, values: Floats) -> Floats:
        """The same by subject and true class, shape (n_subjects, n_classes that occur, 1)."""
        found, group = np.unique(self.truth, return_inverse=True)
        total = np.bincount(self.subject * len(found) + group, weights=values, minlength=self.n_subjects * len(found))
        return (total / len(self.repeats)).reshape(self.n_subjects, len(found), 1)
