"""Windows that lie elsewhere: the header is read, then only the rows that are asked for."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np
import xxhash

from eegcli.artifacts import folder
from eegcli.artifacts.cleaning import CLEANING, Cleaning, cleaning_of
from eegcli.artifacts.content import content_digest
from eegcli.artifacts.contents import changed
from eegcli.artifacts.elsewhere import RemoteArtifact
from eegcli.artifacts.streamed import StreamedArray
from eegcli.artifacts.table import StoredTable, n_rows, read_table
from eegcli.artifacts.windows import ARRAY, TABLE, Header, Windows, check_header, read_header, summary_of_windows
from eegcli.errors import ArtifactError, counted
from eegcli.remote.ranges import RangeFile, Ranges
from eegcli.study.electrodes import Electrodes

if TYPE_CHECKING:
    import pandas

HEADER = 64 * 1024  # bytes: the header of a windows file is a few kB
MAX_GAP = 256 * 1024  # bytes: rows that lie nearer to each other come in one range, and what lies between them is dropped


class RemoteArray:
    """An array whose rows are read when they are indexed; every block of neighbouring rows is one range request.

    It may be pickled: another process connects for itself, and reads the same content or raises.

    Parameters
    ----------
    ranges : Ranges
        The file.
    offset : int
        Of the first row in it, bytes.
    shape : tuple of int
        (n_rows, *shape of a row), float32.
    """

    dtype = np.dtype("<f4")

    def __init__(self, ranges: Ranges, offset: int, shape: tuple[int, ...]) -> None:
        self._ranges, self.offset = ranges, offset
        self.shape = tuple(shape)
        self._row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return self.shape[0] * self._row_bytes

    @property
    def stopping(self) -> threading.Event:
        """Event that ends a request while it is set."""
        return self._ranges.stopping

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, start: int, stop: int) -> np.ndarray:
        """Neighbouring rows, from `start` to before `stop`: one range of the file.

        Returns
        -------
        ndarray of float32, shape (stop - start, ...)

        Raises
        ------
        IndexError
            If there are no such rows.
        """
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"rows {start} to {stop} of {len(self)}")
        block = self._ranges.read(self.offset + start * self._row_bytes, self.offset + stop * self._row_bytes)
        return np.frombuffer(block, self.dtype).reshape(stop - start, *self.shape[1:])

    def __getitem__(self, rows: SupportsIndex | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Rows by number, slice, list of numbers or mask, as NumPy gives them."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step == 1:
                return self.read(start, max(start, stop))
            return self._take(np.arange(start, stop, step))
        if isinstance(rows, SupportsIndex) and not isinstance(rows, np.ndarray):
            row: np.ndarray = self._take(np.array([rows.__index__()]))[0]
            return row
        wanted = np.asarray(rows)
        if wanted.dtype == bool:
            if wanted.shape != (len(self),):
                raise IndexError(f"a mask of {wanted.shape} for {counted(len(self), 'row')}")
            return self._take(np.flatnonzero(wanted))
        if wanted.size and wanted.dtype.kind not in "iu":
            raise IndexError("rows are whole numbers, slices or masks")
        taken: np.ndarray = self._take(wanted.astype(np.int64).ravel()).reshape(*wanted.shape, *self.shape[1:])
        return taken

    def _take(self, rows: np.ndarray) -> np.ndarray:
        """Any rows, in the order given; near ones share a request."""
        rows = np.where(rows < 0, rows + len(self), rows)
        if rows.size and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"row {int(rows.max()) if rows.max() >= len(self) else int(rows.min())} of {len(self)}")
        result = np.empty((len(rows), *self.shape[1:]), self.dtype)
        distinct, places = np.unique(rows, return_inverse=True)
        if not len(distinct):
            return result
        far = 1 + np.flatnonzero((np.diff(distinct) - 1) * self._row_bytes > MAX_GAP)
        for first, last in zip([0, *far], [*far, len(distinct)], strict=True):
            start = int(distinct[first])
            block = self.read(start, int(distinct[last - 1]) + 1)
            here = (places >= first) & (places < last)
            result[here] = block[rows[here] - start]
        return result


@dataclass(frozen=True)
class RemoteWindows:
    """Remote windows artifact that is open; its array is read by range requests.

    Attributes
    ----------
    path : str
        Its address.
    x : RemoteArray of float32, shape (n_windows, n_channels, n_times), µV
        Only what is indexed is fetched.
    table : Table
        Row i describes ``x[i]``.
    ch_names : tuple of str
    sfreq : float
        Hz.
    representation, units : str
    bands : tuple of str
    n_times : int
    artifact_digest : str
    electrodes : Electrodes or None
    spread : ndarray or None
    ch_types : tuple of str
        As of windows that are here.
    cache_bytes : int or None
        What `checked` may take of the disk; None: room for all, but no more than half of what is free.
    """

    path: str
    x: RemoteArray
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
    cache_bytes: int | None = None

    @cached_property
    def checked(self) -> StreamedArray:
        """The array for whoever reads much of it: what is announced is fetched ahead, kept in a cache, and checked as it arrives."""
        return StreamedArray(self.x, self.table, f"{self.path}/{ARRAY}", self.cache_bytes)

    @property
    def cleaning(self) -> Cleaning | None:
        """Cleaning of the recordings that they were cut from, as of windows that are here."""
        artifact = RemoteArtifact.at(self.path)
        if CLEANING not in artifact.done.get("files", {}):
            return None
        return cleaning_of(artifact.read_json(CLEANING), f"{self.path}/{CLEANING}")

    @property
    def place(self) -> str:
        """Address of the artifact."""
        return self.path

    def check_if_touched(self) -> None:
        """Nothing: what a server gives is checked as it arrives."""

    @cached_property
    def digest(self) -> str:
        """Digest of the content, as that of the same windows here."""
        return content_digest(self.table, self.ch_names, self.sfreq)

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame, as `StoredTable.frame`."""
        return self.table.frame()

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"{summary_of_windows(self.x.shape, self.table, self.sfreq, self.representation, self.units)}, at {self.path}"

    def read(self, start: int, stop: int) -> np.ndarray:
        """Windows from `start` to before `stop`, in one range request; ndarray of float32."""
        return self.x.read(start, stop)


