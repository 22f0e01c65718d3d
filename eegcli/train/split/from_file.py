"""Splits read from a file: a table of subjects, sets and folds."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, listed
from eegcli.files.tsv import read_sheet
from eegcli.reporter import Reporter
from eegcli.settings import TrainSettings
from eegcli.study.groups import PARTS, SUBJECT
from eegcli.study.plain_label import SUBJECT_COLUMNS, refuse_near_misses
from eegcli.study.sets import SET_WORDS, UNUSED, VALIDATION
from eegcli.train.split.groups import Groups
from eegcli.train.split.shares import with_validation

UNIT_COLUMNS = ("unit", "recording")
_SHOWN = 10  # names in a message

Key = tuple[str, ...]


def from_file(groups: Groups, table: Mapping[str, np.ndarray], settings: TrainSettings, *, reporter: Reporter) -> list[NDArray[np.int64]]:
    """Split as the table of ``--split-file`` says (see `read_split_file`); where it lets nobody validate, in any fold, a quarter of the training set does."""
    assert settings.split_file is not None
    splits = read_split_file(settings.split_file, groups, set(table["subject"].astype(str)), reporter=reporter)
    if any((sets == VALIDATION).any() for sets in splits):  # where one fold alone lacks them, rows are missing
        return splits
    reporter.info(f"{settings.split_file}: lets nobody validate; a quarter of the training set does")
    return [with_validation(groups, sets, [settings.seed, fold]) for fold, sets in enumerate(splits)]


def read_split_file(path: Path, groups: Groups, there: Collection[str], *, reporter: Reporter) -> list[NDArray[np.int64]]:
    """Read in which set each group stands, once per fold.

    Parameters
    ----------
    path : Path
        Tab-separated, with columns ``subject`` (or ``participant_id``; ``sub-`` may stand before the label), ``split``
        (train, validation or test), and where needed ``fold``, ``dataset``, and ``unit`` (or ``recording``; of sessions, tasks and
        runs the columns of these names).
    groups : Groups
        Groups that are split. Those that the file does not name are in no set.
    there : collection of str
        All subjects that have windows, those without a label, too.
    reporter : Reporter
        Is told of rows that fit nobody: the sets are smaller than the file's then.

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
    columns = ("dataset",) * ("dataset" in header) + ("subject",) + ("unit",) * bool(unit_columns)
    splits = [_sets(path, groups, names[fold], columns) for fold in _in_order(names)]
    _tell_strangers(path, groups, dict.fromkeys(key for fold in names.values() for key in fold), columns, there, splits, reporter)
    return splits


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


def _keys(groups: Groups, columns: Sequence[str]) -> list[Key]:
    return [tuple(map(str, parts)) for parts in zip(*(groups.table[name] for name in columns), strict=True)]


def _sets(path: Path, groups: Groups, fold: dict[Key, int], columns: Sequence[str]) -> NDArray[np.int64]:
    if "dataset" not in columns:
        homes: dict[str, set[str]] = {}
        for dataset, subject in zip(groups.table["dataset"], groups.table["subject"], strict=True):
            homes.setdefault(str(subject), set()).add(str(dataset))
        for key in fold:
            if len(homes.get(key[0], ())) > 1:
                raise InputError(
                    f"{path}: subject {key[0]} stands in {', '.join(sorted(homes[key[0]]))}", hint="Say which in a column dataset."
                )
    place = columns.index("subject")
    refuse_near_misses(path, {key[place] for key in fold}, set(map(str, groups.table["subject"])))
    keys = _keys(groups, columns)
    sets = np.array([fold.get(key, UNUSED) for key in keys], dtype=np.int64)
    if np.all(sets == UNUSED):
        raise InputError(f"{path}: names none of the {len(groups)} {groups.word}s (such as {keys[0][-1]})")
    return sets


def _tell_strangers(
    path: Path,
    groups: Groups,
    named: Iterable[Key],
    columns: Sequence[str],
    there: Collection[str],
    splits: Sequence[NDArray[np.int64]],
    reporter: Reporter,
) -> None:
    """Warn of rows that fit nobody: a published test set is then not the one that is tested."""
    keys, place = _keys(groups, columns), columns.index("subject")
    unnamed = [" ".join(key) for key, unused in zip(keys, np.all(np.equal(splits, UNUSED), axis=0), strict=True) if unused]
    strangers = [key for key in named if key not in set(keys)]
    for what, rows in (
        ("have windows, but no label", [" ".join(key) for key in strangers if key[place] in there]),
        ("have no windows here", [" ".join(key) for key in strangers if key[place] not in there]),
    ):
        if rows:
            near = [f"{name} may be {close[0]}" for name in rows if (close := difflib.get_close_matches(name, unnamed, n=1))]
            reporter.warn(
                f"{path}: {len(rows)} of the {groups.word}s that it names {what} ({listed(rows, _SHOWN)}): the sets are smaller than those of the "
                "file" + (f"; {listed(near, _SHOWN)}, which the file does not name" if near else "")
            )
