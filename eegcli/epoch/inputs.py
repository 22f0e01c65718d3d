"""Inputs of epoch: the recordings of one artifact or of several, as one table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eegcli.artifacts.hdf5 import Buffer
from eegcli.artifacts.recordings import Recording, Recordings, open_recordings
from eegcli.artifacts.table import Table, concatenate, n_rows, take
from eegcli.errors import EegcliError, InputError, counted
from eegcli.files.digest import digest_of
from eegcli.reporter import Reporter
from eegcli.study.events import Events, as_text


@dataclass(frozen=True)
class Pool:
    """The recordings of one or several artifacts.

    Attributes
    ----------
    sources : tuple of Recordings
        In order of the data sets' names, so that the order in which they were named decides nothing.
    table : Table
        A row per recording that is whole; `dataset` first, then the columns of recordings.parquet, those of all
        participants.tsv united.
    source, row : ndarray of int, shape (n_recordings,)
        Where each lies: which of `sources`, and which row of its table.
    """

    sources: tuple[Recordings, ...]
    table: Table
    source: np.ndarray
    row: np.ndarray

    @property
    def digest(self) -> str:
        """Digest of all recordings and participants that are read."""
        return digest_of([[source.dataset, source.digest] for source in self.sources])

    def take(self, rows: np.ndarray) -> Pool:
        """Select recordings of the pool, by index or by mask."""
        return Pool(self.sources, take(self.table, rows), self.source[rows], self.row[rows])

    def name(self, index: int) -> str:
        """The recording's BIDS stem; with its data set where there are several."""
        recording = str(self.table["recording"][index])
        return recording if len(self.sources) == 1 else f"{self.table['dataset'][index]}: {recording}"

    def read(self, index: int, *, hed: bool = True, buffer: Buffer | None = None) -> Recording:
        """Read one recording, as `read_recording` does."""
        return self.sources[int(self.source[index])].read(int(self.row[index]), hed=hed, buffer=buffer)

    def read_events(self, index: int, *, hed: bool = True) -> tuple[Events, int]:
        """Events and number of samples of one recording."""
        return self.sources[int(self.source[index])].read_events(int(self.row[index]), hed=hed)

    def all_events(self) -> Iterator[Events]:
        """Events of each recording without their HED; a recording that cannot be read gives none, and is told of where it is cut."""
        for index in range(len(self)):
            try:
                yield self.read_events(index, hed=False)[0]
            except EegcliError:
                continue

    def __len__(self) -> int:
        return n_rows(self.table)


def open_pool(paths: Sequence[Path], reporter: Reporter) -> Pool:
    """Open one or several recordings artifacts.

    Parameters
    ----------
    paths : sequence of Path
    reporter : Reporter
        Told of columns that are numbers in one and text in another.

    Raises
    ------
    InputError
        If none of the recordings is whole, or two artifacts hold the same recording of one data set.
    """
    sources = sorted((open_recordings(path) for path in paths), key=lambda source: (source.dataset, source.digest))
    _check_distinct(sources)
    tables, places = [], []
    for number, source in enumerate(sources):
        rows = np.flatnonzero(source.table["status"] == "ok")
        if not len(rows):
            raise InputError(f"{source.path}: no recording is whole", hint="See the column `error` of recordings.parquet.")
        name = np.full(len(rows), source.dataset, dtype=object)
        tables.append({"dataset": name, **take(source.table, rows)})
        places.append((np.full(len(rows), number), rows))
    return Pool(tuple(sources), _united(tables, reporter), *(np.concatenate(part) for part in zip(*places, strict=True)))


def _check_distinct(sources: Sequence[Recordings]) -> None:
    where: dict[tuple[str, str], Path] = {}
    for source in sources:
        names = {(source.dataset, str(name)) for name in source.table["recording"]}
        if both := sorted(names & where.keys()):
            raise InputError(
                f"{where[both[0]]} and {source.path}: both hold {both[0][1]} of the data set {source.dataset!r}"
                + (f" ({counted(len(both), 'recording')} in all)" if len(both) > 1 else ""),
                hint="Subjects are told apart by data set and label. Name an artifact once; data sets need names of their own "
                "(Name in dataset_description.json).",
            )
        where |= dict.fromkeys(names, source.path)


def _united(tables: Sequence[Table], reporter: Reporter) -> Table:
    """Concatenate tables; a column that holds numbers in one and text in another becomes text."""
    kinds: dict[str, Counter[bool]] = defaultdict(Counter)
    for table in tables:
        for name, values in table.items():
            if not _is_empty(values):
                kinds[name][values.dtype.kind == "O"] += 1
    for name in sorted(name for name, kind in kinds.items() if len(kind) > 1):
        reporter.warn(f"column {name} holds text in one data set and numbers in another: it is text in the windows")
        for table in tables:
            if name in table and table[name].dtype.kind != "O":
                table[name] = as_text(table[name])
    for name, kind in kinds.items():
        for table in tables:
            if set(kind) == {False} and name in table and table[name].dtype.kind == "O":
                del table[name]  # nobody has a value in it: missing, as a number
    return concatenate(tables)


def _is_empty(values: np.ndarray) -> bool:
    if values.dtype.kind == "O":
        return all(value is None for value in values)
    return values.dtype.kind == "f" and bool(np.isnan(values).all())
