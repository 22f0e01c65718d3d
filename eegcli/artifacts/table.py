"""Tables: a dict of equally long columns in memory, Parquet on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from eegcli.artifacts.atomic import writing
from eegcli.errors import ArtifactError

# Text: object arrays of str | None. Numbers: float64 (missing: NaN) or int64. Truth: bool.
Table = dict[str, np.ndarray]


def n_rows(table: Mapping[str, np.ndarray]) -> int:
    """Number of rows of a table."""
    return len(next(iter(table.values()))) if table else 0


def take(table: Mapping[str, np.ndarray], rows: np.ndarray) -> Table:
    """Rows of a table, by index or by mask."""
    return {name: column[rows] for name, column in table.items()}


def concatenate(tables: Iterable[Mapping[str, np.ndarray]]) -> Table:
    """Put tables below each other; a column that one of them lacks is missing there.

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


def write_table(path: Path, table: Mapping[str, np.ndarray]) -> None:
    """Write a table as Parquet: same table, same bytes.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if len({len(values) for values in table.values()}) > 1:
        raise ValueError(f"columns of unequal length: { {name: len(values) for name, values in table.items()} }")
    arrays = {name: pa.array(values, type=pa.string() if values.dtype.kind == "O" else None) for name, values in table.items()}
    with writing(path) as temporary:
        pq.write_table(pa.table(arrays), temporary, compression="zstd")


def read_table(path: Path | str, columns: list[str] | None = None, *, content: BinaryIO | None = None) -> Table:
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
        with pq.ParquetFile(path if content is None else content) as file:
            data = file.read(columns)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: not found") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(f"{path}: not a Parquet file, or a damaged one ({str(error).splitlines()[0]})") from error
    return {name: _values(data.column(name)) for name in data.column_names}


def _values(values: Any) -> np.ndarray:
    import pyarrow as pa

    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type) or pa.types.is_null(values.type):
        result = np.full(len(values), None, dtype=object)
        result[:] = values.to_pylist()
        return result
    if values.null_count:
        values = values.cast(pa.float64())
    array: np.ndarray = values.to_numpy()
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    return array if array.dtype == bool else array.astype(np.float64)
