"""Requirements of a split: nobody in two sets, both sets to learn from, every class where one learns or chooses by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eegcli.errors import InputError, counted
from eegcli.study.sets import SETS, TEST, TRAIN, UNUSED, VALIDATION
from eegcli.train.split.split import Split


def require_both_sets(split: Split, where: str, *, validation: bool = True) -> None:
    """Check that there are groups to train on, and to validate where that is asked for.

    Raises
    ------
    InputError
        If one of the two sets is empty.
    """
    for which in (TRAIN, VALIDATION) if validation else (TRAIN,):
        if not np.any(split.sets == which):
            raise InputError(f"{where}no {split.groups.word} is left for the {SETS[which]} set ({len(split.groups)} in all)")


def require_one_person_one_set(split: Split, where: str) -> None:
    """Check that nobody stands in two sets: one person may stand under two labels, or in two data sets.

    Raises
    ------
    InputError
        Naming the person and the data sets.
    """
    groups, standing = split.groups, dict[int, int]()
    for who, which in zip(groups.person.tolist(), split.sets.tolist(), strict=True):
        if which != UNUSED and standing.setdefault(who, which) != which:
            labels, homes = (list(dict.fromkeys(map(str, groups.table[name][groups.person == who]))) for name in ("subject", "dataset"))
            raise InputError(
                f"{where}subject {' alias '.join(labels)} is in {' and '.join(homes)}, and would stand in the {SETS[standing[who]]} set and in the {SETS[which]} set",
                hint="Leave it out of one of the data sets with --where or --exclude of epoch, or say who stands where with --split-file.",
            )


def require_variety(split: Split, where: str, sets: Sequence[int]) -> None:
    """Check that each class (or, of a number, two values) occurs in each of the sets that is not empty.

    Raises
    ------
    InputError
        Naming the set and the class.
    """
    groups = split.groups
    for which in sets:
        values = groups.values[split.windows(which)]
        if not len(values):
            continue
        if not groups.classes and which != TEST and np.ptp(values) == 0:
            raise InputError(f"{where}all windows of the {SETS[which]} set have the same value: there is nothing to learn or to choose by")
        n_groups = int(np.sum(split.sets == which))
        for index, name in enumerate(groups.classes):
            if not np.any(values == index):
                if n_groups < len(groups.classes):
                    raise InputError(
                        f"{where}the {SETS[which]} set has no window of class {name}: it has {counted(n_groups, groups.word)} "
                        f"for {counted(len(groups.classes), 'class')}",
                        hint="Give every set at least as many as there are classes, with --split.",
                    )
                n = len(np.unique(groups.member[groups.values == index]))
                raise InputError(
                    f"{where}the {SETS[which]} set has no window of class {name}: only {counted(n, f'{groups.word} has', f'{groups.word}s have')} it",
                    hint="More recordings are needed, or another --split or --split-file.",
                )
