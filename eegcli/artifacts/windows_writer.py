"""Writer of a windows artifact: one contiguous array, written once, and the table of its rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from eegcli.artifacts.content import content_hash
from eegcli.artifacts.electrodes import write_electrodes
from eegcli.artifacts.hdf5 import text
from eegcli.artifacts.table import GrowingTable, Table, write_table
from eegcli.artifacts.windows import ARRAY, TABLE, WindowFormat
from eegcli.files.atomic import writing
from eegcli.study.electrodes import unknown_electrodes

if TYPE_CHECKING:
    pass

SYNC_BYTES = 128 << 20  # written to the disk at a time, while more is made
sync = getattr(os, "fdatasync", os.fsync)


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