AnyWindows = Windows | RemoteWindows


def open_remote_windows(address: str, *, endpoint_url: str | None = None, cache_bytes: int | None = None) -> RemoteWindows:
    """Open a finished windows artifact at an ``s3://`` or ``https://`` address; its header and its table are fetched, no window.

    Raises
    ------
    InputError, ArtifactError
        If it is missing, unfinished, of another kind, or if table and array disagree.
    UnavailableError
        If the server cannot be reached.
    """
    artifact = RemoteArtifact.at(address, endpoint_url=endpoint_url)
    address = artifact.address
    folder.check_settings(address, artifact.read_json(folder.SETTINGS), artifact.read_json(folder.DONE), "windows")
    ranges = artifact.ranges(ARRAY)
    header = _header(ranges, f"{address}/{ARRAY}")
    content = artifact.read(TABLE)
    if artifact.done.get("digests", {}).get(TABLE) not in (None, xxhash.xxh3_128_hexdigest(content)):
        raise changed(f"{address}/{TABLE}")
    table = read_table(f"{address}/{TABLE}", content=io.BytesIO(content))
    check_header(header, address, n_rows(table), ranges.size)
    array = RemoteArray(ranges, header.offset, header.shape)
    return RemoteWindows(address, array, table, artifact_digest=artifact.done["digest"], cache_bytes=cache_bytes, **header.says)


def open_remote_array(address: str, offset: int, shape: tuple[int, ...]) -> tuple[RemoteArray, str]:
    """Open the array of an artifact at an address, where its header has been read already.

    Parameters
    ----------
    address : str
    offset : int
        Offset of the array in its file, bytes.
    shape : tuple of int

    Returns
    -------
    array : RemoteArray
    digest : str
        The artifact's: of another one, offset and shape would be others.
    """
    artifact = RemoteArtifact.at(address)
    return RemoteArray(artifact.ranges(ARRAY), offset, shape), artifact.done["digest"]


def _header(ranges: Ranges, name: str) -> Header:
    import h5py

    try:
        with h5py.File(RangeFile(ranges, HEADER), "r") as file:
            return read_header(file, name)
    except (OSError, KeyError) as error:
        raise ArtifactError(f"{name}: not a file of eegcli, or a damaged one ({str(error).splitlines()[0]})") from error
