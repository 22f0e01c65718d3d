"""Tables: a dict of equally long columns in memory, Parquet on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from eegcli.artifacts.arrow import from_arrow, repeated, to_arrow
from eegcli.errors import ArtifactError, UnavailableError, counted
from eegcli.files.atomic import writing
from eegcli.files.causes import unreadable

if TYPE_CHECKING:
    import pandas

REPEATS_BYTES = 6  # of a row, in the file

# Text: object arrays of str | None (ASCII that goes to a file may be bytes of one length). Numbers: float64 (missing: NaN) or int64. Truth: bool.
Table = dict[str, np.ndarray]


class StoredTable(Table):
    """Table as it was read from an artifact: a dict of columns, short to look at, with a data frame for those who want one."""

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame; its numbers are copied.

        Raises
        ------
        UnavailableError
            If pandas is not installed: nothing else here needs it.
        """
        try:
            import pandas
        except ImportError as error:
            raise UnavailableError(
                "pandas is not installed", hint="pip install pandas; without it, a table is a dict of columns."
            ) from error
        return pandas.DataFrame({name: list(values) if values.ndim == 2 else values for name, values in self.items()})

    def __repr__(self) -> str:
        return f"Table: {counted(n_rows(self), 'row')} x {counted(len(self), 'column')} ({', '.join(self)})"


def n_rows(table: Mapping[str, np.ndarray]) -> int:
    """Number of rows of a table."""
    return len(next(iter(table.values()))) if table else 0


def take(table: Mapping[str, np.ndarray], rows: np.ndarray) -> Table:
    """Select rows of a table, by index or by mask."""
    return {name: column[rows] for name, column in table.items()}


def concatenate(tables: Iterable[Mapping[str, np.ndarray]]) -> Table:
    """Concatenate tables, one below the other; a column that one of them lacks is missing there.

    Raises
    ------
    ArtifactError
        If a column is text in one table and a number in another.
    """
    parts = [table for table in tables if n_rows(table)]
    names = list(dict.fromkeys(name for table in parts for name in table))
    return {name: _join(name, [(table.get(name), n_rows(table)) for table in parts]) for name in names}


def _join(name: str, pieces: list[tuple[np.ndarray | None, int]]) -> np.ndarray:
    kinds = {piece.dtype.kind for piece, _ in pieces if piece is not None}
    if "O" in kinds:
        if kinds != {"O"} and any(piece is not None and piece.dtype.kind != "O" and not _empty(piece) for piece, _ in pieces):
            raise ArtifactError(f"column {name!r} holds text in one table and numbers in another")
        return np.concatenate([np.full(n, None, object) if piece is None or piece.dtype.kind != "O" else piece for piece, n in pieces])
    return np.concatenate([np.full(n, np.nan) if piece is None else piece for piece, n in pieces])


def _empty(column: np.ndarray) -> bool:
    return column.dtype.kind == "f" and bool(np.isnan(column).all())


def column(values: Iterable[Any]) -> np.ndarray:
    """Make a column of Python values: text, truth or numbers, with None where one is missing."""
    items = list(values)
    present = [item for item in items if item is not None]
    if present and all(isinstance(item, (bool, np.bool_)) for item in present) and len(present) == len(items):
        return np.array(items, dtype=bool)
    if present and all(isinstance(item, (int, np.integer)) and not isinstance(item, (bool, np.bool_)) for item in present):
        return (
            np.array(items, dtype=np.int64) if len(present) == len(items) else np.array([np.nan if i is None else i for i in items], float)
        )
    if present and all(isinstance(item, (int, float, np.number)) for item in present):
        return np.array([np.nan if item is None else item for item in items], dtype=np.float64)
    result = np.full(len(items), None, dtype=object)
    result[:] = [None if item is None else str(item) for item in items]
    return result


