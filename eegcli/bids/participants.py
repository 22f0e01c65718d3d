"""Participants: `participants.tsv` read as a table keyed by subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from eegcli.artifacts.table import Table, column
from eegcli.errors import InputError, listed
from eegcli.files.column import read_column
from eegcli.files.tsv import Sheet, read_sheet
from eegcli.reporter import Reporter

FILE = "participants.tsv"
KEY = "participant_id"
_TABLES = (".tsv", ".csv", ".txt", ".xlsx", ".xls", ".ods")
CAUSE = "participants"  # of recordings whose subject stands there with different rows


@dataclass(frozen=True)
class Participants:
    """Participants of a data set, and what has to be said of their table.

    Attributes
    ----------
    table : Table
        Column `subject` (without ``sub-``) first, then the file's own. Empty if there is no file.
    contradicted : dict of str to str
        Subjects that stand there twice with different rows, and what is wrong: they are not in the table.
    remarks : tuple of str
        What was mended or decided while reading; the file is named.
    """

    table: Table = field(default_factory=dict)
    contradicted: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def tell(self, reporter: Reporter) -> None:
        """Report the remarks, and who stands there twice: before a selection reads the table, so that it explains what that says."""
        for line in self.said():
            reporter.warn(line)

    def tell_mistaken(self, reporter: Reporter, subjects: Iterable[str]) -> None:
        """Report labels that fit no subject of the data set as they stand."""
        for line in self.mistaken(subjects):
            reporter.warn(line)

    def tell_unlisted(self, reporter: Reporter, subjects: Iterable[str]) -> None:
        """Report subjects without a row, where the table decides who is selected."""
        missing = sorted(set(subjects) - {*self.table.get("subject", []), *self.contradicted}) if self.table else []
        if missing:
            names = listed([f"sub-{subject}" for subject in missing], count=True)
            reporter.warn(f"not in {FILE}, so that no condition on its columns holds: {names}")

    def said(self) -> list[str]:
        """Say what was mended in the table, and what is wrong with it, a line each."""
        lines = list(self.remarks)
        if self.contradicted:
            first, more = next(iter(self.contradicted.values())), len(self.contradicted) - 1
            lines.append(f"{first}{f'; so do {more} more' if more else ''}. Recordings of such subjects fail: correct the table.")
        return lines

    def mistaken(self, subjects: Iterable[str]) -> list[str]:
        """Describe labels that differ from those of the data set in zeros or case only, as a spreadsheet leaves them."""
        here = set(subjects)
        listed_here = [*self.table.get("subject", []), *self.contradicted]
        unlisted = {_alike(subject): subject for subject in here - set(listed_here)}
        pairs = [(label, unlisted[_alike(label)]) for label in listed_here if label not in here and _alike(label) in unlisted]
        if not pairs:
            return []
        names = listed([f"{label} for sub-{subject}" for label, subject in pairs], 3, count=True)
        return [f"{FILE} has {names}: lost zeros or another case? These subjects are without its columns. Correct {KEY}."]


def read_participants(root: Path) -> Table:
    """Read the table alone; see `load_participants`."""
    return load_participants(root).table


def load_participants(root: Path) -> Participants:
    """Read `participants.tsv` of a data set, or of the raw data set around a derivative.

    A participant listed twice with equal rows is one; one with different rows is left out. A row without a label is left out.

    Parameters
    ----------
    root : Path
        The data set.

    Returns
    -------
    Participants

    Raises
    ------
    InputError
        If the file is malformed.
    """
    path = root / FILE
    if not path.exists() and root.parent.name == "derivatives":
        path = root.parent.parent / FILE
    if path.is_symlink() and not path.exists():
        return Participants(remarks=(f"{FILE} is not fetched (a link to nowhere): recordings are without its columns",))
    if path.exists():
        return participants_of(read_sheet(path))
    others = sorted(item.name for item in root.glob("[Pp][Aa][Rr][Tt][Ii][Cc][Ii][Pp][Aa][Nn][Tt]*.*") if item.suffix.lower() in _TABLES)
    return Participants(
        remarks=(f"there is no {FILE}, but {listed(others)}: save it as tab-separated text of that name",) if others else ()
    )


def participants_of(sheet: Sheet) -> Participants:
    """Participants of a table that is read already; as `load_participants`."""
    if KEY not in sheet.columns:
        raise InputError(f"{sheet.path}: no column {KEY} (there are: {', '.join(sheet.columns)})")
    remarks = [f"{FILE} {remark}" for remark in sheet.remarks]
    at = sheet.columns.index(KEY)
    rows: dict[str, int] = {}
    contradicted: dict[str, str] = {}
    nameless = []
    for index, row in enumerate(sheet.rows):
        if row[at] is None:
            nameless.append(sheet.lines[index])
            continue
        subject = str(row[at]).removeprefix("sub-")
        first = rows.setdefault(subject, index)
        others = [name for name, one, other in zip(sheet.columns, sheet.rows[first], row, strict=True) if name != KEY and one != other]
        if others:
            contradicted[subject] = (
                f"{FILE}: sub-{subject} stands there twice, with another {listed(others, 3)} (lines {sheet.lines[first]}, {sheet.lines[index]})"
            )
    if nameless:
        remarks.append(f"{FILE}: no {KEY} in line {listed(nameless)}: left out")
    kept = {subject: index for subject, index in rows.items() if subject not in contradicted}
    lines = [sheet.lines[index] for index in kept.values()]
    table: Table = {"subject": column(list(kept))}
    for position, name in enumerate(sheet.columns):
        if name != KEY:
            read = read_column([sheet.rows[index][position] for index in kept.values()], lines)
            table["participant_subject" if name == "subject" else name] = column(read.values)
            remarks += [f"{FILE}, column {name}: {remark}" for remark in read.remarks]
    return Participants(table, contradicted, tuple(remarks))


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


def _alike(label: str) -> str:
    return label.lower().removeprefix("sub-").lstrip("0")
