"""Groups of a windows table: subjects, recordings, segments; numbered alike whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eegcli.study.persons import number_persons

SUBJECT = ("dataset", "subject")  # a subject is known by both: sub-01 of two data sets are two people
RECORDING = (*SUBJECT, "recording")
SEGMENT = (*RECORDING, "segment")
TRIAL = (*SEGMENT, "event_onset")  # the windows after one event; tables of whole recordings know no event
# Parts of what was recorded of a person, which `--split-unit` keeps whole: one session, one task, or one run of a task in a session.
PARTS = {"session": (*SUBJECT, "session"), "run": (*SUBJECT, "session", "task", "run"), "task": (*SUBJECT, "task")}


def number_groups(table: Mapping[str, np.ndarray], columns: Sequence[str]) -> NDArray[np.int64]:
    """Number the groups of a table: equal numbers are one group.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        With `columns`.
    columns : sequence of str
        What a group is known by; missing text is a value of its own.

    Returns
    -------
    ndarray of int, shape (n_windows,)
        Numbered without gaps, in the order of the groups' names.
    """
    number = np.zeros(len(table[columns[0]]), dtype=np.int64)
    for name in columns:
        values = table[name]
        names, codes = np.unique(
            ["" if value is None else str(value) for value in values] if values.dtype.kind == "O" else values, return_inverse=True
        )
        number = np.unique(number * max(len(names), 1) + codes, return_inverse=True)[1]
    return number


def place_within(group: NDArray[np.int64], *keys: np.ndarray) -> NDArray[np.int64]:
    """Place of each row among those of its group, from 0, in ascending order of the keys.

    Parameters
    ----------
    group : ndarray of int, shape (n,)
        Which group a row belongs to.
    *keys : ndarray, shape (n,)
        The first decides, the next among equals; then the order of the rows.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    order = np.lexsort((*reversed(keys), group))  # stable
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0]) if len(group) else np.zeros(0, dtype=np.int64)
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    return place


def constant_group(values: np.ndarray, table: Mapping[str, np.ndarray], column: str = "") -> tuple[str, ...] | None:
    """Columns of the coarsest group within which `values` do not change.

    Parameters
    ----------
    values : ndarray, shape (n_windows,)
        Of each window; without missing ones.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    column : str
        Column that the values come from. One of events belongs to a trial: segments may be chosen by it, and windows that are grouped by
        their own label would tell each other.

    Returns
    -------
    tuple of str or None
        Subject, else recording, else recording and segment, else the trial that an event began; None where the values change even there.
    """
    of_event = TRIAL[-1] in table and (column == "event" or column.startswith("event_"))
    for columns in (SUBJECT, RECORDING, TRIAL) if of_event else (SUBJECT, RECORDING, SEGMENT, TRIAL):
        if columns[-1] not in table:
            continue
        group = number_persons(table) if columns == SUBJECT else number_groups(table, columns)
        first = np.unique(group, return_index=True)[1]
        if np.array_equal(values[first][group], values):
            return columns
    return None


def split_columns(table: Mapping[str, np.ndarray], split_unit: str) -> tuple[str, ...]:
    """Columns by which `--split-unit` tells groups apart.

    A trial is what the windows' table calls one in a column `trial`, else all windows after one event; where no event began the
    segments, every window is its own.
    """
    trial = (*SEGMENT, "trial") if "trial" in table else TRIAL if TRIAL[-1] in table else (*SEGMENT, "onset")
    return {"subject": SUBJECT, "recording": RECORDING, "trial": trial, "window": (*SEGMENT, "onset"), **PARTS}[split_unit]


def group_names(table: Mapping[str, np.ndarray], columns: Sequence[str], rows: NDArray[np.int64]) -> np.ndarray:
    """Name the group of some rows, unique within a subject.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    columns : sequence of str
        What a group is known by; data set and subject are left out of the name where it goes on behind them.
    rows : ndarray of int, shape (n,)
        Whose names are wanted.

    Returns
    -------
    ndarray of object, shape (n,)
        Subject, recording, ``recording/segment/trial``, session, task, or ``session/task/run``; empty where a label is missing.
    """
    parts = [table[name][rows] for name in columns[len(SUBJECT) :] or SUBJECT[-1:]]
    result = np.full(len(rows), None, dtype=object)
    result[:] = ["/".join("" if part is None else str(part) for part in row) for row in zip(*parts, strict=True)]
    return result


def sets_of_windows(table: Mapping[str, np.ndarray], splits: Mapping[str, np.ndarray], split_unit: str, fold: int) -> np.ndarray:
    """Look up in which set each window stands.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    splits : mapping of str to ndarray, shape (n_rows,)
        ``splits.parquet`` of a run: columns ``dataset``, ``subject``, ``unit``, ``fold``, ``split``.
    split_unit : {"subject", "session", "run", "task", "recording", "trial", "window"}
        What the run was split by.
    fold : int
        Of which fold.

    Returns
    -------
    ndarray of object, shape (n_windows,)
        ``train``, ``validation``, ``test``, or None for windows of groups that are in none.
    """
    here = splits["fold"] == fold
    names = [splits[name][here] for name in (*SUBJECT, "unit", "split")]
    known = {(dataset, subject, group): split for dataset, subject, group, split in zip(*names, strict=True)}
    units = group_names(table, split_columns(table, split_unit), np.arange(len(table["subject"])))
    result = np.full(len(units), None, dtype=object)
    result[:] = [known.get(key) for key in zip(table["dataset"], table["subject"], units, strict=True)]
    return result
