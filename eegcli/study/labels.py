"""Labels of one's own: a table of a user's, joined to recordings or windows by participant, session, run, recording or onset."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, counted, listed
from eegcli.files.column import read_column
from eegcli.files.digest import digest_of_file
from eegcli.files.tsv import Sheet, read_sheet
from eegcli.reporter import Reporter
from eegcli.study.groups import number_groups
from eegcli.study.plain_label import plain_label

Rows = NDArray[np.int64]
Columns = Mapping[str, np.ndarray]

# By which columns a row finds its recordings or windows: as the table may call them, and as ours are called.
KEYS = {
    "dataset": "dataset",
    "participant_id": "subject",
    "subject": "subject",
    "session": "session",
    "session_id": "session",
    "task": "task",
    "run": "run",
    "recording": "recording",
    "segment": "segment",
    "onset": "onset",
}
PREFIXES = {"subject": "sub-", "session": "ses-", "task": "task-", "run": "run-"}
OF_WINDOWS = ("segment", "onset")  # what recordings do not have
RESERVED = frozenset(
    {*KEYS.values(), "segment_count", "content_hash", "trial", "event", "event_onset", "event_duration"}
)  # columns that no table gives
TOLERANCE = 1e-3  # s: tables are printed with three decimals
_SHOWN = 5  # names in a message

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Labels:
    """Table of labels, as its author wrote it.

    Attributes
    ----------
    path : Path
    keys : mapping of str to str
        Columns by which rows are joined: our name, and the table's.
    names : tuple of str
        Columns with labels.
    sheet : Sheet
    digest : str
        Of the file's content; where it lies decides nothing.
    """

    path: Path
    keys: Mapping[str, str]
    names: tuple[str, ...]
    sheet: Sheet
    digest: str

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on what was mended or decided while reading; the file is named."""
        types = {name: read_column(self.sheet.column(name), self.sheet.lines).remarks for name in self.names}
        decided = [f"{self.path}: column {name}: {remark}" for name, remarks in types.items() for remark in remarks]
        return (*(f"{self.path} {remark}" for remark in self.sheet.remarks), *decided)

    @property
    def of_windows(self) -> bool:
        """True where rows name windows, which recordings do not have."""
        return any(key in self.keys for key in OF_WINDOWS)

    def cell(self, row: int, key: str) -> str | None:
        """Cell of a key column, without the prefix that BIDS has before it."""
        text = self.sheet.rows[row][self.sheet.columns.index(self.keys[key])]
        return text if text is None else text.removeprefix(PREFIXES.get(key, ""))

    def name(self, row: int) -> str:
        """Name of a row in messages: its line and its key."""
        return f"line {self.sheet.lines[row]} ({' '.join(str(self.cell(row, key) or 'n/a') for key in self.keys)})"


def read_labels(path: Path) -> Labels:
    """Read a table of labels.

    Parameters
    ----------
    path : Path
        Tab-separated; commas or semicolons where its name ends in ``.csv``.

    Raises
    ------
    InputError
        If it cannot be read, names neither participants nor recordings, has no other column, or two rows say of whom they are in the
        same words.
    """
    if not path.is_file():
        raise InputError(f"{path}: not found")
    sheet = read_sheet(path)
    keys: dict[str, str] = {}
    for name in sheet.columns:
        if (own := KEYS.get(name)) is not None:
            if own in keys:
                raise InputError(f"{path}: {keys[own]} and {name} both say the {own}", hint="Leave out one of them.")
            keys[own] = name
    if not {"subject", "recording"} & keys.keys():
        near = [
            name for name in sheet.columns if difflib.get_close_matches(name.lower(), ["participant_id", "participant", "subject", "id"])
        ]
        raise InputError(
            f"{path}: no column participant_id, and none recording (there are: {', '.join(sheet.columns)})",
            hint=f"Call {near[0]} participant_id, if that is what it is." if near else "It says whose labels these are.",
        )
    names = tuple(name for name in sheet.columns if name not in keys.values())
    if not names:
        raise InputError(f"{path}: no column with labels (there are: {', '.join(sheet.columns)})")
    if taken := sorted(RESERVED & set(names)):
        raise InputError(f"{path}: {', '.join(taken)} is what windows call something else", hint="Rename the column.")
    labels = Labels(path, keys, names, sheet, digest_of_file(path))
    _require_distinct(labels)
    return labels


def _require_distinct(labels: Labels) -> None:
    seen: dict[Key, int] = {}
    for row, line in enumerate(labels.sheet.lines):
        key = tuple(labels.cell(row, name) for name in labels.keys)
        lacking = [name for name in ("subject", "recording", "onset") if name in labels.keys and labels.cell(row, name) is None]
        if lacking:
            raise InputError(f"{labels.path}, line {line}: no {labels.keys[lacking[0]]}", hint="A row says of whom it is.")
        if key in seen:
            apart = [name for name in ("session", "run", "task", "recording", "onset") if name not in labels.keys]
            raise InputError(
                f"{labels.path}: lines {labels.sheet.lines[seen[key]]} and {line} are both about {' '.join(str(part) for part in key)}",
                hint=f"One row for each; rows of a participant are told apart by columns called {' or '.join(apart)}."
                if apart
                else "One row for each.",
            )
        seen[key] = row


