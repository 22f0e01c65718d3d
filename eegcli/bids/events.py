"""What happened when: `events.tsv` as Events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eegcli.artifacts.recordings import Events
from eegcli.bids.errors import RecordingError
from eegcli.bids.tsv import Sheet, numbers, read_sheet
from eegcli.errors import InputError


def make_events(onset: Sequence[float], duration: Sequence[float], value: Sequence[str]) -> Events:
    """Events in order of onset; of equal onsets, in the order given."""
    order = np.argsort(np.asarray(onset, float), kind="stable")
    values = np.full(len(order), None, dtype=object)
    values[:] = [str(value[index]) for index in order]
    return Events(np.asarray(onset, float)[order], np.asarray(duration, float)[order], values)


def join(*parts: Events) -> Events:
    """Several Events as one."""
    return make_events(*([item for part in parts for item in getattr(part, name)] for name in ("onset", "duration", "value")))


def read_events(path: Path) -> Events:
    """Read an `events.tsv`.

    The events' names are in `value` if any of them is a name, else in `trial_type`, else they are the numbers in `value`.
    A row without onset or name is no event; a duration that is not given is 0.

    Parameters
    ----------
    path : Path
        The file.

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
    if "onset" not in sheet.columns:
        raise RecordingError(f"{path.name}: no column onset (there are: {', '.join(sheet.columns)})", cause="events.tsv")
    names = sheet.column(_name_column(sheet)) if _name_column(sheet) else ["event"] * len(sheet.rows)
    durations = sheet.column("duration") if "duration" in sheet.columns else [None] * len(sheet.rows)
    onset, duration, value = [], [], []
    for line, start, length, name in zip(sheet.lines, sheet.column("onset"), durations, names, strict=True):
        if start is None or name is None:
            continue
        onset.append(_seconds(start, "onset", path, line))
        duration.append(max(_seconds(length, "duration", path, line), 0.0) if length is not None else 0.0)
        value.append(name)
    return make_events(onset, duration, value)


def _name_column(sheet: Sheet) -> str:
    for name in ("value", "trial_type"):
        if name in sheet.columns:
            cells = sheet.column(name)
            if any(cell is not None for cell in cells) and numbers(cells) is None:
                return name
    for name in ("value", "trial_type"):
        if name in sheet.columns and any(cell is not None for cell in sheet.column(name)):
            return name
    return ""


def _seconds(text: str, column: str, path: Path, line: int) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise RecordingError(f"{path.name}, line {line}: {column} {text!r} is not a number of seconds", cause="events.tsv")
    return seconds
