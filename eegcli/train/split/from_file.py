"""Splits read from a file: a table of subjects, sets and folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError
from eegcli.files.tsv import read_sheet
from eegcli.settings import TrainSettings
from eegcli.study.groups import PARTS, SUBJECT
from eegcli.study.plain_label import plain_label
from eegcli.study.sets import SET_WORDS, UNUSED
from eegcli.train.split.groups import Groups

SUBJECT_COLUMNS = ("subject", "participant_id")
UNIT_COLUMNS = ("unit", "recording")

Key = tuple[str, ...]


def from_file(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings) -> list[NDArray[np.int64]]:
    """Split as the table of ``--split-file`` says; see `read_split_file`."""
    assert settings.split_file is not None
    return read_split_file(settings.split_file, groups)


def read_split_file(path: Path, groups: Groups) -> list[NDArray[np.int64]]:
    """Read in which set each group stands, once per fold.

    Parameters
    ----------
    path : Path
        Tab-separated, with columns ``subject`` (or ``participant_id``; ``sub-`` may stand before the label), ``split``
        (train, validation or test), and where needed ``fold``, ``dataset``, and ``unit`` (or ``recording``; of sessions, tasks and
        runs the columns of these names).
    groups : Groups
        Groups that are split. Those that the file does not name are in no set.

    Returns
    -------
    list of ndarray of int, shape (n_groups,)
        One per fold, in the order of the folds' names.

    Raises
    ------
    InputError
        If the file is missing or not of this form, names a group twice in a fold, names a subject that stands in
        several data sets without saying which, or names none of the groups.
    """
    header, rows = _read(path)
    subject_column = next((name for name in SUBJECT_COLUMNS if name in header), None)
    if subject_column is None or "split" not in header:
        raise InputError(
            f"{path}: needs the columns subject and split, has {', '.join(header) or 'none'}", hint="Columns are separated by tabs."
        )
    unit_columns = _unit_columns(header, groups.word)
    names: dict[str, dict[Key, int]] = {}
    for line, row in rows:
        split = SET_WORDS.get(row["split"].lower())
        if split is None:
            raise InputError(f"{path}, line {line}: {row['split']!r} is none of train, validation, test")
        subject = row[subject_column].removeprefix("sub-")
        key: Key = (
            ((row["dataset"],) if "dataset" in header else ())
            + (subject,)
            + (("/".join(row.get(name, "") for name in unit_columns),) if unit_columns else ())
        )
        fold = names.setdefault(row["fold"] if "fold" in header else "", {})
        if key in fold:
            raise InputError(
                f"{path}, line {line}: {' '.join(key)} stands twice in a fold",
                hint="A subject belongs to one set; --split-unit recording, and a column recording, split within subjects (and mark the run)."
                if groups.word == "subject"
                else f"A {groups.word} belongs to one set.",
            )
        fold[key] = split
    return [_sets(path, groups, names[fold], has_dataset="dataset" in header, has_unit=bool(unit_columns)) for fold in _in_order(names)]


def _unit_columns(header: Sequence[str], word: str) -> tuple[str, ...]:
    """Columns of the file that name the group within its subject; none where a row speaks for the whole subject."""
    if word == "subject":
        return ()
    if (own := PARTS.get(word, ())[len(SUBJECT) :]) and word in header:
        return own
    return next(((name,) for name in UNIT_COLUMNS if name in header), ())


def _read(path: Path) -> tuple[tuple[str, ...], list[tuple[int, dict[str, str]]]]:
    sheet = read_sheet(path)
    rows = [dict(zip(sheet.columns, ("" if cell is None else cell for cell in row), strict=True)) for row in sheet.rows]
    return sheet.columns, list(zip(sheet.lines, rows, strict=True))


def _in_order(folds: dict[str, dict[Key, int]]) -> list[str]:
    return sorted(folds, key=lambda name: (0, int(name), "") if name.isdigit() else (1, 0, name))


def _refuse_near_misses(path: Path, named: set[str], known: set[str]) -> None:
    """Refuse subjects that the file writes otherwise than the windows do: they would be in no set."""
    forgotten = {plain_label(label): label for label in sorted(known - named)}
    for label in sorted(named - known):
        if (meant := forgotten.get(plain_label(label))) is not None:
            raise InputError(
                f"{path}: no subject is called {label}, but there is {meant}",
                hint="Write labels as the windows have them; spreadsheets take leading zeros away.",
            )


def _sets(path: Path, groups: Groups, fold: dict[Key, int], *, has_dataset: bool, has_unit: bool) -> NDArray[np.int64]:
    columns = [groups.table[name] for name in (("dataset",) if has_dataset else ()) + ("subject",) + (("unit",) if has_unit else ())]
    keys: list[Key] = [tuple(str(part) for part in parts) for parts in zip(*columns, strict=True)]
    if not has_dataset:
        homes: dict[str, set[str]] = {}
        for dataset, subject in zip(groups.table["dataset"], groups.table["subject"], strict=True):
            homes.setdefault(str(subject), set()).add(str(dataset))
        for key in fold:
            if len(homes.get(key[0], ())) > 1:
                raise InputError(
                    f"{path}: subject {key[0]} stands in {', '.join(sorted(homes[key[0]]))}", hint="Say which in a column dataset."
                )
    _refuse_near_misses(path, {key[-2 if has_unit else -1] for key in fold}, set(map(str, groups.table["subject"])))
    sets = np.array([fold.get(key, UNUSED) for key in keys], dtype=np.int64)
    if np.all(sets == UNUSED):
        raise InputError(f"{path}: names none of the {len(groups)} {groups.word}s (such as {keys[0][-1]})")
    return sets
