"""Trials of one file: the array that holds them, and the columns that say what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from eegcli.artifacts.table import Table, column
from eegcli.errors import InputError, listed
from eegcli.files.column import read_column
from eegcli.files.tsv import read_sheet
from eegcli.importing.axes import Axes, Known
from eegcli.importing.files import ArrayFile
from eegcli.importing.formats import open_arrays
from eegcli.importing.formats.contents import CHANNELS, DROPPED, SAMPLES, TRIALS, Cell, Contents, Mapped, Refused, Stored, Variable, Words
from eegcli.importing.formats.mat73 import OfHdf5
from eegcli.importing.formats.names import CHANNEL_NAMES, LABEL_NAMES, RATE_NAMES, SUBJECT_NAMES, TRIAL_NAMES
from eegcli.importing.labels import (
    ENTITIES,
    SPLIT,
    as_labels,
    columns_of,
    further_variables,
    label_variables,
    lengths_of,
    name_columns,
    only_value,
)
from eegcli.importing.records import cut_rows, reshaped, whole_columns
from eegcli.settings import ImportSettings
from eegcli.study.labels import PREFIXES

_SHEETS = (".csv", ".tsv", ".txt")
BLOCK_BYTES = 8 << 20  # of the array, read at once


@dataclass(frozen=True)
class Trials:
    """Trials of a file, before they are read.

    Attributes
    ----------
    file : ArrayFile
    key : str
        Variable that holds them.
    stored : Stored
    contents : Contents
    labels : dict of str to Variable
        Variables of this file, or of the one beside it, that are labels.
    """

    file: ArrayFile
    key: str
    stored: Stored
    contents: Contents
    labels: dict[str, Variable]

    @property
    def where(self) -> str:
        """Name of the array, for messages."""
        return f"{self.file.path.name} ({self.key})" if self.key != self.file.path.stem else self.file.path.name

    def known(self, channels: Sequence[str], samples: int | None) -> Known:
        """Sizes that are known of this array."""
        shape = set(self.stored.shape)
        lengths = [found for value in self.labels.values() if (found := lengths_of(value) & shape)]
        lengths += [{len(values)} for values in self.contents.labels.values()]
        if not lengths and self.labels:
            lengths = [set().union(*map(lengths_of, self.labels.values()))]
        if not lengths and not self.labels:
            lengths = [{len(values)} for values in self._repeating() if len(values) in shape]
            lengths = lengths if len({next(iter(found)) for found in lengths}) == 1 else []
        trials = frozenset(set.intersection(*lengths)) if lengths else frozenset[int]()
        return Known(trials, len(channels) or None, samples)

    def _repeating(self) -> Iterator[list[object]]:
        """Columns of any name in which values repeat: labels do, while times, names of channels and numbers of trials do not."""
        for key, value in self.contents.variables.items():
            last = key.rpartition(".")[2].lower()
            if key == self.key or last in (*CHANNEL_NAMES, *RATE_NAMES) or isinstance(value, (str, Cell, Refused)):
                continue
            if isinstance(value, Words):
                flat: list[object] = value.codes.array.tolist() if len(value.words) < 1000 else []
            else:
                flat = (
                    value if isinstance(value, list) else value.take(0, 0, value.shape[0]).reshape(-1).tolist() if _is_column(value) else []
                )
            if 1 < len(set(map(str, flat))) < len(flat):
                yield flat

    def _subject(self, settings: ImportSettings) -> str | None:
        """Subject of all trials, where one variable or the format says it."""
        known = (*SUBJECT_NAMES, settings.subjects_key)
        said = {
            text
            for key, value in self.contents.variables.items()
            if (key == settings.subjects_key or key.rpartition(".")[2].lower() in known) and (text := only_value(value)) is not None
        }
        if len(said) > 1:
            raise InputError(f"{self.where}: two subjects are named ({', '.join(sorted(said))})", hint="--subjects-key names the variable.")
        return said.pop() if said else self.contents.subject

    def _refuse_unread_people(self) -> None:
        """Refuse a variable that says whose the trials are and cannot be read: without it, people would be on both sides of a split."""
        for key, value in self.contents.variables.items():
            if isinstance(value, Refused) and key.rpartition(".")[2].lower() in SUBJECT_NAMES:
                raise InputError(
                    f"{self.where}: {key} holds {value.what}: nobody can tell whose trials these are",
                    hint="Save it as texts or numbers; or --subjects-key, --label-columns or --pattern says it.",
                )

    def sizes(self, axes: Axes) -> tuple[int, int, int]:
        """Trials, channels, samples."""
        sizes = dict(zip(axes, self.stored.shape, strict=True))
        return sizes[TRIALS], sizes.get(CHANNELS, 1), sizes[SAMPLES]

    def blocks(self, axes: Axes, rows: np.ndarray | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Trials (n, n_channels, n_samples) as they are stored, so many at a time, each with the number of its first.

        `rows` are the only ones wanted, one at a time.
        """
        n, channels, samples = self.sizes(axes)
        axis, order = axes.index(TRIALS), _order(axes)
        step = 1 if rows is not None else max(BLOCK_BYTES // max(channels * samples * self.stored.dtype.itemsize, 1), 1)
        if axis and rows is None and isinstance(self.stored, Mapped) and np.argmax(self.stored.array.strides) != axis:
            step *= 4  # a stretch of a fast axis touches every page of the file
        for start in range(0, n, step) if rows is None else rows.tolist():
            block = self.stored.take(axis, start, min(start + step, n))
            dropped = tuple(index for index, name in enumerate(axes) if name == DROPPED)
            block = np.squeeze(block, axis=dropped) if dropped else block
            if CHANNELS not in axes:
                block = block[..., np.newaxis]
            yield start, block.transpose(order)

    def table(self, n: int, settings: ImportSettings) -> Table:
        """Columns of the trials: labels, and subject, session, task, run and split as far as anything says them.

        Raises
        ------
        InputError
            If labels are of another length, no labels at all, or the name of the file says something else than they do.
        """
        where = self.where
        beside = self.file.labels.name if self.file.labels else where
        variables = {key: value for key, value in self.labels.items() if _is_wanted(key, value, n, settings)}
        if self.file.labels is None and not settings.labels_key:
            variables |= further_variables(self.contents, variables, self.key, n)
        subjects = settings.subjects_key
        if subjects is not None and subjects not in variables:
            if subjects not in self.contents.variables:
                raise InputError(f"{where}: no variable {subjects}", hint=f"There are: {', '.join(self.contents.variables)}.")
            variables[subjects] = self.contents.variables[subjects]
        own = {key: variables.pop(key) for key in [subjects] if key is not None}
        found = name_columns([(key, columns_of(key, value, n, beside)) for key, value in variables.items()], settings.label_columns, beside)
        found = {name: values for name, values in self.contents.labels.items() if name not in found} | found
        for key, value in own.items():
            if only_value(value) is None or n == 1:
                found["subject"] = columns_of(key, value, n, beside)[0]
        if settings.label_offset:
            found = _offset(found, settings.label_offset, where)
        stated = {name: column([text] * n) for name, text in self.file.says.items()}
        if "subject" not in {**found, **stated} and (subject := self._subject(settings)) is not None:
            stated["subject"] = column([subject.removeprefix(PREFIXES["subject"])] * n)
        if "subject" not in {**found, **stated}:
            self._refuse_unread_people()
        for name in (*ENTITIES, SPLIT):
            if name in found:
                found[name] = as_labels(name, found[name], beside)
                if name in stated and not np.array_equal(found[name], stated[name]):
                    raise InputError(f"{where}: its name says {name} {self.file.says.get(name)}, its labels say {found[name][0]}")
        return {**stated, **found}


def _is_column(value: Stored) -> bool:
    return sum(size > 1 for size in value.shape) == 1


def _order(axes: Axes) -> tuple[int, int, int]:
    left = [name for name in axes if name != DROPPED]
    left += [CHANNELS] * (CHANNELS not in left)
    return left.index(TRIALS), left.index(CHANNELS), left.index(SAMPLES)


def _is_wanted(key: str, value: Variable, n: int, settings: ImportSettings) -> bool:
    return key in settings.labels_key or n in lengths_of(value) or isinstance(value, Refused) or bool(lengths_of(value))


def _offset(found: Table, offset: int, where: str) -> Table:
    numbers = [name for name, values in found.items() if values.dtype.kind == "i" and name not in (*ENTITIES, SPLIT)]
    if len(numbers) != 1:
        raise InputError(
            f"{where}: --label-offset is for one column of whole numbers; there are {len(numbers)} ({', '.join(numbers) or 'none'})",
            hint="Name the one with --labels-key.",
        )
    return {**found, numbers[0]: found[numbers[0]] + offset}


def open_trials(file: ArrayFile, settings: ImportSettings, stack: ExitStack) -> Trials:
    """Open a file of trials, and that of their labels.

    Raises
    ------
    InputError
        If no variable can hold trials, or several can: they are named.
    """
    wanted = [
        *settings.labels_key,
        *([settings.subjects_key] if settings.subjects_key else []),
        *([settings.trial_key] if settings.trial_key else []),
    ]
    contents = open_arrays(file.path, stack, labels=wanted, trial_a_row=settings.trial_key is None and settings.reshape is None)
    name = file.path.name
    if contents.rows:
        contents = _of_table(contents, settings, name)
    key = _array_of(contents, settings.array, name, reshape=settings.reshape is not None)
    stored = contents.variables[key]
    assert not isinstance(stored, (str, list, Cell, Words, Refused))
    if stored.dtype.kind not in "iuf":
        kinds = {"c": "complex numbers", "b": "truth values", "U": "texts", "S": "texts"}
        raise InputError(f"{name} ({key}): holds {kinds.get(stored.dtype.kind, stored.dtype)}, no signal", hint="Real numbers are needed.")
    labels = label_variables(contents, key, settings.labels_key, name) if file.labels is None else _labels_beside(file, settings, stack)
    if settings.reshape is not None:
        stored, labels = reshaped(stored, labels, settings.reshape, name)
    return Trials(file, key, stored, contents, labels)


def _of_table(contents: Contents, settings: ImportSettings, name: str) -> Contents:
    """Table with a row per sample, cut into its trials; one with a row per trial stays as it is."""
    trial = settings.trial_key or next((key for key in contents.variables if key.lower() in TRIAL_NAMES), None)
    if trial is None or settings.reshape is not None:
        one_a_row = len(contents.ch_names) > 1 or settings.reshape is not None
        whole = whole_columns(contents) if settings.reshape is None else []
        doubts = tuple(
            f"{key} holds whole numbers alone, and is a sample among fractions: --labels-key {key} makes it a label" for key in whole
        )
        # Columns of a row per trial are its samples, not channels.
        return replace(contents, ch_names=() if one_a_row else contents.ch_names, doubts=doubts)
    return cut_rows(contents, trial, name, settings.channels)


def _array_of(contents: Contents, key: str | None, name: str, *, reshape: bool) -> str:
    variables = contents.variables
    if key is not None:
        if key not in variables:
            raise InputError(f"{name}: no variable {key}", hint=f"There are: {', '.join(variables)}.")
        value = variables[key]
        if isinstance(value, Refused):
            raise InputError(f"{name}: {key} holds {value.what}", hint="An array of real numbers is needed.")
        if not isinstance(value, (Mapped, OfHdf5)) and not hasattr(value, "take"):
            raise InputError(f"{name}: {key} is no array of numbers")
        return key
    if contents.array:
        return contents.array
    last = {key: key.rpartition(".")[2].lower() for key in variables}
    known = (*LABEL_NAMES, *CHANNEL_NAMES, *RATE_NAMES)
    arrays = {key: value for key, value in variables.items() if hasattr(value, "take") and last[key] not in known}
    dimensions = {key: sum(size > 1 for size in value.shape) for key, value in arrays.items()}  # type: ignore[union-attr]
    least = 1 if reshape else 2
    most = max(dimensions.values(), default=0)
    fitting = [key for key, n in dimensions.items() if n == most and n >= least]
    if len(fitting) == 1:
        return fitting[0]
    shapes = ", ".join(f"{key} ({' x '.join(map(str, getattr(variables[key], 'shape', ())))})" for key in (fitting or arrays))
    refused = ", ".join(f"{key} holds {value.what}" for key, value in variables.items() if isinstance(value, Refused))
    if not fitting:
        found = "; ".join(text for text in (shapes, refused) if text) or ", ".join(variables) or "nothing"
        raise InputError(f"{name}: no array of trials in it (found: {found})", hint="An array of trials, channels and samples is needed.")
    raise InputError(f"{name}: {len(fitting)} arrays may hold the trials: {shapes}", hint=f"Name one with --array {fitting[0]}.")


def _labels_beside(file: ArrayFile, settings: ImportSettings, stack: ExitStack) -> dict[str, Variable]:
    assert file.labels is not None
    path = file.labels
    if path.suffix.lower() in _SHEETS:
        sheet = read_sheet(path)
        if all(_is_number(name) for name in sheet.columns):  # the first label, taken for a name
            raise InputError(
                f"{path}: its first row holds no names, but {listed(sheet.columns)}",
                hint="Write the names of the columns in its first row.",
            )
        names = settings.labels_key or sheet.columns
        if missing := [name for name in names if name not in sheet.columns]:
            raise InputError(f"{path}: no column {missing[0]}", hint=f"There are: {', '.join(sheet.columns)}.")
        return {name: _cells(list(read_column(sheet.column(name), sheet.lines).values)) for name in names}
    contents = open_arrays(path, stack)
    if settings.labels_key:
        return label_variables(contents, "", settings.labels_key, path.name)
    if not contents.variables:
        raise InputError(f"{path}: no labels in it")
    return dict(contents.variables)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cells(values: list[object]) -> Variable:
    """Column of a table of text: numbers as an array."""
    if values and all(isinstance(value, (int, float)) or value is None for value in values) and any(value is not None for value in values):
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return Mapped(numbers.astype(np.int64) if all(isinstance(value, int) for value in values) else numbers)
    return values
