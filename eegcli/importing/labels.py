"""Labels of trials: columns of the windows' table, made of arrays, cells, texts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eegcli.artifacts.table import Table, column
from eegcli.errors import InputError, counted, listed
from eegcli.importing.formats.contents import Cell, Contents, Mapped, Refused, Variable, Words
from eegcli.importing.formats.mat73 import OfHdf5
from eegcli.importing.formats.names import CHANNEL_NAMES, LABEL_NAMES, RATE_NAMES, SUBJECT_NAMES
from eegcli.study.events import number_name
from eegcli.study.labels import PREFIXES, RESERVED
from eegcli.study.sets import SET_WORDS, SETS

MAX_COLUMNS = 64  # of a matrix of labels; what is wider is another array
ENTITIES = ("subject", "session", "task", "run")
SPLIT = "split"
_OURS = {**dict.fromkeys(SUBJECT_NAMES, "subject"), "session_id": "session", "set": SPLIT, **{name: name for name in (*ENTITIES, SPLIT)}}


def label_variables(contents: Contents, array: str, keys: Sequence[str], name: str) -> dict[str, Variable]:
    """Variables that are labels: those that are named, else those of known names, else none.

    Raises
    ------
    InputError
        If there is no such variable.
    """
    others = {key: value for key, value in contents.variables.items() if key != array}
    if missing := [key for key in keys if key not in others]:
        raise InputError(f"{name}: no variable {missing[0]} beside {array}", hint=f"There are: {', '.join(others) or 'none'}.")
    if keys:
        return {key: others[key] for key in keys}
    return {key: value for key, value in others.items() if _last(key) in LABEL_NAMES}


def further_variables(contents: Contents, known: Mapping[str, object], array: str, n: int) -> dict[str, Variable]:
    """Variables that have a value for each trial, beside those that are labels already."""
    ours = (*CHANNEL_NAMES, *RATE_NAMES)
    return {
        key: value
        for key, value in contents.variables.items()
        if key != array and key not in known and _last(key) not in ours and n in lengths_of(value) and _n_columns(value, n) <= MAX_COLUMNS
    }


def _n_columns(value: Variable, n: int) -> int:
    """Number of values that a variable has for each of `n` trials."""
    sizes = list(_shape(value))
    if n in sizes:
        sizes.remove(n)
    return int(np.prod(sizes)) if sizes else 1


def lengths_of(value: Variable) -> set[int]:
    """Numbers of trials that a variable may have labels for: each of its axes."""
    shape = _shape(value)
    longer = [size for size in shape if size > 1]
    return set(longer[:2]) if len(longer) <= 2 else set()


def _shape(value: Variable) -> tuple[int, ...]:
    if isinstance(value, (Mapped, OfHdf5, Cell, Words)):
        return tuple(value.shape)
    return (len(value),) if isinstance(value, list) else ()


def _last(key: str) -> str:
    return key.rpartition(".")[2].lower()


def columns_of(key: str, value: Variable, n: int, name: str) -> list[np.ndarray]:
    """Columns of a variable, a value for each of n trials: numbers, truth, or text; classes of a one-hot matrix are one column.

    Raises
    ------
    InputError
        If it holds something else, or is of another length.
    """
    if isinstance(value, Refused):
        raise InputError(
            f"{name}: {key} holds {value.what}", hint="Labels are numbers or texts: save them as such; --labels-key names others."
        )
    if isinstance(value, str) or not _shape(value):
        raise InputError(f"{name}: {key} is no labels of {counted(n, 'trial')}")
    if isinstance(value, (Cell, Words, list)):
        items = value if isinstance(value, list) else value.values
        matrix = np.array([_plain(item, key, name) for item in items] or [None], dtype=object)[: len(items)]
        matrix = matrix.reshape(value.shape if isinstance(value, Cell) else (-1,), order="F")
    else:
        whole = value.take(0, 0, value.shape[0])
        if whole.dtype.kind not in "biufSU":
            raise InputError(
                f"{name}: {key} holds values of the type {whole.dtype}",
                hint="Labels are numbers or texts; --labels-key names the variables that are labels.",
            )
        matrix = whole
    matrix = np.squeeze(matrix) if matrix.size > 1 else matrix.reshape(-1)
    if matrix.ndim == 2 and matrix.shape[0] != n and matrix.shape[1] == n:
        matrix = matrix.T
    if matrix.ndim > 2 or len(matrix) != n:
        raise InputError(
            f"{name}: {key} has {' x '.join(map(str, matrix.shape))} labels for {counted(n, 'trial')}",
            hint="Name the right variable with --labels-key.",
        )
    if matrix.ndim == 2 and _is_one_hot(matrix):
        return [np.argmax(matrix, axis=1).astype(np.int64)]
    return [_typed(part) for part in ([matrix] if matrix.ndim == 1 else matrix.T)]


def only_value(value: Variable) -> str | None:
    """Text of a variable that holds one number or one text: what it says, it says of all trials."""
    if isinstance(value, (Mapped, OfHdf5)):
        whole = (value.array if isinstance(value, Mapped) else value.take(0, 0, 1)) if int(np.prod(value.shape)) == 1 else np.zeros(0)
        items = np.ravel(whole).tolist()
    else:
        items = [value] if isinstance(value, str) else value if isinstance(value, list) else value.values if isinstance(value, Cell) else []
    item = items[0] if len(items) == 1 else None
    text = item.decode("utf-8", "replace") if isinstance(item, bytes) else number_name(item) if isinstance(item, float) else item
    return str(text).strip() or None if isinstance(text, (str, int)) else None


def _plain(item: Any, key: str, name: str) -> Any:
    """Item of a cell: one number or text."""
    if item is None or isinstance(item, (str, bool, int, float)):
        return item
    if isinstance(item, (Mapped, OfHdf5)) and int(np.prod(item.shape)) <= 1:
        return np.ravel(item.take(0, 0, 1))[0].item() if np.prod(item.shape) else None
    what = item.what if isinstance(item, Refused) else "more than one value in an item"
    raise InputError(f"{name}: {key} holds {what}", hint="A label is one number or text; --labels-key names the variables that are labels.")


def _is_one_hot(matrix: np.ndarray) -> bool:
    return matrix.dtype.kind in "biuf" and matrix.shape[1] > 1 and bool(np.isin(matrix, (0, 1)).all() and (matrix.sum(axis=1) == 1).all())


def _typed(values: np.ndarray) -> np.ndarray:
    """Column as tables know it: whole numbers as such, text as text."""
    if values.dtype.kind == "S":
        return column(value.decode("utf-8", "replace").strip() for value in values.tolist())
    if values.dtype.kind == "U":
        return column(str(value).strip() for value in values.tolist())
    if values.dtype.kind == "b":
        return values.astype(bool)
    if values.dtype.kind in "iu":
        if values.size and int(values.max()) > np.iinfo(np.int64).max:  # identifiers, which would become other numbers
            return column(str(value) for value in values.tolist())
        return values.astype(np.int64)
    made = values.astype(np.float64) if values.dtype.kind == "f" else column(value if value != "" else None for value in values.tolist())
    return (
        made.astype(np.int64)
        if made.dtype.kind == "f" and made.size and bool((made == np.round(made)).all()) and np.abs(made).max() < 2**53
        else made
    )


def name_columns(found: Sequence[tuple[str, list[np.ndarray]]], names: Sequence[str], where: str) -> Table:
    """Columns by their names: those that are given, else those of their variables, numbered where one has several.

    Raises
    ------
    InputError
        If there are more or fewer names than columns, or two columns of a name.
    """
    flat = [(key if len(parts) == 1 else f"{key}_{number}", part) for key, parts in found for number, part in enumerate(parts, start=1)]
    if names and len(names) != len(flat):
        raise InputError(
            f"{where}: {counted(len(flat), 'column')} of labels ({listed((key for key, _ in flat), 8)}), but {len(names)} --label-columns ({', '.join(names)})"
        )
    result: Table = {}
    for (key, values), given in zip(flat, names or [_last(key) if "." in key else key for key, _ in flat], strict=True):
        name = own_name(given)
        if name in result:
            raise InputError(f"{where}: two columns of labels are called {name} ({key} is one)", hint="Name them with --label-columns.")
        result[name] = values
    return result


def own_name(given: str) -> str:
    """Name that a column has in the windows: of what windows call something else, one of its own."""
    name = _OURS.get(given.lower(), given)
    return f"label_{name}" if name in RESERVED and name not in ENTITIES else name


def as_labels(name: str, values: np.ndarray, where: str) -> np.ndarray:
    """Texts of a column that windows have: subject, session, task, run as BIDS labels, split as train, validation or test.

    Raises
    ------
    InputError
        If one is missing, or is no set.
    """
    texts = [None if value is None or value != value else str(value).strip() for value in values.tolist()]
    if values.dtype.kind == "f":
        texts = [number_name(value) if value == value else None for value in values.tolist()]
    if name == SPLIT:
        unknown = [text for text in texts if text is None or text.lower() not in SET_WORDS]
        if unknown:
            raise InputError(f"{where}: the column split says {unknown[0]!r}, which is none of train, validation, test")
        return column(SETS[SET_WORDS[str(text).lower()]] for text in texts)
    if name == "subject" and (missing := [row for row, text in enumerate(texts) if not text]):
        raise InputError(
            f"{where}: {len(missing)} of {counted(len(texts), 'trial')} have no subject (the first is number {missing[0] + 1})"
        )
    return column(None if text is None else text.removeprefix(PREFIXES[name]) for text in texts)
