"""Windows artifacts: one contiguous array that is memory-mapped, and a table that says what each row is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.checked import HASH, CheckedArray, changed_window, first_changed
from eegcli.artifacts.cleaning import CLEANING, Cleaning, read_cleaning
from eegcli.artifacts.content import content_digest
from eegcli.artifacts.electrodes import read_electrodes
from eegcli.artifacts.hdf5 import reading_hdf5, untext
from eegcli.artifacts.table import StoredTable, Table, n_rows, read_table
from eegcli.errors import ArtifactError, counted
from eegcli.study.electrodes import Electrodes
from eegcli.study.persons import AS_LABELLED, unknown_persons

if TYPE_CHECKING:
    import pandas

ARRAY, TABLE = "windows.h5", "windows.parquet"


@dataclass(frozen=True)
class WindowFormat:
    """Format of windows: the attributes of the array beside channels and rate.

    Attributes
    ----------
    representation : str
        A name in `registry.REPRESENTATIONS`.
    units : str
        Of the values.
    bands : tuple of str
        ``NAME=LOW-HIGH`` (Hz) each.
    n_times : int, optional
        Samples of the windows they were made of; left out of raw windows, whose last axis says it.
    """

    representation: str = "raw"
    units: str = "uV"
    bands: tuple[str, ...] = ()
    n_times: int | None = None


@dataclass(frozen=True)
class Windows:
    """A windows artifact that is open.

    Attributes
    ----------
    path : Path
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV; of another representation (n_windows, *shape), in `units`
        Memory-mapped and read-only: only what is indexed is read. Nothing is checked; `checked` is the same array, checked as it is read.
    table : Table
        Row i describes ``x[i]``.
    ch_names : tuple of str
    sfreq : float
        Hz.
    representation : str
        A name in `registry.REPRESENTATIONS`.
    units : str
        Of the values.
    bands : tuple of str
        ``NAME=LOW-HIGH`` (Hz) each; empty where the representation has none.
    n_times : int
        Samples of a window, whatever was made of them.
    artifact_digest : str
        In its settings and its done mark: of settings and inputs.
    electrodes : Electrodes or None
        Mean positions over the recordings; None where the windows are older, or were imported.
    spread : ndarray of float64, shape (n_channels,), degrees, or None
        Largest angle between a recording's direction of an electrode and the mean one.
    ch_types : tuple of str
        Type of each channel, where any is no EEG; empty: all are.
    """

    path: Path
    x: np.ndarray
    table: StoredTable
    ch_names: tuple[str, ...]
    sfreq: float
    representation: str
    units: str
    bands: tuple[str, ...]
    n_times: int
    artifact_digest: str
    electrodes: Electrodes | None = None
    spread: np.ndarray | None = None
    ch_types: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Digest of the content, wherever it lies; worked out when it is first asked for."""
        return content_digest(self.table, self.ch_names, self.sfreq)

    @cached_property
    def checked(self) -> CheckedArray:
        """The array, each window held against its hash in the table when it is first read."""
        return CheckedArray(self.x, self.table, self.path / ARRAY)

    @property
    def cleaning(self) -> Cleaning | None:
        """Cleaning of the recordings that they were cut from, as `read_cleaning`."""
        return read_cleaning(self.path)

    @property
    def place(self) -> str:
        """Path of the folder, from wherever one looks."""
        return str(self.path.resolve())

    def check_if_touched(self) -> None:
        """See that the array is what was cut, if it was written to after the artifact was finished: for commands that read no window.

        Raises
        ------
        ArtifactError
            Naming the first window that is not.
        """
        array, mark = self.path / ARRAY, self.path / folder.DONE
        # Clocks of file systems tick every few milliseconds: what was written in the same tick may have been written later.
        if HASH not in self.table or array.stat().st_mtime_ns < mark.stat().st_mtime_ns or not isinstance(self.x, np.memmap):
            return
        row = first_changed(array, int(self.x.offset), self.x.shape, self.table, 0, len(self))
        if row is not None:
            raise changed_window(array, row, self.table)

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame, as `StoredTable.frame`."""
        return self.table.frame()

    def __len__(self) -> int:
        return len(self.x)

    def __reduce__(self) -> tuple[object, ...]:
        return open_windows, (self.path.absolute(),)  # each process maps the array for itself: a pickle would hold all of it

    def __repr__(self) -> str:
        return summary_of_windows(self.x.shape, self.table, self.sfreq, self.representation, self.units)


def summary_of_windows(shape: Sequence[int], table: Table, sfreq: float, representation: str, units: str) -> str:
    """Summary of windows in one line: shape, unit, rate, subjects; the representation where it is not raw."""
    what = "Windows" if representation == "raw" else f"Windows ({representation})"
    who = "subjects unknown" if unknown_persons(table) else counted(len(np.unique(AS_LABELLED.number(table))), "subject")
    return f"{what}: {' x '.join(f'{n:,}' for n in shape)} {units}, {sfreq:g} Hz, {who}"


def open_windows(path: Path | str) -> Windows:
    """Open a finished windows artifact.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind, or if table and array disagree.
    """
    path = Path(path)
    digest = folder.require(path, "windows", ARRAY, TABLE, CLEANING)["digest"]
    with reading_hdf5(path / ARRAY) as file:
        header = read_header(file, str(path / ARRAY))
    table = read_table(path / TABLE)
    check_header(header, str(path), n_rows(table), (path / ARRAY).stat().st_size)
    return Windows(path, map_array(path, header.offset, header.shape), table, artifact_digest=digest, **header.says)


def map_array(path: Path, offset: int, shape: tuple[int, ...]) -> np.ndarray:
    """Map the array of an artifact into memory, where its header has been read already: nothing is opened by HDF5.

    Parameters
    ----------
    path : Path
        The artifact's folder.
    offset : int
        Offset of the array in its file, bytes.
    shape : tuple of int
    """
    return np.memmap(path / ARRAY, dtype="<f4", mode="r", offset=offset, shape=shape) if shape[0] else np.zeros(shape, "<f4")


@dataclass(frozen=True)
class Header:
    """Header before the array in its file: where the array begins, its shape, and what the attributes say of it."""

    offset: int
    shape: tuple[int, ...]
    says: dict[str, Any]


def read_header(file: h5py.File, name: str) -> Header:
    """Read the header of an array's file.

    Raises
    ------
    ArtifactError
        If there is no array of ours.
    """
    dataset, attributes = file["x"], file.attrs
    shape, offset = tuple(dataset.shape), dataset.id.get_offset()
    if dataset.dtype != np.float32 or offset is None:
        raise ArtifactError(f"{name}: x is not a contiguous float32 array")
    says = {
        "ch_names": untext(attributes["ch_names"]),
        "sfreq": float(attributes["sfreq"]),
        "representation": bytes(attributes["representation"]).decode(),
        "units": bytes(attributes["units"]).decode(),
        "bands": untext(attributes.get("bands", [])),
        "n_times": int(attributes.get("n_times", shape[-1])),
        "ch_types": untext(attributes.get("ch_types", [])),
    }
    if (electrodes := read_electrodes(file)) is not None:
        says |= {"electrodes": electrodes, "spread": attributes["position_spread"]}
    return Header(int(offset), shape, says)


def check_header(header: Header, name: str, n_rows: int, size: int) -> None:
    """Check that an array has the table's rows, and is whole.

    Raises
    ------
    ArtifactError
    """
    if n_rows != header.shape[0]:
        raise ArtifactError(f"{name}: {counted(header.shape[0], 'window')}, but {counted(n_rows, 'row')} in {TABLE}")
    if size < header.offset + 4 * math.prod(header.shape):
        raise ArtifactError(f"{name}/{ARRAY}: shorter than its header says")
