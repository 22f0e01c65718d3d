"""Windows artifacts: one contiguous array that is memory-mapped, and a table that says what each row is."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from eegcli.artifacts import folder
from eegcli.artifacts.checked import HASH, CheckedArray, changed_window, first_changed
from eegcli.artifacts.cleaning import CLEANING, Cleaning, read_cleaning
from eegcli.artifacts.content import content_digest, content_hash
from eegcli.artifacts.electrodes import read_electrodes, write_electrodes
from eegcli.artifacts.hdf5 import reading_hdf5, text, untext
from eegcli.artifacts.table import GrowingTable, StoredTable, Table, counted, n_rows, read_table, write_table
from eegcli.errors import ArtifactError
from eegcli.files.atomic import writing
from eegcli.study.electrodes import Electrodes, unknown_electrodes
from eegcli.study.persons import AS_LABELLED, unknown_persons

if TYPE_CHECKING:
    import pandas

ARRAY, TABLE = "windows.h5", "windows.parquet"
SYNC_BYTES = 128 << 20  # written to the disk at a time, while more is made
sync = getattr(os, "fdatasync", os.fsync)


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
        if HASH not in self.table or array.stat().st_mtime_ns <= mark.stat().st_mtime_ns or not isinstance(self.x, np.memmap):
            return
        row = first_changed(array, int(self.x.offset), self.x.shape, self.table, 0, len(self))
        if row is not None:
            raise changed_window(array, row, self.table)

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame, as `StoredTable.frame`."""
        return self.table.frame()

    def __len__(self) -> int:
        return len(self.x)

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
        raise ArtifactError(f"{name}: {header.shape[0]} windows, but {n_rows} rows in {TABLE}")
    if size < header.offset + 4 * math.prod(header.shape):
        raise ArtifactError(f"{name}/{ARRAY}: shorter than its header says")


