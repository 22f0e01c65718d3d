"""Split: the partition of groups into sets, for one fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.study.sets import SETS, TEST, TRAIN, UNUSED
from eegcli.train.split.groups import Groups

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """One fold: in which set each group stands.

    Attributes
    ----------
    groups : Groups
        Groups that were split.
    sets : ndarray of int, shape (n_groups,)
        Index into `SETS`; `UNUSED` for groups that are in none.
    """

    groups: Groups
    sets: Ints

    def windows(self, which: int) -> Ints:
        """Places, among the groups' windows, of those in a set."""
        return np.flatnonzero(self.sets[self.groups.member] == which)

    def counts(self) -> dict[str, dict[str, int]]:
        """Windows, subjects and groups of each set."""
        return {name: self._count(which) for which, name in enumerate(SETS)}

    @property
    def n_tested_only(self) -> int:
        """Number of subjects who are tested, and of whom nothing is in the training set."""
        return len(np.setdiff1d(self.groups.person[self.sets == TEST], self.groups.person[self.sets == TRAIN]))

    @property
    def unused(self) -> dict[str, int]:
        """Labelled windows, subjects and groups that are in no set."""
        return self._count(UNUSED)

    def _count(self, which: int) -> dict[str, int]:
        return {
            "n_windows": int(self.groups.n_windows[self.sets == which].sum()),
            "n_subjects": self.groups.n_subjects(self.sets == which),
            "n_units": int(np.sum(self.sets == which)),
        }
