"""Tables of text (`.csv`, `.tsv`) and Parquet: numbers go to scratch as one array, row by row; columns of labels are kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.errors import InputError, listed
from eegcli.files.scratch import claimed_scratch
from eegcli.importing.axes import MIN_SAMPLES
from eegcli.importing.formats.contents import Contents, Variable, Words, array_in, damaged, mapped
from eegcli.importing.formats.dialect import dialect_of
from eegcli.importing.formats.names import LABEL_NAMES, SET_NAMES, SUBJECT_NAMES, TRIAL_NAMES
from eegcli.importing.formats.numpy_files import UNPACKED

ROWS = "rows"  # the array of all columns that are signals
# Numbers of the rows, as pandas writes them beside a table when nobody asks for it.
_INDEX = re.compile(r"|index|unnamed: \d+|level_\d+|__index_level_\d+__", re.IGNORECASE)
_BLOCK, _ROWS = 1 << 24, 1 << 16  # bytes of text, rows of Parquet, at once
_SHOWN = 8  # names in a message


def open_table(path: Path, stack: ExitStack, *, labels: Collection[str] = (), trial_a_row: bool = True) -> Contents:
    """Open a table: rows are samples or trials, columns are numbers and labels. Numbers of the rows are neither.

    Parameters
    ----------
    path : Path
    stack : ExitStack
        Removes scratch at its end.
    labels : collection of str
        Columns that are labels, beside those of known names and those that are no numbers.
    trial_a_row : bool
        False where it is known that a row is a sample; else it is one if a column has the name of a trial's number.

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
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise InputError(f"{path}: two columns are called {twice[0]!r}", hint="Give each column a name of its own.")
        if missing := [name for name in labels if name not in names]:
            raise InputError(f"{path}: no column {missing[0]}", hint=f"There are: {listed(names, _SHOWN, count=True)}.")
        known = {*labels, *(name for name in names if name.lower() in (*LABEL_NAMES, *SET_NAMES, *SUBJECT_NAMES, *TRIAL_NAMES))}
        numbers = [name for name in names if name not in known and _is_number(first.schema.field(name).type)]
        index = [name for name in numbers if _INDEX.fullmatch(name) and pa.types.is_integer(first.schema.field(name).type)]
        signals = [name for name in numbers if name not in index]  # of which there are few
        if trial_a_row and not any(name.lower() in TRIAL_NAMES for name in names):
            signals = _samples(signals)
        if not signals:
            raise InputError(
                f"{path}: no column of numbers but labels ({listed(names, _SHOWN, count=True)})", hint="--labels-key names the labels."
            )
        folder = stack.enter_context(claimed_scratch(UNPACKED))
        no_labels = {*signals, *index}
        kept = {name: _Column(folder / f"column{number}") for number, name in enumerate(names) if name not in no_labels}
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
    beside = [name for name in numbers if name not in no_labels]
    remarks = (
        *([f"numbers of the rows are left out: {listed(map(repr, index))}"] if index else []),
        *([f"columns whose names do not count samples are labels: {listed(beside, _SHOWN, count=True)}"] if beside else []),
    )
    return Contents(variables, array=ROWS, ch_names=tuple(signals), rows=True, remarks=remarks)


def _samples(names: list[str]) -> list[str]:
    """Columns that are the samples of a trial: where many names end in a number, those alone; an age or a reaction time is none."""
    counting = [name for name in names if name[-1:].isdigit()]
    return counting if len(counting) >= MIN_SAMPLES else names


def _all(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _batches(path: Path) -> Iterator[Any]:
    """Rows of the file, so many at a time; spaces around the name of a column are none of it."""
    import pyarrow as pa

    for batch in _batches_as_written(path):
        yield pa.RecordBatch.from_arrays(batch.columns, names=[name.strip() for name in batch.schema.names])


def _batches_as_written(path: Path) -> Iterator[Any]:
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path.absolute()) as file:  # a colon in a relative path would make it an address
            for group in range(file.num_row_groups):  # all at once, it would keep what was read
                yield from file.iter_batches(_ROWS, row_groups=[group], use_threads=False)
        return
    from pyarrow import csv

    dialect = dialect_of(path)
    nameless = [f"column{number}" for number in range(1, dialect.n_columns + 1)]
    reading = csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=None if dialect.has_header else nameless)
    with csv.open_csv(
        path.absolute(),
        read_options=reading,
        parse_options=csv.ParseOptions(delimiter=dialect.separator),
        convert_options=csv.ConvertOptions(decimal_point=dialect.decimal),
    ) as reader:
        yield from reader


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
            known = np.array(
                [self.words.setdefault(str(word).strip(), len(self.words)) for word in coded.dictionary.to_pylist()] + [-1], np.int32
            )
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