class WindowsWriter:
    """Writes a windows artifact in one pass, in memory bounded by what is appended at once.

    A contiguous HDF5 array has a fixed length, but how many windows survive is known only at the end. So the
    rows are appended to a plain file behind room for the header, and the header for the final length is put
    before them last. The disk is kept busy while windows are cut, so that the last sync has little left to wait for.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        *,
        ch_names: Sequence[str],
        sfreq: float,
        window_format: WindowFormat,
        placed: bool = False,
        ch_types: Sequence[str] = (),
    ) -> None:
        self.path, self.shape = path, tuple(shape)
        self.ch_names, self.sfreq, self.window_format = tuple(ch_names), float(sfreq), window_format
        self.ch_types = () if set(ch_types) <= {"eeg"} else tuple(ch_types)
        self.n_windows = 0
        # The header has room for positions from the beginning; which they are is known at the end.
        self.placed, self.electrodes, self.spread = placed, unknown_electrodes(len(self.ch_names)), np.full(len(self.ch_names), np.nan)
        self._table = GrowingTable()
        self._unsynced = 0  # bytes
        self._syncing: Future[None] | None = None

    def __enter__(self) -> Self:
        self._context = writing(self.path / ARRAY)
        self._temporary = self._context.__enter__()
        self._offset = self._write_header(self._temporary, 1)
        self._file = self._temporary.open("r+b")
        self._file.seek(self._offset)
        self._thread = ThreadPoolExecutor(1)
        return self

    @property
    def table(self) -> GrowingTable:
        """Rows of the windows that were appended."""
        return self._table

    def append(self, x: np.ndarray, rows: Table) -> None:
        """Append windows and their rows of the table; `content_hash` is added.

        Parameters
        ----------
        x : ndarray, shape (n, *shape)
        rows : Table
            n rows; a column of one value stands for all of them.

        Raises
        ------
        ValueError
            If the shapes disagree.
        """
        if x.shape[1:] != self.shape:
            raise ValueError(f"windows of shape {x.shape}, where (n, *{self.shape}) is due")
        x = np.ascontiguousarray(x, dtype="<f4")
        self._table.append({**rows, "content_hash": content_hash(x).astype("S32")}, len(x))
        self._file.write(x.data)
        self.n_windows += len(x)
        self._unsynced += x.nbytes
        if self._unsynced >= SYNC_BYTES and (self._syncing is None or self._syncing.done()):
            self._unsynced = 0
            self._syncing = self._thread.submit(sync, self._file.fileno())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                if not self.n_windows:
                    raise ValueError("no window was appended")
                if self._syncing is not None:
                    self._syncing.result()  # a disk that failed says so
                self._file.flush()
                self._finish_header()
            self._thread.shutdown()
            self._file.close()
        except BaseException as late:
            self._thread.shutdown()
            self._context.__exit__(type(late), late, late.__traceback__)
            raise
        self._context.__exit__(kind, error, trace)
        if error is None:
            write_table(self.path / TABLE, self._table)

    def _finish_header(self) -> None:
        header = self._temporary.with_name(f".header{self._temporary.name}")
        try:
            offset = self._write_header(header, self.n_windows)
            end = offset + 4 * self.n_windows * int(np.prod(self.shape))
            if offset != self._offset or self._file.tell() != end:
                raise RuntimeError(f"HDF5 puts the array at {offset} to {end}, not at {self._offset} to {self._file.tell()}")
            with header.open("rb") as file:
                beginning = file.read(offset)
                file.seek(end)  # HDF5 may put what did not fit into the header behind the array
                tail = file.read()
        finally:
            header.unlink(missing_ok=True)
        self._file.write(tail)
        self._file.seek(0)
        self._file.write(beginning)

    def _write_header(self, path: Path, n_windows: int) -> int:
        """Write an HDF5 file whose array has room but no content (sparse on disk); give the array's offset."""
        with h5py.File(path, "w", libver="earliest", locking="best-effort") as file:
            file.attrs["ch_names"] = text(self.ch_names)
            file.attrs["sfreq"] = self.sfreq
            file.attrs["representation"] = np.bytes_(self.window_format.representation.encode())
            file.attrs["units"] = np.bytes_(self.window_format.units.encode())
            if self.window_format.bands:
                file.attrs["bands"] = text(self.window_format.bands)
            if self.ch_types:
                file.attrs["ch_types"] = text(self.ch_types)
            if self.window_format.n_times is not None:
                file.attrs["n_times"] = self.window_format.n_times
            if self.placed:
                write_electrodes(file, self.electrodes)
                file.attrs["position_spread"] = np.asarray(self.spread, float)
            creation: Any = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            creation.set_layout(h5py.h5d.CONTIGUOUS)
            creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            creation.set_obj_track_times(False)
            space = h5py.h5s.create_simple((n_windows, *self.shape))
            dataset = h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F32LE, space, creation)
            return int(dataset.get_offset())


def create_windows(
    path: Path,
    shape: tuple[int, ...],
    *,
    ch_names: Sequence[str],
    sfreq: float,
    window_format: WindowFormat | None = None,
    placed: bool = False,
    ch_types: Sequence[str] = (),
) -> WindowsWriter:
    """A writer for the windows of an artifact; use it in a ``with`` block.

    Parameters
    ----------
    path : Path
        The artifact's folder; whoever opened it finishes it.
    shape : tuple of int
        Shape of one window: (n_channels, n_times), or as its representation has it.
    ch_names : sequence of str
    sfreq : float
        Hz.
    window_format : WindowFormat, optional
        What the windows hold; left out: samples in microvolts.
    placed : bool
        The header says where electrodes are, as `electrodes` and `spread` of the writer have it at the end.
    ch_types : sequence of str
        Type of each channel; empty: all are EEG.
    """
    return WindowsWriter(
        path, shape, ch_names=ch_names, sfreq=sfreq, window_format=window_format or WindowFormat(), placed=placed, ch_types=ch_types
    )
