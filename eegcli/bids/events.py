"""Events: `events.tsv` read as onsets, durations and values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eegcli.bids.errors import RecordingError
from eegcli.bids.hed import HedSidecar
from eegcli.errors import InputError
from eegcli.files.tsv import Sheet, numbers, read_sheet
from eegcli.study.events import Events


def make_events(onset: Sequence[float], duration: Sequence[float], value: Sequence[str], hed: Sequence[str] = ()) -> Events:
    """Events in order of onset; of equal onsets, in the order given."""
    order = np.argsort(np.asarray(onset, float), kind="stable")
    values, strings = np.full(len(order), None, dtype=object), np.full(len(order), "", dtype=object)
    values[:] = [str(value[index]) for index in order]
    if len(hed):
        strings[:] = [str(hed[index]) for index in order]
    return Events(np.asarray(onset, float)[order], np.asarray(duration, float)[order], values, strings)


def join(*parts: Events) -> Events:
    """Concatenate several Events; HED definitions and version are those of the first."""
    columns = ([item for part in parts for item in getattr(part, name)] for name in ("onset", "duration", "value", "hed"))
    return replace(make_events(*columns), definitions=parts[0].definitions, hed_version=parts[0].hed_version)


def read_events(path: Path, annotations: HedSidecar | None = None, remarks: dict[str, None] | None = None) -> Events:
    """Read an `events.tsv`.

    The events' names are in `value` if any of them is a name, else in `trial_type`, else they are the numbers in `value`.
    A row without onset or name is no event; a duration that is not given is 0.

    Parameters
    ----------
    path : Path
        The file.
    annotations : HedSidecar, optional
        From the `events.json` that apply; without it the events have no HED.
    remarks : dict, optional
        Takes what was mended while reading.

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
    names = sheet.column(_name_column(sheet)) if _name_column(sheet) else ["event"] * len(sheet.rows)
    durations = sheet.column("duration") if "duration" in sheet.columns else [None] * len(sheet.rows)
    strings = annotations.assemble(sheet) if annotations else [""] * len(sheet.rows)
    onset, duration, value, hed = [], [], [], []
    for line, start, length, name, string in zip(sheet.lines, sheet.column("onset"), durations, names, strings, strict=True):
        if start is None or name is None:
            continue
        onset.append(_seconds(start, "onset", path, line))
        duration.append(max(_seconds(length, "duration", path, line), 0.0) if length is not None else 0.0)
        value.append(name)
        hed.append(string)
    events = make_events(onset, duration, value, hed)
    return replace(events, definitions=annotations.definitions, hed_version=annotations.version) if annotations else events


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
