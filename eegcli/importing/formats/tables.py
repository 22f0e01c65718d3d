"""Tables of text (`.csv`, `.tsv`) and Parquet: numbers go to scratch as one array, row by row; columns of labels are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError
from eegcli.files.scratch import claimed_scratch
from eegcli.importing.formats.contents import Contents, Variable, Words, array_in, damaged, mapped
from eegcli.importing.formats.names import LABEL_NAMES, SET_NAMES, SUBJECT_NAMES, TRIAL_NAMES
from eegcli.importing.formats.numpy_files import UNPACKED

ROWS = "rows"  # the array of all columns that are signals
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_BLOCK, _ROWS = 1 << 24, 1 << 16  # bytes of text, rows of Parquet, at once


def open_table(path: Path, stack: ExitStack, *, labels: Collection[str] = ()) -> Contents:
    """Open a table: rows are samples or trials, columns are numbers and labels.

    Parameters
    ----------
    path : Path
    stack : ExitStack
        Removes scratch at its end.
    labels : collection of str
        Columns that are labels, beside those of known names and those that are no numbers.

    Raises
    ------
    InputError
        If it cannot be read, or no column holds numbers alone.
    """
    import pyarrow as pa

    try:
        batches = _batches(path)
        first = next(batches, None)
        if first is None:
            raise InputError(f"{path}: empty")
        names = first.schema.names
        if missing := [name for name in labels if name not in names]:
            raise InputError(f"{path}: no column {missing[0]}", hint=f"There are: {', '.join(names)}.")
        known = {*labels, *(name for name in names if name.lower() in (*LABEL_NAMES, *SET_NAMES, *SUBJECT_NAMES, *TRIAL_NAMES))}
        signals = [name for name in names if name not in known and _is_number(first.schema.field(name).type)]
        if not signals:
            raise InputError(f"{path}: no column of numbers but labels ({', '.join(names)})", hint="--labels-key names the labels.")
        folder = stack.enter_context(claimed_scratch(UNPACKED))
        kept = {name: _Column(folder / f"column{number}") for number, name in enumerate(names) if name not in signals}
        n_rows, dtype = (
            0,
            np.dtype(np.float32 if all(pa.types.is_float32(first.schema.field(name).type) for name in signals) else np.float64),
        )
        with (folder / "rows").open("wb") as stream:
            for batch in _all(first, batches):
                block = np.empty((batch.num_rows, len(signals)), dtype)
                for number, name in enumerate(signals):
                    block[:, number] = _numbers(batch.column(name))
                stream.write(block.data)
                n_rows += batch.num_rows
                for name, column in kept.items():
                    column.extend(batch.column(name))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise damaged(path, error) from error
    if not n_rows:
        raise InputError(f"{path}: empty")
    variables: dict[str, Variable] = {name: column.finish() for name, column in kept.items()}
    variables[ROWS] = array_in(mapped(folder / "rows"), dtype, 0, (n_rows, len(signals)), fortran=False, name=str(path))
    return Contents(variables, array=ROWS, ch_names=tuple(signals), rows=True)


def _all(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _batches(path: Path) -> Iterator[Any]:
    """Rows of the file, so many at a time."""
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path.absolute()) as file:  # a colon in a relative path would make it an address
            for group in range(file.num_row_groups):  # all at once, it would keep what was read
                yield from file.iter_batches(_ROWS, row_groups=[group], use_threads=False)
        return
    from pyarrow import csv

    separator = _SEPARATORS[path.suffix.lower()]
    with path.open("r", encoding="utf-8", errors="replace") as stream:
        header = stream.readline()
    if separator not in header and ";" in header:
        separator = ";"
    cells = [cell.strip().strip('"') for cell in header.rstrip("\r\n").split(separator)]
    nameless = all(_reads_as_number(cell) for cell in cells)
    reading = csv.ReadOptions(
        use_threads=False, block_size=_BLOCK, column_names=[f"column{number}" for number in range(1, len(cells) + 1)] if nameless else None
    )
    with csv.open_csv(path.absolute(), read_options=reading, parse_options=csv.ParseOptions(delimiter=separator)) as reader:
        yield from reader


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def _numbers(column: Any) -> np.ndarray:
    import pyarrow as pa

    values: np.ndarray = (
        column.cast(pa.float64()).to_numpy(zero_copy_only=False) if column.null_count else column.to_numpy(zero_copy_only=False)
    )
    return values


class _Column:
    """Column of labels, written to scratch row by row: numbers as such, of texts the number of each one's word."""

    def __init__(self, path: Path) -> None:
        self.path, self.words = path, dict[str, int]()
        self.dtype: np.dtype[Any] = np.dtype(np.int64)
        self.is_text = False
        self._stream = path.open("wb")

    def extend(self, values: Any) -> None:
        """Append the values of a batch."""
        import pyarrow as pa

        if not self.is_text and not _is_number(values.type):
            self.is_text, self.dtype = True, np.dtype(np.int32)
        if self.is_text:
            coded = values.cast(pa.string()).dictionary_encode() if not pa.types.is_dictionary(values.type) else values
            known = np.array([self.words.setdefault(str(word), len(self.words)) for word in coded.dictionary.to_pylist()] + [-1], np.int32)
            numbers = known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
        else:
            numbers = _numbers(values)
            if numbers.dtype.kind == "f" and self.dtype.kind == "i":
                self._become_floating()
        self._stream.write(np.ascontiguousarray(numbers, self.dtype).data)

    def _become_floating(self) -> None:
        self._stream.close()
        before = np.fromfile(self.path, self.dtype)
        self.dtype = np.dtype(np.float64)
        self._stream = self.path.open("wb")
        before.astype(self.dtype).tofile(self._stream)

    def finish(self) -> Variable:
        """The column as it lies in scratch."""
        self._stream.close()
        n = self.path.stat().st_size // self.dtype.itemsize
        stored = array_in(mapped(self.path), self.dtype, 0, (n,), fortran=False, name=str(self.path))
        return Words(stored, tuple(self.words)) if self.is_text else stored
