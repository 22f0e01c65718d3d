"""Selection of recordings by labels, paths and participants, shared by every command that reads a cohort."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, column, take
from eegcli.bids.entities import RecordingName
from eegcli.bids.participants import Participants, columns_for
from eegcli.catalogue.known_bad import not_known_bad
from eegcli.errors import InputError, counted, listed
from eegcli.reporter import Reporter, Silent
from eegcli.settings import Selected
from eegcli.study.plain_label import plain_label
from eegcli.study.where import where

ENTITIES = {"subject": "sub-", "session": "ses-", "task": "task-", "run": "run-", "suffix": "", "release": ""}
RELEASE = "release_number"  # HBN's column of participants.tsv
_SHOWN = 12  # labels in a message


_LABELS = ("subject", "session", "task", "run", "suffix")

Item = TypeVar("Item", bound=RecordingName)


def needs_participants(selection: Selected) -> bool:
    """Test that participants.tsv decides anything."""
    return bool(selection.release or selection.where)


def select(
    items: Sequence[Item],
    selection: Selected | None,
    participants: Callable[[], Table],
    reporter: Reporter | None = None,
    *,
    beside: Sequence[str] = (),
) -> list[Item]:
    """Keep the recordings that a selection names, in their order.

    Parameters
    ----------
    items : sequence of RecordingName
        Recordings, on this machine or elsewhere.
    selection : Selected or None
        None keeps all.
    participants : callable
        Gives the table of participants.tsv, with a column `subject`; it is called only if that decides anything.
    reporter : Reporter, optional
        Is told which recordings are left out as known to be bad, and which patterns fit nothing.
    beside : sequence of str
        Paths of names that are passed over, which a pattern may mean, too.

    Raises
    ------
    InputError
        If a label fits no recording, or all conditions together fit none.
    UsageError
        If `--where` cannot be read.
    """
    if selection is None or not items:
        return list(items)
    table: Table = {name: column(getattr(item, name) for item in items) for name in _LABELS}
    table["path"] = column(item.path.as_posix() for item in items)
    if needs_participants(selection):
        people, subjects = Participants(participants()), table["subject"].tolist()
        if reporter is not None:
            people.tell_mistaken(reporter, subjects)
            people.tell_unlisted(reporter, subjects)
        table |= columns_for(people.table, subjects, set(table))
    return [items[row] for row in select_rows(table, selection, reporter, beside=beside)]


def select_rows(
    table: Mapping[str, NDArray[Any]], selection: Selected, reporter: Reporter | None = None, *, beside: Sequence[str] = ()
) -> NDArray[np.int64]:
    """Rows of a table of recordings that a selection names.

    Parameters
    ----------
    table : mapping of str to ndarray
        Columns `subject`, `session`, `task`, `run`, and where they are asked for `suffix`, `path` and participants' columns.
    selection : Selected
    reporter : Reporter, optional
        Is told which recordings are left out as known to be bad.

    Returns
    -------
    ndarray of int
        In the order of the table.

    Raises
    ------
    InputError, UsageError
        As `select` does.
    """
    rows = np.arange(len(table["subject"]))
    asked = []
    for entity, prefix in ENTITIES.items():
        wanted = [label.removeprefix(prefix) for label in getattr(selection, entity)]
        if wanted:
            asked.append(f"--{entity}")
            rows = rows[_fits(entity, wanted, _labels(table, entity)[rows], _labels(table, entity))]
    for flag, patterns, keep in (("--include", selection.include, True), ("--exclude", selection.exclude, False)):
        if patterns:
            asked.append(flag)
            _tell_idle(flag, patterns, [*_labels(table, "path"), *beside], reporter)
            rows = rows[np.array([matches(path, patterns) == keep for path in _labels(table, "path")[rows]], dtype=bool)]
    if selection.exclude_known_bad:
        asked.append("--exclude-known-bad")
        pairs = list(zip(table["subject"][rows], _labels(table, "task")[rows], strict=True))
        rows = rows[np.array(not_known_bad(pairs, reporter or Silent()), dtype=bool)]
    if selection.where:
        asked.append("--where")
        rows = rows[where(selection.where, take(table, rows))]
    _tell_lost(table, selection, rows, asked, reporter)
    if selection.max_subjects is not None:
        subjects = table["subject"][rows]
        first = sorted(set(subjects.tolist()))[: selection.max_subjects]
        rows = rows[np.isin(subjects.astype(str), first)]
        asked.append("--max-subjects")
    if not len(rows):
        raise InputError(f"no recording fits {' and '.join(asked)}{' together' if len(asked) > 1 else ''}")
    return rows


def _tell_lost(
    table: Mapping[str, NDArray[Any]], selection: Selected, rows: NDArray[np.int64], asked: Sequence[str], reporter: Reporter | None
) -> None:
    """Warn of labels that were named, and of which the other conditions leave nothing: the cohort would be smaller than the list in silence."""
    if reporter is None or not len(rows):
        return
    for entity, prefix in ENTITIES.items():
        wanted = [label.removeprefix(prefix) for label in getattr(selection, entity)]
        kept = {_plain(entity, label) for label in _labels(table, entity)[rows]} if wanted else set()
        if lost := [label for label in wanted if _plain(entity, label) not in kept]:
            others = " and ".join(flag for flag in asked if flag != f"--{entity}")
            reporter.warn(
                f"--{entity}: of {listed(lost, _SHOWN, count=True)} no recording fits {others}; {counted(len(wanted) - len(lost), 'label')} of {len(wanted)} remain"
            )


def _tell_idle(flag: str, patterns: Sequence[str], paths: Sequence[str | None], reporter: Reporter | None) -> None:
    """Warn of patterns that fit no recording at all: mistyped, one of several would be passed over in silence."""
    idle = [pattern for pattern in patterns if not any(matches(path, (pattern,)) for path in paths)]
    if idle and reporter is not None:
        reporter.warn(f"{flag}: {listed([repr(pattern) for pattern in idle], _SHOWN)} {'fits' if len(idle) == 1 else 'fit'} no recording")


def matches(path: str | None, patterns: Iterable[str]) -> bool:
    """Test that a path fits one of several patterns.

    Parameters
    ----------
    path : str or None
        Relative to the data set, with forward slashes.
    patterns : iterable of str
        ``*`` stands for anything within a folder or name, ``**`` for any folders, ``?`` for one character, ``[abc]`` for one
        of several. A pattern without a slash is held against the name alone.
    """
    if path is None:
        return False
    return any(_pattern(pattern).fullmatch(path if "/" in pattern else path.rpartition("/")[2]) is not None for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    tokens = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", pattern.removeprefix("./"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = []
    for token in tokens:
        if re.fullmatch(r"\[[^]]+\]", token):
            inside = token[1:-1]
            negated = inside[0] in "!^" and len(inside) > 1
            parts.append(f"[{'^' if negated else ''}{re.escape(inside[negated:]).replace(re.escape('-'), '-')}]")
        else:
            parts.append(meaning.get(token, re.escape(token)))
    return re.compile("".join(parts))


def _labels(table: Mapping[str, NDArray[Any]], entity: str) -> NDArray[Any]:
    name = RELEASE if entity == "release" else entity
    if name in table:
        return table[name]
    if entity == "release":
        raise InputError(f"--release: participants.tsv has no column {RELEASE}", hint="Only HBN's has one.")
    return np.full(len(table["subject"]), "eeg" if entity == "suffix" else None, dtype=object)


def _fits(entity: str, wanted: Sequence[str], labels: NDArray[Any], everywhere: NDArray[Any]) -> NDArray[np.bool_]:
    plain = [_plain(entity, label) for label in wanted]
    there = {_plain(entity, label) for label in everywhere}
    for label, short in zip(wanted, plain, strict=True):
        if short not in there:
            raise InputError(
                f"no recording has {entity} {label}", hint=_near(label, {str(other) for other in everywhere} - {"None"}, entity)
            )
    return np.array([_plain(entity, label) in plain for label in labels], dtype=bool)


def _plain(entity: str, label: Any) -> str | None:
    # Runs are numbers: 1 and 01 are one run. Subjects, sessions and tasks are names.
    if label is None:
        return None
    return (str(label).lstrip("0") or "0") if entity == "run" else str(label)


def _near(label: str, there: Iterable[str], entity: str) -> str:
    names = sorted(there)
    # Zeros that a spreadsheet took away are suspected first: 7 is far from 007, letter by letter.
    near = [name for name in names if plain_label(name) == plain_label(label)] or difflib.get_close_matches(label, names, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {listed(names, _SHOWN, count=True)}." if names else f"The recordings have no {entity}."
