"""Events: `events.tsv` read as onsets, durations and values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.hed import HedSidecar
from eegcli.errors import InputError, listed
from eegcli.files.column import MISSING_WORDS, Column, read_column
from eegcli.files.tsv import Sheet, numbers, read_sheet
from eegcli.study.events import UNNAMED, Events, joined_columns

_NAMING = ("value", "trial_type")  # columns that may name events
_TIMES = ("onset", "duration")
NO_ONSET = "events.tsv has rows without an onset: they are no events"
ONLY_TIMES = "events.tsv has rows that hold nothing but times: they are no events"
_COMMA = re.compile(r"[+-]?\d+,\d+")
_LINE = re.compile(r" \(line \d+\)")  # remarks are counted over recordings, whose lines differ
EXACT = 2**53  # from here on a float64 has not every whole number: what is longer is a name


def make_events(
    onset: Sequence[float],
    duration: Sequence[float],
    value: Sequence[str],
    hed: Sequence[str] = (),
    columns: Mapping[str, np.ndarray] | None = None,
) -> Events:
    """Events in order of onset; of equal onsets, in the order given."""
    order = np.argsort(np.asarray(onset, float), kind="stable")
    values, strings = np.full(len(order), None, dtype=object), np.full(len(order), "", dtype=object)
    values[:] = [str(value[index]) for index in order]
    if len(hed):
        strings[:] = [str(hed[index]) for index in order]
    rest = {name: column[order] for name, column in (columns or {}).items()}
    return Events(np.asarray(onset, float)[order], np.asarray(duration, float)[order], values, strings, columns=rest)


def join(*parts: Events) -> Events:
    """Concatenate several Events; HED definitions and version are those of the first, columns those of all."""
    onset, duration, value, hed = (
        [item for part in parts for item in getattr(part, name)] for name in ("onset", "duration", "value", "hed")
    )
    events = make_events(onset, duration, value, hed, joined_columns(parts))
    return replace(events, definitions=parts[0].definitions, hed_version=parts[0].hed_version)


def read_events(path: Path, annotations: HedSidecar | None = None, remarks: dict[str, None] | None = None) -> Events:
    """Read an `events.tsv`.

    The events' names are in `value` if any of them is a name, else in `trial_type`, else they are the numbers in `value`. A row whose cell
    is empty there is named by the other of the two, and by `event` if another column says something of it. A row without onset, or with
    nothing but times, is no event; a duration that is not given is 0. All columns are kept, whatever names the events.

    Parameters
    ----------
    path : Path
        The file.
    annotations : HedSidecar, optional
        From the `events.json` that apply; without it the events have no HED.
    remarks : dict, optional
        Takes what was mended or left out while reading.

    Returns
    -------
    Events

    Raises
    ------
    RecordingError
        If there is no column of onsets, or a row is malformed; the line is named.
    """
    try:
        sheet = read_sheet(path)
    except InputError as error:
        raise RecordingError(error.message, cause="events.tsv") from error
    if remarks is not None:
        remarks |= dict.fromkeys(f"events.tsv {remark}" for remark in sheet.remarks)
    if "onset" not in sheet.columns:
        raise RecordingError(f"{path.name}: no column onset (there are: {', '.join(sheet.columns)})", cause="events.tsv")
    remarks = {} if remarks is None else remarks
    starts = _times(sheet, "onset", path, remarks)
    durations = _times(sheet, "duration", path, remarks) if "duration" in sheet.columns else [None] * len(sheet.rows)
    names = _names(sheet)
    strings = annotations.assemble(sheet) if annotations else [""] * len(sheet.rows)
    onset, duration, value, hed, rows = [], [], [], [], []
    for row, (start, length) in enumerate(zip(starts, durations, strict=True)):
        if start is None or names[row] is None:
            remarks[NO_ONSET if start is None else ONLY_TIMES] = None
            continue
        onset.append(start)
        duration.append(max(length or 0.0, 0.0))
        value.append(str(names[row]))
        hed.append(strings[row])
        rows.append(row)
    lines = [sheet.lines[row] for row in rows]
    columns = {}
    for place, name in enumerate(sheet.columns):
        if name not in _TIMES:
            read = read_column([sheet.rows[row][place] for row in rows], lines)
            columns[name] = as_array(read)
            remarks |= dict.fromkeys(f"events.tsv, column {name}: {_LINE.sub('', remark)}" for remark in read.remarks)
    events = make_events(onset, duration, value, hed, columns)
    return replace(events, definitions=annotations.definitions, hed_version=annotations.version) if annotations else events


def _names(sheet: Sheet) -> list[str | None]:
    """Name of each row: of the column that names the events, else of the other one, else that of any event; None where nothing says it."""
    order = [name for name in (_name_column(sheet), *_NAMING) if name in sheet.columns]
    if not order:
        return [UNNAMED] * len(sheet.rows)
    cells = [sheet.column(name) for name in dict.fromkeys(order)]
    rest = [place for place, name in enumerate(sheet.columns) if name not in _TIMES]
    unnamed = [UNNAMED if any(row[place] is not None for place in rest) else None for row in sheet.rows]
    return [next((cell for cell in row if cell is not None), other) for *row, other in zip(*cells, unnamed, strict=True)]


def _name_column(sheet: Sheet) -> str:
    for name in _NAMING:
        if name in sheet.columns:
            cells = sheet.column(name)
            if any(cell is not None for cell in cells) and numbers(cells) is None:
                return name
    for name in _NAMING:
        if name in sheet.columns and any(cell is not None for cell in sheet.column(name)):
            return name
    return ""


def typed(cells: Sequence[str | None]) -> np.ndarray:
    """Column of numbers where all cells are numbers, else of text; of nothing at all, missing numbers."""
    return as_array(read_column(cells, range(1, len(cells) + 1)))


def as_array(column: Column) -> np.ndarray:
    """Array of a column: whole numbers, numbers with NaN where missing, or text with None; of nothing at all, missing numbers."""
    values = column.values
    if all(value is None for value in values):
        return np.full(len(values), np.nan)
    if column.is_text or any(isinstance(value, int) and abs(value) >= EXACT for value in values):
        result = np.full(len(values), None, dtype=object)
        result[:] = [None if value is None else str(value) for value in values]
        return result
    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.int64)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _times(sheet: Sheet, name: str, path: Path, remarks: dict[str, None]) -> list[float | None]:
    """Seconds of a column; None where the cell is empty, or a word for a missing value."""
    cells = sheet.column(name)
    with_comma = [cell for cell in cells if cell is not None and _COMMA.fullmatch(cell)]
    if with_comma:
        remarks[f"events.tsv, column {name}: a decimal comma is read as a point"] = None
    missing = {cell for cell in cells if cell is not None and cell.lower() in MISSING_WORDS}
    if missing:
        remarks[f"events.tsv, column {name}: {listed(sorted(missing), 3)} counts as missing"] = None
    return [
        None if cell is None or cell in missing else _seconds(cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell, name, path, line)
        for cell, line in zip(cells, sheet.lines, strict=True)
    ]


def _seconds(text: str, column: str, path: Path, line: int) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise RecordingError(f"{path.name}, line {line}: {column} {text!r} is not a number of seconds", cause="events.tsv")
    return seconds
