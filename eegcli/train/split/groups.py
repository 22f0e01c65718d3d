"""Groups that are split: subjects, or with `--split-unit` recordings or trials, each with its label for stratification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, take
from eegcli.errors import InputError
from eegcli.study.groups import PARTS, SUBJECT, group_names, number_groups, split_columns
from eegcli.study.persons import persons, unknown_persons
from eegcli.study.plain_label import plain_label
from eegcli.study.target import Target

GROUPS_PER_STRATUM = 5  # of a continuous target: quantiles of at least so many groups
MAX_STRATA = 5  # of a continuous target


@dataclass(frozen=True)
class Groups:
    """Groups of all labelled windows, in the order of their names.

    Attributes
    ----------
    word : str
        ``subject``, ``session``, ``run``, ``task``, ``recording``, ``trial`` or ``window``, for messages.
    rows : ndarray of int, shape (n_windows,)
        Rows of the windows' table that are labelled.
    member : ndarray of int, shape (n_windows,)
        Group of each of these windows.
    values : ndarray of float64, shape (n_windows,)
        Label or value of each of these windows.
    table : Table, n_groups rows
        ``dataset``, ``subject``, ``unit``, ``n_windows``, ``truth``; of sessions, runs and tasks also their labels (``session``, ...).
    strata : ndarray of int, shape (n_groups,)
        Groups alike in what has to be shared out evenly, numbered without gaps.
    classes : tuple of str
        Names of the classes; empty for a regression.
    """

    word: str
    rows: NDArray[np.int64]
    member: NDArray[np.int64]
    values: NDArray[np.float64]
    table: Table
    strata: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.strata)

    @property
    def n_windows(self) -> NDArray[np.int64]:
        """Windows of each group, shape (n_groups,)."""
        return self.table["n_windows"]

    def n_subjects(self, chosen: NDArray[np.bool_]) -> int:
        """Count the subjects that the chosen groups belong to; 0 where nobody knows them."""
        if unknown_persons(self.table):
            return 0
        return len(set(persons(take(self.table, chosen))))


def gather_groups(table: Mapping[str, np.ndarray], target: Target, split_unit: str) -> Groups:
    """Gather the groups of the labelled windows.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    target : Target
        The target.
    split_unit : {"subject", "session", "run", "task", "recording", "trial", "window"}
        What a group is.

    Raises
    ------
    InputError
        If no window is labelled, all have the same label, or the windows do not say of which session, run or task they are.
    """
    rows = np.flatnonzero(target.known)
    _require_variety(target)
    known, values = take(table, rows), target.values[rows]
    columns = split_columns(known, split_unit)
    member = number_groups(known, columns)
    _, first, n_windows = np.unique(member, return_index=True, return_counts=True)
    labels = values[np.lexsort((values, member))]  # group by group, sorted within each
    begin = np.cumsum(n_windows) - n_windows
    medians = (labels[begin + (n_windows - 1) // 2] + labels[begin + n_windows // 2]) / 2
    constant = labels[begin] == labels[begin + n_windows - 1]
    if target.kind == "classification":
        strata = _strata_of_classes(np.split(labels, begin[1:]), target.classes)
    else:
        strata = _strata_of_numbers(medians)
    truth = np.where(constant, medians, np.nan) if target.kind == "classification" else medians
    groups: Table = {
        "dataset": known["dataset"][first],
        "subject": known["subject"][first],
        "unit": group_names(known, columns, first),
        "n_windows": n_windows.astype(np.int64),
        "truth": target.names(truth),
    }
    if split_unit in PARTS:
        _require_parts(take(known, first), split_unit)
        groups |= {name: known[name][first] for name in columns[len(SUBJECT) :]}
    return Groups(split_unit, rows, member, values, groups, strata, target.classes)


def _require_parts(table: Table, split_unit: str) -> None:
    """Check that groups say of which session, run or task they are: else subjects would be split, and the run marked for nothing."""
    labels = table[split_unit]
    if all(label is None for label in labels):
        raise InputError(
            f"--split-unit {split_unit}: the windows have no {split_unit}s",
            hint=f"The column {split_unit} is empty: no file name has a label of this kind. Leave out --split-unit, or split by recording.",
        )
    known_by = [name for name in PARTS[split_unit] if name != split_unit]
    homes: dict[tuple[object, ...], dict[str, str]] = {}
    for *others, label in sorted({tuple(map(str, row)) for row in zip(*(table[name] for name in known_by), labels, strict=True)}):
        other = homes.setdefault(tuple(others), {}).setdefault(plain_label(label), label)
        if other != label:
            raise InputError(
                f"--split-unit {split_unit}: subject {others[1]} has both a {split_unit} {other} and a {split_unit} {label}, which may be the same",
                hint=f"Rename the files so that every {split_unit} has one label, and make recordings and windows again.",
            )


def _require_variety(target: Target) -> None:
    column = target.column
    if not target.known.any():
        raise InputError(
            f"no window has a value of {column!r}", hint="`eegcli info` lists the columns; participants.tsv may lack the value."
        )
    if target.kind == "classification":
        empty = [name for name, count in zip(target.classes, target.counts, strict=True) if not count]
        if empty:
            raise InputError(f"no window has {column} {' or '.join(empty)}: there is nothing to tell apart")
        if len(target.classes) < 2:
            raise InputError(
                f"all windows have {column} {target.classes[0]}: there is nothing to tell apart", hint="Choose another --target."
            )
    elif np.ptp(target.values[target.known]) == 0:
        raise InputError(f"all windows have the same {column}: there is nothing to predict", hint="Choose another --target.")


def _strata_of_classes(labels: list[NDArray[np.float64]], classes: tuple[str, ...]) -> NDArray[np.int64]:
    # A group that holds several classes (tasks of a subject) is alike with those that hold the same ones.
    # By name, so that `--classes` orders the outputs and leaves the split alone.
    present = [tuple(sorted(classes[int(index)] for index in set(own.tolist()))) for own in labels]
    number = {names: i for i, names in enumerate(sorted(set(present)))}
    return np.array([number[names] for names in present], dtype=np.int64)


def _strata_of_numbers(medians: NDArray[np.float64]) -> NDArray[np.int64]:
    # Medians, since a sum would depend on the order of the rows in its last bits.
    order = np.argsort(medians, kind="stable")
    n_strata = int(np.clip(len(medians) // GROUPS_PER_STRATUM, 1, MAX_STRATA))
    strata = np.empty(len(medians), dtype=np.int64)
    strata[order] = np.arange(len(medians)) * n_strata // len(medians)
    return strata
