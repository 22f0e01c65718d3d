"""Seen people and windows: by whom, and by which contents, the networks of a run were trained or chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.run import Run
from eegcli.artifacts.windows import Windows, open_windows
from eegcli.errors import EegcliError
from eegcli.study.groups import sets_of_windows
from eegcli.study.persons import People, Person
from eegcli.study.sets import SETS


def split_numbers(windows: Fittable, run: Run, fold: int) -> NDArray[np.int64]:
    """Number of the set (`study.sets.SETS`) in which each window of a run's own stands in a fold, shape (n_windows,); -1 for none."""
    names = sets_of_windows(windows.table, run.splits, run.settings.split_unit, fold)
    number = {name: index for index, name in enumerate(SETS)}
    return np.array([number.get(name, -1) for name in names], dtype=np.int64)


def seen_subjects(run: Run, people: People, folds: Sequence[int] | None = None) -> frozenset[Person]:
    """Whoever was seen by the networks, or by the weights that they began with.

    Parameters
    ----------
    run : Run
    people : People
        Who is the same person.
    folds : sequence of int, optional
        By the networks of these folds; left out: by any.
    """
    own = people.of(run.seen_rows(np.unique(run.splits["fold"]).tolist() if folds is None else folds))
    return frozenset(own + (people.of(run.ancestors) if run.ancestors else []))


def seen_windows(run: Run, folds: Sequence[int] | None = None) -> frozenset[str] | None:
    """Content hashes of the windows by which networks were trained or chosen; None where the run's own windows are not at hand.

    Arguments as of `seen_subjects`.
    """
    windows = own_windows(run)
    return None if windows is None else frozenset(windows.table["content_hash"][seen_mask(windows, run, folds)])


def own_windows(run: Run) -> Windows | None:
    """Open the windows that a run was trained on, if they are where they were."""
    try:
        windows = open_windows(run.windows_path())
    except EegcliError:
        return None
    return windows if windows.digest == run.windows_digest else None


def seen_mask(windows: Windows, run: Run, folds: Sequence[int] | None = None) -> NDArray[np.bool_]:
    """Mark the windows of a run by which its networks were trained or chosen, shape (n_windows,). `folds` as of `seen_subjects`."""
    seen = np.zeros(len(windows), dtype=bool)
    for fold in {network.fold for network in run} if folds is None else folds:
        numbers = split_numbers(windows, run, fold)
        seen |= np.isin(numbers, [SETS.index(name) for name in run.seen_sets])
    return seen
