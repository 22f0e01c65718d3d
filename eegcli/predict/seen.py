"""Windows that a network has seen: of people, or of the very content, by which it was trained or chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.checked import HASH
from eegcli.artifacts.fitted_windows import Fittable, table_as_given
from eegcli.artifacts.run import Run
from eegcli.artifacts.seen import seen_subjects, seen_windows
from eegcli.artifacts.table import column
from eegcli.study.persons import unknown_persons


@dataclass(frozen=True)
class SeenWindows:
    """Windows that were seen.

    Attributes
    ----------
    person : ndarray of bool, shape (n_windows,), or None
        Of a person who was seen; None where nobody knows whose they are.
    content : ndarray of bool, shape (n_windows,), or None
        Identical to a window that was seen; None where the windows of the training are not at hand.
    """

    person: NDArray[np.bool_] | None
    content: NDArray[np.bool_] | None

    @property
    def any(self) -> NDArray[np.bool_] | None:
        """Mask of windows seen in either way; None where nobody knows whose they are."""
        if self.person is None:
            return None
        return self.person if self.content is None else self.person | self.content

    def column(self, n: int) -> np.ndarray:
        """Column ``seen_in_training`` of `n` windows: truth; missing where nobody knows."""
        return column([None] * n) if self.any is None else self.any


def seen_by(runs: Sequence[Run], taken: Sequence[Fittable], folds: Sequence[int] | None = None) -> SeenWindows:
    """Look up which windows any of some runs has seen.

    Parameters
    ----------
    runs : sequence of Run
    taken : sequence of Windows, RemoteWindows or FittedWindows
        The windows as each run takes them: contents are compared as networks are given them.
    folds : sequence of int, optional
        By networks of these folds; left out: of any.
    """
    people: list[NDArray[np.bool_]] = []
    contents: list[NDArray[np.bool_]] = []
    for one, windows in zip(runs, taken, strict=True):
        rule = one.people
        seen = seen_subjects(one, rule, folds)
        people.append(np.array([person in seen for person in rule.of(windows.table)], dtype=bool))
        hashes = seen_windows(one, folds) if HASH in windows.table else None
        if hashes is not None:
            contents.append(np.array([value in hashes for value in table_as_given(windows)[HASH]], dtype=bool))
    known = not unknown_persons(taken[0].table)
    return SeenWindows(np.any(people, axis=0) if known else None, np.any(contents, axis=0) if contents else None)
