"""Participants of a data set made of names: a table of theirs, joined by label, and what fits nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError, counted, listed
from eegcli.fetch.named.labels import label_of
from eegcli.files.tsv import read_sheet
from eegcli.reporter import Reporter
from eegcli.study.plain_label import plain_label

KEYS = ("participant_id", "subject")
_SHOWN = 5

Cells = tuple[str | None, ...]


@dataclass(frozen=True)
class People:
    """Table of participants.

    Attributes
    ----------
    columns : tuple of str
        Names of its columns, but for that of the participants.
    cells : dict of str to tuple of (str or None)
        Row of each label.
    """

    columns: tuple[str, ...]
    cells: dict[str, Cells]

    def text(self, labels: Sequence[str]) -> str:
        """Text of participants.tsv for these subjects, those without a row included."""
        nothing: Cells = (None,) * len(self.columns)
        rows = [(f"sub-{label}", *self.cells.get(label, nothing)) for label in sorted(labels)]
        return "".join(
            "\t".join("n/a" if cell is None else _one_line(cell) for cell in row) + "\n"
            for row in (("participant_id", *self.columns), *rows)
        )


def read_people(path: Path | None, labels: Sequence[str], reporter: Reporter) -> People:
    """Read a table of participants, and say both ways what fits nobody.

    Parameters
    ----------
    path : Path or None
        With a column `participant_id` (or `subject`), as the file names have them or as the labels are; None: nothing is known.
    labels : sequence of str
        Of the subjects that are there.
    reporter : Reporter

    Raises
    ------
    InputError
        If it cannot be read, two rows are about one participant and differ, a row would fit but for zeros, a prefix or capital letters,
        or no row fits.
    """
    if path is None:
        return People((), {})
    sheet = read_sheet(path)
    for remark in sheet.remarks:
        reporter.warn(f"{path} {remark}")
    key = next((name for name in KEYS if name in sheet.columns), None)
    if key is None:
        raise InputError(f"{path}: no column participant_id (there are: {', '.join(sheet.columns)})")
    columns = tuple(name for name in sheet.columns if name != key)
    places = [sheet.columns.index(name) for name in columns]
    cells: dict[str, Cells] = {}
    lines: dict[str, int] = {}
    unknown: dict[str, str] = {}  # of what the table says
    for text, row, line in zip(sheet.column(key), sheet.rows, sheet.lines, strict=True):
        if text is None:
            raise InputError(f"{path}, line {line}: no {key}")
        label = label_of("sub", text)
        own = tuple(row[place] for place in places)
        if label in cells and cells[label] != own:
            raise InputError(
                f"{path}: lines {lines[label]} and {line} are both about {text} and differ", hint="One row for each participant."
            )
        cells[label], lines[label] = own, line
        if label not in labels:
            unknown[label] = text
    without = sorted(set(labels) - set(cells))
    _refuse_near_misses(path, unknown, without)
    if len(unknown) == len(cells):
        raise InputError(f"{path}: no row is about any of the {counted(len(labels), 'subject')} ({listed(sorted(labels), _SHOWN)})")
    if unknown:
        reporter.warn(f"{path}: {counted(len(unknown), 'row is', 'rows are')} about nobody who is here: {listed(unknown.values(), _SHOWN)}")
    if without:
        reporter.warn(f"{path}: {len(without)} of {counted(len(labels), 'subject')} have no row: {listed(without, _SHOWN)}")
    return People(columns, cells)


def _refuse_near_misses(path: Path, unknown: dict[str, str], without: Sequence[str]) -> None:
    forgotten = {plain_label(label): label for label in without}
    pairs = [f"{text} may be {forgotten[plain_label(label)]}" for label, text in unknown.items() if plain_label(label) in forgotten]
    if pairs:
        raise InputError(
            f"{path}: {counted(len(pairs), 'row fits', 'rows fit')} nobody but for zeros or capital letters ({listed(pairs, _SHOWN)})",
            hint="Write labels as the file names have them: spreadsheets take leading zeros away.",
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
