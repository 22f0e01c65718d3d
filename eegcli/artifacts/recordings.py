"""Recordings artifacts: cleaned continuous signals, one file each, and a table of all that were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.contents import Contents
from eegcli.artifacts.electrodes import read_electrodes, write_electrodes
from eegcli.artifacts.hdf5 import Buffer, attribute, reading_hdf5, text, untext, values, writing_hdf5
from eegcli.artifacts.preview import Preview, write_preview
from eegcli.artifacts.table import StoredTable, n_rows, read_table
from eegcli.errors import ArtifactError, InputError, counted
from eegcli.files.digest import digest_of_file
from eegcli.study.electrodes import Electrodes
from eegcli.study.events import Columns, Events

if TYPE_CHECKING:
    import pandas

TABLE = "recordings.parquet"


@dataclass(frozen=True)
class Recording:
    """One cleaned recording.

    Attributes
    ----------
    data : ndarray of float32, shape (n_channels, n_times), µV
    ch_names : tuple of str
        In the order of the rows of `data`.
    sfreq : float
        Sampling frequency, Hz.
    reference : str
        ``average``, or channel names.
    events : Events
    electrodes : Electrodes or None
        Where the channels lie on the head; None where it was cleaned before that was kept.
    """

    data: np.ndarray
    ch_names: tuple[str, ...]
    sfreq: float
    reference: str
    events: Events
    electrodes: Electrodes | None = None

    def frame(self) -> pandas.DataFrame:
        """The events as a pandas DataFrame: onset and duration (s), name (value), HED annotation, then the columns of events.tsv.

        A column of events.tsv whose name is taken has ``event_`` before it: ``event_value``.
        """
        table = {name: np.asarray(getattr(self.events, name)) for name in ("onset", "duration", "value", "hed")}
        for name, column in self.events.columns.items():
            free = name
            while free in table or (free != name and free in self.events.columns):
                free = f"event_{free}"
            table[free] = column
        return StoredTable(table).frame()

    def __repr__(self) -> str:
        n_channels, n_times = self.data.shape
        what = f"{n_channels} x {n_times:,} uV, {self.sfreq:g} Hz, {n_times / self.sfreq:,.1f} s, reference {self.reference}"
        return f"Recording: {what}, {counted(len(self.events), 'event')}"


def write_recording(path: Path, recording: Recording, *, digest: str, preview: Preview | None = None) -> None:
    """Write one recording, whole or not at all.

    Parameters
    ----------
    path : Path
        Path of the file.
    recording : Recording
        Recording that is written.
    digest : str
        Digest of everything that decides its bytes; `stored_digest` gives it back.
    preview : Preview or None
        What it looked like before it was cleaned; `preview.read_preview` gives it back.
    """
    with writing_hdf5(path) as file:
        file.attrs["ch_names"] = text(recording.ch_names)
        file.attrs["sfreq"] = float(recording.sfreq)
        file.attrs["reference"] = np.bytes_(recording.reference.encode())
        file.attrs["units"] = np.bytes_(b"uV")
        file.attrs["digest"] = np.bytes_(digest.encode())
        file.create_dataset("data", data=np.ascontiguousarray(recording.data, dtype=np.float32))
        _write_events(file.create_group("events"), recording.events)
        if recording.electrodes is not None:
            write_electrodes(file, recording.electrodes)
        if preview is not None:
            write_preview(file, preview)


def _write_events(group: Any, events: Events) -> None:
    group.create_dataset("onset", data=np.asarray(events.onset, float))
    group.create_dataset("duration", data=np.asarray(events.duration, float))
    group.create_dataset("value", data=text([str(value) for value in events.value]))
    # Few annotations stand behind thousands of events, and each is long.
    strings, index = np.unique([str(hed) for hed in events.hed], return_inverse=True)
    group.create_dataset("hed", data=index.astype(np.int32).reshape(len(events)))
    group.create_dataset("hed_strings", data=text([str(string) for string in strings]))
    group.create_dataset("hed_definitions", data=text(events.definitions))
    group.attrs["hed_version"] = np.bytes_(events.hed_version.encode())
    if events.columns:
        columns = group.create_group("columns")
        columns.attrs["names"] = text(list(events.columns))
        for name, column in events.columns.items():
            if column.dtype.kind == "O":  # as with HED: few texts, some of them long
                present = np.array([item is not None for item in column], dtype=bool)
                levels, index = np.unique(np.array([str(item) for item in column[present]], dtype=object), return_inverse=True)
                group.create_dataset(f"levels/{_in_hdf5(name)}", data=text(levels.tolist()))
                column = np.full(len(column), -1, dtype=np.int32)
                column[present] = index
            columns.create_dataset(_in_hdf5(name), data=column)


def _in_hdf5(name: str) -> str:
    """Name of a column as that of a data set: a slash would be a folder, and a dot alone is this one."""
    return name.replace("%", "%25").replace("/", "%2F") if name not in (".", "") else f"%{name}"


def _read_events(group: Any, *, hed: bool = True) -> Events:
    value = np.array(untext(values(group, "value")), dtype=object)
    onset, duration = values(group, "onset"), values(group, "duration")
    columns = _read_columns(group) if "columns" in group else {}  # not there: written before they were kept, or no events.tsv
    if not hed or "hed" not in group:  # likewise
        return Events(onset, duration, value, columns=columns)
    strings = np.array(untext(values(group, "hed_strings")), dtype=object)
    return Events(
        onset,
        duration,
        value,
        strings[values(group, "hed")] if len(strings) else np.zeros(0, object),
        untext(values(group, "hed_definitions")),
        attribute(group, "hed_version").item().decode(),
        columns,
    )


def _read_columns(group: Any) -> Columns:
    result: Columns = {}
    for name in untext(attribute(group["columns"], "names")):
        stored = values(group["columns"], _in_hdf5(name))
        if "levels" in group and _in_hdf5(name) in group["levels"]:
            levels = np.array([*untext(values(group["levels"], _in_hdf5(name))), None], dtype=object)
            stored = levels[stored]  # -1 is the last one
        result[name] = stored
    return result


def read_recording(path: Path, *, hed: bool = True, buffer: Buffer | None = None) -> Recording:
    """Read one recording.

    Parameters
    ----------
    path : Path
    hed : bool
        Read the events' annotations, too: they take a fifth of the time.
    buffer : Buffer, optional
        Where the signal is put: it holds until the next one is put there.

    Raises
    ------
    InputError
        If it is not there.
    ArtifactError
        If it is damaged, or in another unit than µV.
    """
    with reading_hdf5(path) as file:
        units = attribute(file, "units").item().decode()
        if units != "uV":
            raise ArtifactError(f"{path}: the unit is {units!r}, not uV")
        result = Recording(
            data=values(file, "data", buffer),
            ch_names=untext(attribute(file, "ch_names")),
            sfreq=attribute(file, "sfreq").item(),
            reference=attribute(file, "reference").item().decode(),
            events=_read_events(file["events"], hed=hed),
            electrodes=read_electrodes(file),
        )
    if result.data.ndim != 2 or len(result.ch_names) != len(result.data):
        raise ArtifactError(f"{path}: {len(result.ch_names)} channel names for data of shape {result.data.shape}")
    return result


def read_events_of(path: Path, *, hed: bool = True) -> tuple[Events, int]:
    """The events of one recording, and its number of samples; the signal is not read.

    Raises
    ------
    InputError, ArtifactError
        As for `read_recording`.
    """
    with reading_hdf5(path) as file:
        return _read_events(file["events"], hed=hed), int(file["data"].shape[1])


def stored_digest(path: Path) -> str | None:
    """The digest a recording was written with; None if there is no whole recording at `path`."""
    try:
        with reading_hdf5(path) as file:
            return bytes(file.attrs["digest"]).decode()
    except Exception:  # whatever is there, it is not a recording of ours: it will be written anew
        return None


@dataclass(frozen=True)
class Recordings:
    """A recordings artifact that is open.

    Attributes
    ----------
    path : Path
    table : Table
        A row per recording found, failed ones included.
    dataset : str
        Name of the data set the recordings come from.
    digest : str
        Of the settings and of the table.
    contents : Contents
        Digest of each signal's file: what is read is held against it.
    steps : tuple of mapping
        Steps of the cleaning in their order: ``step``, and its options.
    """

    path: Path
    table: StoredTable
    dataset: str
    digest: str
    contents: Contents = field(default_factory=lambda: Contents(Path()))
    steps: tuple[Mapping[str, Any], ...] = ()

    def read(self, row: int, *, hed: bool = True, buffer: Buffer | None = None) -> Recording:
        """Read the recording of one row of the table, as `read_recording` does.

        Raises
        ------
        InputError
            If it failed or was skipped, so that there is nothing to read.
        ArtifactError
            If it is not what was written.
        """
        path = self._file(row)
        self.contents.check(str(self.table["path"][row]))
        return read_recording(path, hed=hed, buffer=buffer)

    def read_events(self, row: int, *, hed: bool = True) -> tuple[Events, int]:
        """Events and number of samples of the recording of one row of the table; its content is not verified, for the signal is not read."""
        return read_events_of(self._file(row), hed=hed)

    def _file(self, row: int) -> Path:
        if self.table["path"][row] is None:
            name, status, cause = (self.table[column][row] for column in ("recording", "status", "cause"))
            raise InputError(
                f"{self.path}: {name} {status}: {cause}" if cause else f"{self.path}: {name} {status}",
                hint="Rows whose status is ok have a signal; the column error of the table says more.",
            )
        return self.path / str(self.table["path"][row])

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame, as `StoredTable.frame`."""
        return self.table.frame()

    def __len__(self) -> int:
        return n_rows(self.table)

    def __repr__(self) -> str:
        status, subjects = self.table["status"], set(self.table["subject"].tolist())
        others = [f", {int((status == word).sum()):,} {word}" for word in ("failed", "skipped") if (status == word).any()]
        return f"Recordings: {len(self):,} of {self.dataset or 'a data set'}, {counted(len(subjects), 'subject')}{''.join(others)}"


def open_recordings(path: Path | str) -> Recordings:
    """Open a finished recordings artifact.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind or damaged.
    """
    path = Path(path)
    settings = folder.require(path, "recordings", TABLE)
    # The table holds each file's status and digest, so its bytes stand for the signals.
    return Recordings(
        path,
        read_table(path / TABLE),
        dataset=str(settings["inputs"].get("dataset", "")),
        digest=digest_of_file(path / TABLE),
        contents=folder.contents_of(path),
        steps=tuple(settings["settings"].get("steps", ())),
    )