def from_rows(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Make a table of rows; columns in order of first appearance."""
    items = list(rows)
    names = list(dict.fromkeys(name for row in items for name in row))
    return {name: column(row.get(name) for row in items) for name in names}


class GrowingTable(Mapping[str, np.ndarray]):
    """A table that is appended to, and small in memory: a column that does not change within what is appended is kept once.

    Reading a column puts it together anew, so that only one of them is whole at a time.
    """

    def __init__(self) -> None:
        self._lengths: list[int] = []  # of the tables that were appended
        self._pieces: dict[str, list[np.ndarray | None]] = {}  # of each column: values, or the one that all rows share; None: missing

    def append(self, table: Mapping[str, np.ndarray], n: int) -> None:
        """Append `n` rows.

        Parameters
        ----------
        table : mapping of str to ndarray, shape (n,) or (1,)
            One value stands for all `n` rows. A column that is not there is missing in these rows.
        n : int

        Raises
        ------
        ValueError
            If a column is of another length.
        """
        if wrong := [name for name, values in table.items() if len(values) not in (1, n)]:
            raise ValueError(f"{counted(n, 'row')}, but {len(table[wrong[0]])} in column {wrong[0]!r}")
        if not n:
            return
        for name, values in table.items():
            pieces = self._pieces.setdefault(name, [])
            pieces += [None] * (len(self._lengths) - len(pieces))
            pieces.append(values[:1].copy() if len(values) > 1 and _one_value(values) else values)
        self._lengths.append(n)

    def add(self, name: str, values: np.ndarray) -> None:
        """Add a column, or replace it: a value for every row that was appended, shape (n_rows,)."""
        parts = np.split(values, np.cumsum(self._lengths)[:-1])
        self._pieces[name] = [part[:1].copy() if len(part) > 1 and _one_value(part) else part for part in parts]

    def runs(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Run-length encode a column: its values, each once where it repeats within an append, and how often each stands there."""
        pieces = self._pieces[name]
        pieces = pieces + [None] * (len(self._lengths) - len(pieces))
        kept = [1 if piece is None else len(piece) for piece in pieces]
        times = np.repeat([n // rows for n, rows in zip(self._lengths, kept, strict=True)], kept)
        return _join(name, list(zip(pieces, kept, strict=True))), times

    def __getitem__(self, name: str) -> np.ndarray:
        return np.repeat(*self.runs(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)


def _one_value(values: np.ndarray) -> bool:
    if values.dtype.kind == "O":
        return bool((values == values[0]).all())
    # Bytes, for 0.0 and -0.0 are equal and NaN is not.
    return values.tobytes() == values[:1].tobytes() * len(values)


def write_table(path: Path, table: Mapping[str, np.ndarray]) -> None:
    """Write a table as Parquet: same table, same bytes.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if isinstance(table, GrowingTable):
        arrays = {name: repeated(*table.runs(name)) for name in table}
    else:
        arrays = {name: to_arrow(values) for name, values in table.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        raise ValueError(f"columns of unequal length: { {name: len(values) for name, values in arrays.items()} }")
    with writing(path) as temporary:
        pq.write_table(pa.table(arrays), temporary.absolute(), compression="zstd")


@contextlib.contextmanager
def writing_table(path: Path) -> Iterator[Callable[[Mapping[str, np.ndarray]], None]]:
    """Write a table part by part as Parquet, so that only one part is in memory: same parts, same bytes.

    Yields
    ------
    callable
        Appends rows. All parts have the same columns; those of the first part decide the types.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with writing(path) as temporary, contextlib.ExitStack() as stack:
        writers: list[Any] = []

        def append(table: Mapping[str, np.ndarray]) -> None:
            part = pa.table({name: to_arrow(values) for name, values in table.items()})
            if not writers:
                writers.append(stack.enter_context(pq.ParquetWriter(temporary.absolute(), part.schema, compression="zstd")))
            writers[0].write_table(part)

        yield append
        if not writers:
            raise ValueError(f"{path}: no part was written")


def read_table(path: Path | str, columns: list[str] | None = None, *, content: BinaryIO | None = None) -> StoredTable:
    """Read a Parquet file.

    Parameters
    ----------
    path : Path or str
        The file; with `content`, what it is called.
    columns : list of str, optional
        Only these.
    content : file object, optional
        Its bytes, where they do not lie on this machine.

    Raises
    ------
    ArtifactError
        If the file is missing or is not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # ParquetFile, not read_table: a path such as `task=rest/…` must not become a partition column.
        # An absolute path: in a relative one, a colon (`a:b`) would make pyarrow take it for an address.
        source = Path(path).absolute() if content is None else content
        with pq.ParquetFile(source) as file:
            names = _repetitive(file.metadata)
        with pq.ParquetFile(source, read_dictionary=names) as file:
            data = file.read(columns)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: not found") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise unreadable(path, error, f"not a Parquet file, or a damaged one ({str(error).splitlines()[0]})") from error
    return StoredTable({name: from_arrow(data.column(name)) for name in data.column_names})


def _repetitive(metadata: Any) -> list[str]:
    """Columns of text in which values repeat: they take less room than any text of their own would."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    sizes = [sum(group.column(number).total_uncompressed_size for group in groups) for number in range(metadata.num_columns)]
    return [metadata.schema.column(number).path for number, size in enumerate(sizes) if size < REPEATS_BYTES * metadata.num_rows]
