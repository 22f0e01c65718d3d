"""Sets that came with the data: ``--split provided`` reads them from the column ``split`` of imported windows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError
from eegcli.settings import TrainSettings
from eegcli.study.sets import SET_WORDS, UNUSED
from eegcli.train.split.groups import Groups
from eegcli.train.split.shares import with_validation

COLUMN = "split"


def provided(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[NDArray[np.int64]]:
    """Put each group into the set that came with it.

    Parameters
    ----------
    groups : Groups
        Groups of windows that are split.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table, with the column ``split``.
    settings : TrainSettings
        `seed` draws who validates, where nobody does.

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        One fold.

    Raises
    ------
    InputError
        If the windows came without sets, a value is none, or a group has windows of two.
    """
    if COLUMN not in table:
        raise InputError(
            "--split provided: the windows came without sets (they have no column split)",
            hint="import takes them from names of files (train, val, test), from --pattern with {split}, or from a column of that name.",
        )
    sets_of_windows = np.array([_set(value) for value in table[COLUMN][groups.rows].tolist()], dtype=np.int64)
    sets = np.full(len(groups), UNUSED, dtype=np.int64)
    sets[groups.member] = sets_of_windows
    for group in groups.member[sets[groups.member] != sets_of_windows][:1]:
        raise InputError(
            f"--split provided: {groups.word} {groups.table['unit'][group]} is in two of the sets that came with the data",
            hint="--split-unit trial takes them as they are: participants are on both sides, and the run is marked.",
        )
    return [with_validation(groups, sets, settings.seed)]


def _set(value: object) -> int:
    which = SET_WORDS.get(str(value).lower())
    if which is None:
        raise InputError(f"--split provided: {value!r} in the column split is none of train, validation, test")
    return which
