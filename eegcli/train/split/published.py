"""Published splits, as rules over the subjects that are there: ``--split truong2021``."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError, listed
from eegcli.settings import TrainSettings
from eegcli.study.sets import TEST, TRAIN, UNUSED, VALIDATION
from eegcli.train.split.groups import Groups

FEMALE, MALE = {"f", "female"}, {"m", "male"}
TEST_SHARE, VALIDATION_SHARE = 0.125, 0.3125  # of Truong et al.
_SHOWN = 5  # labels in a message


def truong2021(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[NDArray[np.int64]]:
    """Split as Truong, Makeig & Delorme (2021) did: by the alphabet, not by chance.

    Females and males, each in the order of their labels, take turns; a female begins. The first eighth of this list
    is the test set, the next 5/16 validate, the others are trained on. Who is left of the larger sex is in no set.

    Parameters
    ----------
    groups : Groups
        Subjects, with a target of the two classes female and male.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table; not looked at, nor are the settings: nothing is left to choose.
    settings : TrainSettings

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        Set of each subject, in one fold.

    Raises
    ------
    UsageError
        If groups are not subjects.
    InputError
        If the classes are not female and male, or a label stands for two subjects.

    Notes
    -----
    arXiv:2105.04762 and the authors' code. Of their 2233 subjects (787 female) these are 197 to test, 492 to validate
    and 885 to train on. Sets are as large as the shares, rounded up; the training set is what remains.
    """
    if groups.word != "subject":
        raise UsageError(f"--split truong2021 splits by subject, not by {groups.word}", hint="Leave out --split-unit.")
    females, males = (_in_order(groups, names) for names in (FEMALE, MALE))
    n = 2 * min(len(females), len(males))
    turns = np.stack([females[: n // 2], males[: n // 2]], axis=1).reshape(-1)
    n_test, n_validation = math.ceil(n * TEST_SHARE), math.ceil(n * VALIDATION_SHARE)
    sets = np.full(len(groups), UNUSED, dtype=np.int64)
    sets[turns] = TRAIN
    sets[turns[:n_test]] = TEST
    sets[turns[n_test : n_test + n_validation]] = VALIDATION
    return [sets]


def _in_order(groups: Groups, names: set[str]) -> NDArray[np.int64]:
    """The subjects of one sex, in the order of their labels."""
    if len(groups.classes) != 2 or not any(name.lower() in names for name in groups.classes):
        raise InputError(
            f"--split truong2021 is a rule about females and males; the classes are {', '.join(groups.classes) or 'numbers'}",
            hint="Use it with --target sex, where participants.tsv says F and M; else --split with shares.",
        )
    labels, truth = groups.table["subject"], groups.table["truth"]
    _require_one_person_a_label(groups)
    for group in np.flatnonzero([value is None for value in truth]):
        raise InputError(f"--split truong2021: subject {labels[group]} is of both classes")
    chosen = [group for group, value in enumerate(truth) if value.lower() in names]
    return np.array(sorted(chosen, key=lambda group: str(labels[group])), dtype=np.int64)


def _require_one_person_a_label(groups: Groups) -> None:
    labels, counts = np.unique(groups.table["subject"].astype(str), return_counts=True)
    if (twice := labels[counts > 1]).size:
        raise InputError(
            f"--split truong2021 goes by the subjects' labels, and {len(twice)} of them stand in several data sets "
            f"({listed(twice, _SHOWN)})",
            hint="Pool data sets whose labels differ, or name each subject's set with --split-file.",
        )
