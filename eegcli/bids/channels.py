"""Channel types, bad channels and units as `channels.tsv` states them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eegcli.bids.channel_names import whys_by_name
from eegcli.bids.errors import RecordingError
from eegcli.errors import InputError, listed
from eegcli.files.tsv import read_sheet


@dataclass(frozen=True)
class Channels:
    """Types, units and status stated for the channels of a recording, by name.

    Attributes
    ----------
    types : mapping of str to str
        BIDS type in capitals (``EEG``, ``ECG``, ``MISC``, ...); a channel without one is not in it.
    units : mapping of str to str
    bad : frozenset of str
        Channels whose `status` is ``bad``.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    bad: frozenset[str] = frozenset()


def read_channels(path: Path, names: Sequence[str], remarks: dict[str, None] | None = None) -> Channels:
    """Read `channels.tsv` and bring it to the names of the file, whatever its order.

    Parameters
    ----------
    path : Path
        The sidecar.
    names : sequence of str
        Channels of the recording, as the file names them.
    remarks : dict, optional
        Takes what was mended while reading.

    Returns
    -------
    Channels

    Raises
    ------
    RecordingError
        If it is malformed, or its names and the file's are not the same: rows are matched by name,
        never by position, so that no channel can take the name of another.
    """
    try:
        sheet = read_sheet(path)
    except InputError as error:
        raise RecordingError(error.message, cause="channels.tsv") from error
    if remarks is not None:
        remarks |= dict.fromkeys(f"channels.tsv {remark}" for remark in sheet.remarks)
    if "name" not in sheet.columns:
        raise RecordingError(f"{path.name}: no column name (there are: {', '.join(sheet.columns)})", cause="channels.tsv")
    rows: dict[str, dict[str, str | None]] = {}
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        record = dict(zip(sheet.columns, row, strict=True))
        name = _match(record["name"] or "n/a", names)
        if name in rows:
            raise RecordingError(f"{path.name}, line {line}: channel {name} stands there twice", cause="channels.tsv")
        rows[name] = record
    _check_names(path, rows, names)
    here = {name: rows[name] for name in names if name in rows}
    return Channels(
        types={name: str(row["type"]).upper() for name, row in here.items() if row.get("type")},
        units={name: str(row["units"]) for name, row in here.items() if row.get("units")},
        bad=frozenset(name for name, row in here.items() if str(row.get("status")).lower() == "bad"),
    )


def _match(name: str, names: Sequence[str]) -> str:
    if name in names:
        return name
    alike = [other for other in names if other.strip().lower() == name.lower()]
    return alike[0] if len(alike) == 1 else name


def _check_names(path: Path, rows: Mapping[str, Mapping[str, str | None]], names: Sequence[str]) -> None:
    if rows.keys() == set(names):
        return
    # A channel that is not EEG may be missing on either side: readers add or leave out trigger and annotation channels.
    only_here = [name for name, why in zip(names, whys_by_name(names), strict=True) if name not in rows and why is None]
    by_name = dict(zip(rows, whys_by_name(list(rows)), strict=True))
    only_there = [
        name
        for name, row in rows.items()
        if name not in names and (str(row["type"]).upper() == "EEG" if row.get("type") else by_name[name] is None)
    ]
    if only_here or only_there:
        parts = [
            f"{text} {listed(group, 4)}"
            for text, group in (("only in the file:", only_here), ("only in channels.tsv:", only_there))
            if group
        ]
        raise RecordingError(
            f"the channel names of {path.name} and of the file differ ({'; '.join(parts)})",
            cause="channel names",
            hint="Correct channels.tsv: its rows are matched by name.",
        )
