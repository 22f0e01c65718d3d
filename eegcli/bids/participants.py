"""Participants: `participants.tsv` read as a table keyed by subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eegcli.artifacts.table import Table, column
from eegcli.errors import InputError
from eegcli.files.tsv import numbers, read_sheet

FILE = "participants.tsv"
KEY = "participant_id"


def read_participants(root: Path) -> Table:
    """Read `participants.tsv` of a data set, or of the raw data set around a derivative.

    Parameters
    ----------
    root : Path
        The data set.

    Returns
    -------
    Table
        Column `subject` (without ``sub-``) first, then the file's own; numbers where every value is one.
        Empty if there is no file.

    Raises
    ------
    InputError
        If the file is malformed or names a participant twice.
    """
    path = root / FILE
    if not path.exists() and root.parent.name == "derivatives":
        path = root.parent.parent / FILE
    if not path.exists():
        return {}
    sheet = read_sheet(path)
    if KEY not in sheet.columns:
        raise InputError(f"{path}: no column {KEY} (there are: {', '.join(sheet.columns)})")
    subjects: dict[str, int] = {}
    for label, line in zip(sheet.column(KEY), sheet.lines, strict=True):
        if label is None:
            raise InputError(f"{path}, line {line}: no {KEY}")
        subject = label.removeprefix("sub-")
        if subject in subjects:
            raise InputError(f"{path}, line {line}: sub-{subject} stands there twice (first in line {subjects[subject]})")
        subjects[subject] = line
    table: Table = {"subject": column(list(subjects))}
    for name in sheet.columns:
        if name != KEY:
            cells = sheet.column(name)
            values = numbers(cells)
            table["participant_subject" if name == "subject" else name] = column(cells if values is None else values)
    return table


def columns_for(participants: Table, subjects: list[str], taken: set[str]) -> Table:
    """The participants' columns, a row per recording.

    Parameters
    ----------
    participants : Table
        From `read_participants`.
    subjects : list of str
        Subject of each recording; those not listed get missing values.
    taken : set of str
        Names the table already has: a column of such a name gets ``participant_`` before it.

    Returns
    -------
    Table
    """
    rows = {subject: row for row, subject in enumerate(participants.get("subject", []))}
    index = np.array([rows.get(subject, -1) for subject in subjects], dtype=int)
    result: Table = {}
    for name, values in participants.items():
        if name == "subject":
            continue
        if values.dtype.kind != "O" and (index < 0).any():
            values = values.astype(float)
        chosen = values[index] if len(values) else np.full(len(index), None, dtype=object)
        if (index < 0).any():
            chosen = chosen.copy()
            chosen[index < 0] = None if chosen.dtype.kind == "O" else np.nan
        result[f"participant_{name}" if name in taken else name] = chosen
    return result