@dataclass(frozen=True)
class Joined:
    """Rows of a table of labels joined to the rows of another table.

    Attributes
    ----------
    labels : Labels
    row : ndarray of int, shape (n_rows,)
        Row of the labels for each row of the other table; -1 where there is none.
    unused : tuple of int
        Rows of the labels that fit no row of the other table.
    """

    labels: Labels
    row: Rows
    unused: tuple[int, ...]

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """Columns of labels, a value per row of the other table: numbers where every cell of the file's column is one, else text."""
        result: dict[str, np.ndarray] = {}
        for name in self.labels.names:
            cells = self.labels.sheet.column(name)
            read = read_column(cells, self.labels.sheet.lines)
            values = None if read.is_text else read.values
            if values is not None and (self.row >= 0).all() and all(isinstance(value, int) for value in values):
                result[name] = np.array(values, dtype=np.int64)[self.row]
            elif values is not None:
                known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
                result[name] = np.append(known, np.nan)[self.row]  # -1: the last
            else:
                texts = np.full(len(cells) + 1, None, dtype=object)
                texts[:-1] = cells
                result[name] = texts[self.row]
        return result

    def take(self, rows: np.ndarray) -> Joined:
        """Select rows of the other table, by index or by mask."""
        return Joined(self.labels, self.row[rows], self.unused)


def join(labels: Labels, table: Columns) -> Joined:
    """Find the row of the labels for each row of a table of recordings or windows.

    Parameters
    ----------
    labels : Labels
    table : mapping of str to ndarray, shape (n_rows,)
        Columns `dataset`, `subject`, `session`, `task`, `run`, `recording`; of windows `segment` and `onset`, too. Key columns that it lacks
        (`onset` of recordings) have no part.

    Raises
    ------
    InputError
        If no row fits, a subject's label stands in several data sets and the labels do not say which is meant, or a row fits nobody
        but for zeros, a prefix or capital letters: it is never joined, for it may be somebody else.
    """
    exact = [key for key in labels.keys if key != "onset" and key in table]
    member = number_groups(table, exact)
    first = np.unique(member, return_index=True)[1]
    known = {_key(table, exact, int(row)): group for group, row in enumerate(first)}
    rows_of: dict[int, list[int]] = defaultdict(list)
    unfitting: list[int] = []
    for row in range(len(labels.sheet.rows)):
        group = known.get(tuple(labels.cell(row, key) for key in exact))
        if group is None:
            unfitting.append(row)
        else:
            rows_of[group].append(row)
    _refuse_near_misses(labels, exact, unfitting, [key for key, group in known.items() if group not in rows_of])
    if not rows_of:
        raise InputError(
            f"{labels.path}: no row fits any of the {len(known)} {_what(exact)}",
            hint=f"It says {_shown(labels.name(row) for row in unfitting)}; here there are {_shown(' '.join(map(str, key)) for key in known)}.",
        )
    if "dataset" not in labels.keys:
        _refuse_ambiguous(labels, table, first, rows_of)
    if "onset" in labels.keys and "onset" in table:
        return _by_onset(labels, table["onset"], member, rows_of, unfitting)
    chosen = np.full(len(first), -1, dtype=np.int64)
    for group, rows in rows_of.items():
        chosen[group] = rows[0]
    return Joined(labels, chosen[member], tuple(unfitting))


def _key(table: Columns, names: Collection[str], row: int) -> Key:
    return tuple(None if table[name][row] is None else str(table[name][row]) for name in names)


def _refuse_near_misses(labels: Labels, exact: list[str], unfitting: list[int], unlabelled: list[Key]) -> None:
    forgotten = {tuple(plain_label(part or "") for part in key): key for key in unlabelled}
    pairs = []
    for row in unfitting:
        key = tuple(labels.cell(row, name) for name in exact)
        if (meant := forgotten.get(tuple(plain_label(part or "") for part in key))) is not None:
            pairs.append(f"{' '.join(str(part) for part in key)} may be {' '.join(str(part) for part in meant)}")
    if pairs:
        raise InputError(
            f"{labels.path}: {counted(len(pairs), 'row fits', 'rows fit')} nobody but for zeros, a prefix or capital letters ({listed(pairs, _SHOWN)})",
            hint="Write labels as the data set does: spreadsheets take leading zeros away. Rows of somebody else have to go.",
        )


