"""Records in long tables: rows that follow each other, cut into trials; a label belongs to the whole record."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.bids.channel_names import are_electrodes
from eegcli.errors import InputError, counted, listed
from eegcli.importing.axes import MIN_SAMPLES
from eegcli.importing.formats.contents import CHANNELS, SAMPLES, TRIALS, Cell, Contents, Mapped, Refused, Stored, Variable, Words
from eegcli.importing.formats.names import SUBJECT_NAMES
from eegcli.settings.importing import shape_of

_BLOCK_BYTES = 8 << 20  # of rows, looked at at once
MIN_ROWS, MAX_WHOLE = 8, 8  # in fewer rows, fractions are whole by chance; more columns of whole numbers are no oversight


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


def cut_rows(contents: Contents, trial: str, name: str, asked: Collection[str] = ()) -> Contents:
    """Cut a table with a row per sample into its trials: rows of one number that follow each other.

    Columns of numbers that rise from each row to the next are time; those that stay the same within every trial are labels: the condition
    as a number, an age. As a channel, a label would be learnt from itself. Electrodes, and those in `asked`, are channels all the same.

    Raises
    ------
    InputError
        If trials are not equally long, rows of one are apart, a label changes inside one, or no column is a channel.
    """
    if trial not in contents.variables:
        raise InputError(f"{name}: no column {trial}", hint=f"There are: {', '.join(contents.variables)}.")
    rows = contents.variables[contents.array]
    numbers = _row_of_values(contents.variables[trial])
    assert isinstance(rows, Mapped)
    if numbers is None or len(numbers) != rows.shape[0]:
        raise InputError(f"{name}: the column {trial} has no number for each row")
    # Numbers of trials may begin again with each person, session and run.
    keys = [trial, *(key for key in contents.variables if key != trial and key.lower() in (*SUBJECT_NAMES, "session", "run"))]
    change = np.zeros(len(numbers) - 1, dtype=bool)
    for key in keys:
        values = _row_of_values(contents.variables[key])
        assert values is not None
        change |= values[1:] != values[:-1]
    begins = np.concatenate([[0], np.flatnonzero(change) + 1])
    lengths = np.diff([*begins, len(numbers)])
    names = [" of ".join(parts) for parts in zip(*(_names_at(contents.variables[key], begins) for key in keys), strict=True)]
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
    cut = Mapped(rows.array.reshape(len(begins), int(lengths[0]), -1), rows.release)
    names_kept = {*asked, *(name for name, is_one in zip(contents.ch_names, are_electrodes(contents.ch_names), strict=True) if is_one)}
    clocks, constants = ([number for number in found if contents.ch_names[number] not in names_kept] for found in _no_signals(cut))
    if len(clocks) + len(constants) == len(contents.ch_names):
        raise InputError(f"{name}: no column is a channel ({listed(contents.ch_names)})", hint="--channels names columns that are.")
    variables |= {contents.ch_names[number]: Mapped(cut.array[:, 0, number].copy()) for number in constants}
    variables[contents.array] = cut
    left = {"rises from row to row, and is time": clocks, "stays the same within every trial, and is a label": constants}
    remarks = tuple(
        f"no channel: {contents.ch_names[number]} {why}; --channels names the columns that are"
        for why, found in left.items()
        for number in found
    )
    return replace(
        contents,
        variables=variables,
        axes=(TRIALS, SAMPLES, CHANNELS),
        rows=False,
        no_channels=tuple(contents.ch_names[number] for number in (*clocks, *constants)),
        remarks=(*contents.remarks, *remarks),
    )


def whole_columns(contents: Contents) -> list[str]:
    """Columns of whole numbers among many of fractions, in a table with a row per trial: classes look so, and samples do not."""
    rows = contents.variables[contents.array]
    assert isinstance(rows, Mapped)
    whole, first, varying = np.ones(rows.shape[1], dtype=bool), rows.array[0].copy(), np.zeros(rows.shape[1], dtype=bool)
    step = max(_BLOCK_BYTES // max(first.nbytes, 1), 1)
    for start in range(0, len(rows.array), step):
        block = rows.array[start : start + step]
        whole &= (block == np.round(block)).all(axis=0)
        varying |= (block != first).any(axis=0)
        rows.release()
    found = np.flatnonzero(whole & varying)
    few = len(rows.array) >= MIN_ROWS and len(found) <= MAX_WHOLE and (~whole).sum() >= MIN_SAMPLES
    return [contents.ch_names[number] for number in found] if few else []


def _no_signals(cut: Mapped) -> tuple[list[int], list[int]]:
    """Columns that rise from each sample to the next in every trial, and columns that are constant in each."""
    trials = cut.array
    first = trials[0]
    if len(first) < MIN_SAMPLES:
        return [], []
    rising = np.flatnonzero((np.diff(first, axis=0) > 0).all(axis=0))
    constant = np.flatnonzero((first == first[0]).all(axis=0))
    step = max(_BLOCK_BYTES // max(first.nbytes, 1), 1)
    for start in range(0, len(trials), step):
        block = trials[start : start + step]
        rising = rising[(np.diff(block[..., rising], axis=1) > 0).all(axis=(0, 1))]
        constant = constant[(block[..., constant] == block[:, :1, constant]).all(axis=(0, 1))]
        cut.release()
        if not len(rising) + len(constant):
            break
    return rising.tolist(), constant.tolist()


def _names_at(value: Variable, rows: np.ndarray) -> list[str]:
    """Values of a column at some rows, for messages."""
    values = _row_of_values(value)
    assert values is not None
    return [_shown(one) for one in (value.of(values[rows]) if isinstance(value, Words) else values[rows].tolist())]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
