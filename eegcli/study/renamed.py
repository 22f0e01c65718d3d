"""Renamed subjects: a user's table of who is the same person under several labels (``--persons``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError, counted, listed
from eegcli.files.digest import digest_of_file
from eegcli.files.tsv import read_sheet
from eegcli.reporter import Reporter
from eegcli.study.persons import People, is_worldwide
from eegcli.study.plain_label import SUBJECT_COLUMNS, refuse_near_misses

PERSON, DATASET = "person", "dataset"
_SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Renamed:
    """Table of persons, as its author wrote it.

    Attributes
    ----------
    path : Path
    rows : tuple of (int, str or None, str, str)
        Line of the file, data set (None where the table has no such column), subject without ``sub-``, person.
    remarks : tuple of str
        What was mended while reading.
    digest : str
        Of the file's content.
    """

    path: Path
    rows: tuple[tuple[int, str | None, str, str], ...]
    remarks: tuple[str, ...]
    digest: str


def read_renamed(path: Path) -> Renamed:
    """Read a table of persons.

    Parameters
    ----------
    path : Path
        Tab-separated (commas where its name ends in ``.csv``), with columns ``subject`` (or ``participant_id``) and ``person``, and
        ``dataset`` where a label stands in several.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column or a cell, or says of one subject two persons.
    """
    if not path.is_file():
        raise InputError(f"{path}: not found")
    sheet = read_sheet(path)
    subject = next((name for name in SUBJECT_COLUMNS if name in sheet.columns), None)
    if subject is None or PERSON not in sheet.columns:
        raise InputError(
            f"{path}: needs the columns subject and person, has {', '.join(sheet.columns)}",
            hint="A row for each label: subjects of one person have the same text in the column person.",
        )
    datasets = sheet.column(DATASET) if DATASET in sheet.columns else [None] * len(sheet.rows)
    rows: list[tuple[int, str | None, str, str]] = []
    seen: dict[tuple[str | None, str], str] = {}
    for line, dataset, label, person in zip(sheet.lines, datasets, sheet.column(subject), sheet.column(PERSON), strict=True):
        if label is None or person is None or (dataset is None and DATASET in sheet.columns):
            raise InputError(f"{path}, line {line}: a cell is empty", hint="A row says which subject is which person.")
        label = label.removeprefix("sub-")
        key = (None if is_worldwide(label) else dataset, label)  # a worldwide label is one person in every data set
        if seen.setdefault(key, person) != person:
            raise InputError(f"{path}, line {line}: subject {label} is said to be {seen[key]} and {person}")
        rows.append((line, dataset, label, person))
    return Renamed(path, tuple(rows), sheet.remarks, digest_of_file(path))


def people_of(renamed: Renamed, subjects: Iterable[tuple[str, str]], reporter: Reporter, *, before: People | None = None) -> People:
    """Rule of who is the same person among some subjects.

    Parameters
    ----------
    renamed : Renamed
    subjects : iterable of (dataset, subject)
        All that are to be told apart: of the windows, and of the training where there was one.
    reporter : Reporter
        Is told which rows fit nobody here.
    before : People, optional
        What a run knows already.

    Raises
    ------
    InputError
        If a label stands in several data sets and the table does not say which is meant, fits nobody but for zeros, a prefix or capital
        letters, no row fits, or the table contradicts what the run knows.
    """
    homes: dict[str, list[str]] = {}
    for home, label in sorted(set(subjects)):
        homes.setdefault(label, []).append(home)
    stated = dict(before.stated) if before is not None else {}
    strangers, fitting = [], 0
    for line, dataset, label, person in renamed.rows:
        there = homes.get(label, [])
        if dataset is None and len(there) > 1:
            raise InputError(
                f"{renamed.path}, line {line}: subject {label} stands in {', '.join(there)}", hint="Say which of them in a column dataset."
            )
        at = dataset if dataset is not None else next(iter(there), None)
        if at not in there:
            strangers.append(label)
        else:
            fitting += 1
        if at is not None and stated.setdefault((at, label), person) != person:
            raise InputError(
                f"{renamed.path}, line {line}: subject {label} of {at} is {person}, but the run was trained with {stated[at, label]}"
            )
    refuse_near_misses(renamed.path, {label for _, _, label, _ in renamed.rows}, homes)
    if not fitting:
        raise InputError(f"{renamed.path}: no row fits any of the {counted(len(homes), 'subject')} (such as {next(iter(homes), 'none')})")
    for remark in renamed.remarks:
        reporter.warn(f"{renamed.path} {remark}")
    if strangers:
        reporter.warn(
            f"{renamed.path}: {len(strangers)} of {counted(len(renamed.rows), 'row')} name subjects that are not here ({listed(strangers, _SHOWN)})"
        )
    return People(stated)


def of_these(people: People, subjects: Iterable[tuple[str, str]]) -> People:
    """Reduce a rule to these subjects and the other labels of the same persons: what a run keeps of a clinic's table."""
    here = set(subjects)
    names = {name for key, name in people.stated.items() if key in here}
    return People({key: name for key, name in sorted(people.stated.items()) if name in names})