def _refuse_ambiguous(labels: Labels, table: Columns, first: Rows, rows_of: Mapping[int, list[int]]) -> None:
    # Keys without the data set: a group of rows may hold people of several, who only share a label.
    homes: dict[str, set[str]] = defaultdict(set)
    for dataset, subject in sorted({(str(a), str(b)) for a, b in zip(table["dataset"], table["subject"], strict=True)}):
        homes[subject].add(dataset)
    for group in rows_of:
        subject = str(table["subject"][first[group]])
        if len(homes[subject]) > 1:
            raise InputError(
                f"{labels.path}: subject {subject} stands in {', '.join(sorted(homes[subject]))}",
                hint="Say which of them in a column dataset.",
            )


def _by_onset(labels: Labels, onset: np.ndarray, member: Rows, rows_of: Mapping[int, list[int]], unfitting: list[int]) -> Joined:
    """Join rows that name windows by their onset: the nearest window within a millisecond."""
    chosen = np.full(len(onset), -1, dtype=np.int64)
    unused = list(unfitting)
    places = np.argsort(member, kind="stable")
    begins = np.searchsorted(member[places], np.arange(member.max() + 2))
    for group, rows in rows_of.items():
        windows = places[begins[group] : begins[group + 1]]
        for row in rows:
            distance = np.abs(onset[windows] - _seconds(labels, row))
            near = windows[distance <= TOLERANCE]
            if not len(near):
                unused.append(row)
            elif len(near) > 1:
                raise InputError(
                    f"{labels.path}, line {labels.sheet.lines[row]}: {counted(len(near), 'window begins', 'windows begin')} there",
                    hint="Name their recording and segment in columns of these names.",
                )
            elif chosen[near[0]] >= 0:
                raise InputError(f"{labels.path}: {labels.name(int(chosen[near[0]]))} and {labels.name(row)} are both about one window")
            else:
                chosen[near[0]] = row
    if (chosen < 0).all():
        raise InputError(
            f"{labels.path}: no row has the onset of a window ({_shown(labels.name(row) for row in unused)})",
            hint="Onsets are those of windows.parquet: seconds from the recording's first sample.",
        )
    return Joined(labels, chosen, tuple(sorted(unused)))


def _seconds(labels: Labels, row: int) -> float:
    text = labels.cell(row, "onset") or ""
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{labels.path}, line {labels.sheet.lines[row]}: onset {text!r} is not a number") from error


def labelled(table: Columns, joined: Joined, reporter: Reporter, *, own: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Add the columns of labels to a table; they go before columns of the same name.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_rows,)
        Recordings or windows.
    joined : Joined
        Labels of these rows.
    reporter : Reporter
        Is told whose columns are replaced.
    own : collection of str, optional
        Columns of the table that are no labels, which nothing may replace.

    Raises
    ------
    InputError
        If a column of labels has the name of one of `own`.
    """
    columns = joined.columns
    if clash := sorted(set(own) & set(columns)):
        raise InputError(f"{joined.labels.path}: {', '.join(clash)} is what recordings call something else", hint="Rename the column.")
    for name in sorted(set(columns) & set(table)):
        n_other = int(np.sum([not _same(*pair) for pair in zip(columns[name].tolist(), table[name].tolist(), strict=True)]))
        if n_other:
            reporter.warn(
                f"column {name} is that of {joined.labels.path}, as it is named: in {n_other} of {counted(len(table[name]), 'row')} it says something "
                "else than the data set does"
            )
    return {**table, **columns}


def tell(joined: Joined, table: Columns, reporter: Reporter, *, of: str) -> None:
    """Report both ways what fits nobody: rows of the labels, and subjects without a row.

    Parameters
    ----------
    joined : Joined
        Labels of the rows of `table`.
    table : mapping of str to ndarray, shape (n_rows,)
    reporter : Reporter
    of : str
        ``recordings`` or ``windows``.
    """
    labels = joined.labels
    for remark in labels.remarks:
        reporter.warn(remark)
    if joined.unused:
        names = listed([labels.name(row) for row in joined.unused], _SHOWN)
        reporter.warn(f"{labels.path}: {len(joined.unused)} of {counted(len(labels.sheet.rows), 'row')} fit none of the {of}: {names}")
    without = joined.row < 0
    if without.any():
        subjects = dict.fromkeys(str(subject) for subject in table["subject"][without])
        whole = dict.fromkeys(str(subject) for subject in table["subject"][~without])
        partly = " (some of them have rows for other " + of + ")" if set(subjects) & set(whole) else ""
        reporter.warn(
            f"{labels.path}: {int(without.sum())} of {len(without)} {of} have no row, of {counted(len(subjects), 'subject')}{partly}: "
            f"{listed(list(subjects), _SHOWN)}"
        )


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return one == other or (one != one and other != other)
    return one == other or (one is None and other != other)


def _what(exact: list[str]) -> str:
    return "subjects" if exact == ["subject"] else "groups of " + ", ".join(exact)


def _shown(names: object) -> str:
    return listed(list(names), 3)  # type: ignore[call-overload]
