"""Records in long tables: rows that follow each other, cut into trials; a label belongs to the whole record."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.errors import InputError, counted
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Cell, Contents, Mapped, Refused, Stored, Variable, Words
from eegcli.settings.importing import shape_of


def reshaped(stored: Stored, labels: dict[str, Variable], text: str, name: str) -> tuple[Stored, dict[str, Variable]]:
    """Cut a long array into trials, and a label of each row into one of each trial.

    Parameters
    ----------
    stored : Stored
        A value a row (or rows of channels, that follow each other sample by sample).
    labels : dict of str to Variable
    text : str
        Sizes such as ``312x18000``.
    name : str
        Of the file, for messages.

    Raises
    ------
    InputError
        If the sizes do not make the array, or a label changes inside a record.
    """
    shape = shape_of(text)
    n_values = math.prod(stored.shape)
    if math.prod(shape) != n_values:
        raise InputError(f"{name}: --reshape {text} makes {counted(math.prod(shape), 'value')}, there are {n_values:,}")
    if not isinstance(stored, Mapped):
        stored = Mapped(stored.take(0, 0, stored.shape[0]))
    if not stored.array.flags.c_contiguous and stored.array.squeeze().ndim > 1:
        raise InputError(f"{name}: --reshape is for rows that follow each other, and this array is stored by columns")
    n_rows = math.prod(shape) // math.prod(shape[1:-1] or (1,))
    cut = {key: _of_records(key, value, shape[0], n_rows, name) for key, value in labels.items()}
    return Mapped(stored.array.reshape(shape), stored.release), cut


def _of_records(key: str, value: Variable, n_records: int, n_rows: int, name: str) -> Variable:
    """Label of each record, where there is one of each row."""
    values = _row_of_values(value)
    if values is None or len(values) != n_rows or n_rows == n_records:
        return value
    return _constant(value, values.reshape(n_records, -1), key, name, [str(number + 1) for number in range(n_records)])


def _row_of_values(value: Variable) -> np.ndarray | None:
    if isinstance(value, list):
        return np.array([item if isinstance(item, str) else "" for item in value], dtype=str)
    if isinstance(value, (Mapped, Words)):
        return (value.codes if isinstance(value, Words) else value).array.reshape(-1)
    if isinstance(value, (str, Cell, Refused)):
        return None
    return value.take(0, 0, value.shape[0]).reshape(-1)


def _constant(value: Variable, values: np.ndarray, key: str, name: str, records: list[str]) -> Variable:
    """Value of each record, where it is the same in all its rows; of texts `values` are the numbers of their words."""
    changing = [record for record in range(len(values)) if (values[record] != values[record, 0]).any()]
    if changing:
        record, place = changing[0], int(np.flatnonzero(values[changing[0]] != values[changing[0], 0])[0])
        pair = values[record, [0, place]]
        before, after = value.of(pair) if isinstance(value, Words) else pair.tolist()
        raise InputError(
            f"{name}: {key} changes inside record {records[record]}, from {before} to {after} at its sample {place + 1:,}"
            + (f" (and in {len(changing) - 1} other records)" if len(changing) > 1 else ""),
            hint="A record has one label: see whether the sizes are right and the rows in order.",
        )
    first = values[:, 0].copy()
    if isinstance(value, (Mapped, Words)):
        (value.codes if isinstance(value, Words) else value).release()
    if isinstance(value, Words):
        return value.of(first)
    return first.tolist() if first.dtype.kind == "U" else Mapped(first)


def cut_rows(contents: Contents, trial: str, name: str) -> Contents:
    """Cut a table with a row per sample into its trials: rows of one number that follow each other.

    Raises
    ------
    InputError
        If trials are not equally long, rows of one are apart, or a label changes inside one.
    """
    if trial not in contents.variables:
        raise InputError(f"{name}: no column {trial}", hint=f"There are: {', '.join(contents.variables)}.")
    rows = contents.variables[contents.array]
    numbers = _row_of_values(contents.variables[trial])
    assert isinstance(rows, Mapped)
    if numbers is None or len(numbers) != rows.shape[0]:
        raise InputError(f"{name}: the column {trial} has no number for each row")
    begins = np.concatenate([[0], np.flatnonzero(numbers[1:] != numbers[:-1]) + 1])
    lengths = np.diff([*begins, len(numbers)])
    column, first = contents.variables[trial], numbers[begins]
    names = [_shown(value) for value in (column.of(first) if isinstance(column, Words) else first.tolist())]
    if len(set(names)) < len(names):
        twice = next(value for number, value in enumerate(names) if value in names[:number])
        raise InputError(f"{name}: rows of {trial} {twice} do not follow each other", hint="Sort the table by trial and time.")
    if (lengths != lengths[0]).any():
        other = int(np.flatnonzero(lengths != lengths[0])[0])
        raise InputError(
            f"{name}: {trial} {names[other]} has {counted(lengths[other], 'row')}, {trial} {names[0]} has {lengths[0]}",
            hint="Trials are equally long.",
        )
    variables: dict[str, Any] = {}
    for key, value in contents.variables.items():
        if key in (trial, contents.array):
            continue
        values = _row_of_values(value)
        assert values is not None
        variables[key] = _constant(value, values.reshape(len(begins), -1), key, name, names)
    variables[contents.array] = Mapped(rows.array.reshape(len(begins), int(lengths[0]), -1), rows.release)
    return replace(contents, variables=variables, axes=(TRIALS, SAMPLES, CHANNELS), rows=False)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
