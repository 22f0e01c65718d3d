"""Target: a class or a number for each window, read from a column of the windows' table."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import InputError, UsageError, listed
from eegcli.files.tsv import number
from eegcli.settings import TrainSettings
from eegcli.study.events import number_name
from eegcli.study.groups import SUBJECT, constant_group, number_groups
from eegcli.study.permutations import Permutations

Kind = Literal["classification", "regression"]

LOW_HIGH = ("low", "high")
MISSING = {"", "n/a", "nan"}  # of text, in any case; BIDS writes n/a
MAX_CLASSES_OF_A_NUMBER = 20  # more distinct values than this were measured, not assigned
_SHOWN = 20  # values in a message


@dataclass(frozen=True)
class Target:
    """Target: the label or value of each window.

    Attributes
    ----------
    column : str
        Column of the windows' table.
    kind : {"classification", "regression"}
        Kind of target.
    classes : tuple of str
        In the order of the network's outputs, the first winning ties; empty for a regression.
    values : ndarray of float64, shape (n_windows,)
        Index of the class, or the number; NaN for unlabelled windows.
    n_missing : int
        Windows whose row has no value, or an infinite one.
    n_other : int
        Windows whose value is none of `classes`.
    """

    column: str
    kind: Kind
    classes: tuple[str, ...]
    values: NDArray[np.float64]
    n_missing: int
    n_other: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """Mark the labelled windows, shape (n_windows,)."""
        return ~np.isnan(self.values)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Windows of each class, shape (n_classes,)."""
        return np.bincount(self.values[self.known].astype(np.int64), minlength=len(self.classes))

    def names(self, values: NDArray[np.float64]) -> np.ndarray:
        """Labels as a table holds them: names of classes (None where missing), or the numbers themselves."""
        if self.kind == "regression":
            return values
        result = np.full(len(values), None, dtype=object)
        result[:] = [None if np.isnan(value) else self.classes[int(value)] for value in values]
        return result


def target_of(table: Mapping[str, np.ndarray], settings: TrainSettings) -> Target:
    """The target that `train` was told to learn, shuffled where its settings say so.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        Table of the windows that are trained on.
    settings : TrainSettings
        Settings of the command, or of a run.
    """
    target = read_target(table, settings.target, kind=settings.kind, classes=settings.classes, threshold=settings.threshold)
    if settings.shuffle_labels is None:
        return target
    return shuffled(target, table, settings.shuffle_labels, within=settings.shuffle_within)


def read_target(
    table: Mapping[str, np.ndarray],
    column: str,
    *,
    kind: Kind | None = None,
    classes: Sequence[str] = (),
    threshold: str | None = None,
) -> Target:
    """Read the label or value of each window.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    column : str
        A column of it.
    kind : {"classification", "regression"}, optional
        By default text, truth values and numbers of which there are only two are classes, other numbers are numbers. An infinite number is
        missing, as NaN is.
    classes : sequence of str
        Names in the order of the outputs; by default all there are, sorted. Other values count as left out.
    threshold : str, optional
        ``COLUMN=VALUE``: the classes ``low`` and ``high`` of that column, high from the value on.

    Raises
    ------
    UsageError
        If the settings contradict each other.
    InputError
        If there is no such column, or its type does not allow what is asked.
    """
    if threshold is not None:
        return _above(table, column, kind, classes, threshold)
    values = _column(table, column)
    missing = _missing(values)
    if (kind or _natural_kind(values, missing, classes)) == "regression":
        if classes:
            raise UsageError("--classes names classes, but --kind regression has none")
        if values.dtype.kind in "Ob":
            raise InputError(
                f"column {column!r} is not a number, so that no regression can be made of it{(culprits := _culprits(values, missing))}",
                hint="Mend these cells of the table that the column comes from (a missing value is n/a), or give the column anew with --labels."
                if culprits
                else "Use --kind classification.",
            )
        numbers = np.where(missing, np.nan, values.astype(np.float64))
        return Target(column, "regression", (), numbers, int(missing.sum()), 0)
    return _classes(column, _as_text(column, values, missing, limit=not classes), missing, tuple(classes))


def shuffled(target: Target, table: Mapping[str, np.ndarray], seed: int, *, within: Literal["cohort", "subject"] = "cohort") -> Target:
    """Permute the labels over groups within which they do not change: a control, in which nothing can be learnt.

    Parameters
    ----------
    target : Target
        Target of the windows of `table`.
    table : mapping of str to ndarray, shape (n_windows,)
        The windows' table.
    seed : int
        Seed of the permutation, which does not depend on the order of the rows.
    within : {"cohort", "subject"}
        Whose labels are exchanged: those of all groups, or those of a subject among each other where they vary within subjects.

    Notes
    -----
    Windows of one subject keep one label, so that a network may still learn to know the subjects it was trained on.
    """
    known = np.flatnonzero(target.known)
    rows = {name: values[known] for name, values in table.items()}
    labels = target.values[known]
    columns = constant_group(labels, rows, target.column) or ("content_hash",)
    unit = number_groups(rows, columns)
    first = np.unique(unit, return_index=True)[1]
    values = target.values.copy()
    if within == "subject" and columns != SUBJECT:
        block = number_groups(rows, SUBJECT)[first]
        values[known] = next(iter(Permutations(labels[first], block, 1, seed)))[0][unit]
    else:
        values[known] = np.random.default_rng(seed).permutation(labels[first])[unit]
    return replace(target, values=values)


def _column(table: Mapping[str, np.ndarray], column: str) -> np.ndarray:
    if column not in table:
        near = difflib.get_close_matches(column, table, n=1)
        raise InputError(
            f"the windows have no column named {column!r}",
            hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(table))}.",
        )
    return table[column]


def _missing(values: np.ndarray) -> NDArray[np.bool_]:
    if values.dtype.kind == "O":
        return np.array([value is None or str(value).strip().lower() in MISSING for value in values], dtype=bool)
    # Infinity comes of a division by zero or a logarithm: nobody measured it, and no loss or mean survives it.
    return ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)


def _natural_kind(values: np.ndarray, missing: NDArray[np.bool_], classes: Sequence[str]) -> Kind:
    if values.dtype.kind in "Ob" or classes or len(np.unique(values[~missing])) == 2:
        return "classification"
    return "regression"


def _as_text(column: str, values: np.ndarray, missing: NDArray[np.bool_], *, limit: bool) -> list[str]:
    if values.dtype.kind in "fiu":
        n_distinct = len(np.unique(values[~missing]))
        if limit and n_distinct > MAX_CLASSES_OF_A_NUMBER:
            raise InputError(
                f"column {column!r} holds {n_distinct} different numbers, too many to be classes",
                hint=f"Make two classes of it with --threshold {column}=VALUE, or use --kind regression.",
            )
        return [number_name(float(value)) for value in values]
    return [str(value).strip() for value in values]


def _classes(column: str, texts: list[str], missing: NDArray[np.bool_], classes: tuple[str, ...]) -> Target:
    if len(set(classes)) < len(classes):
        raise UsageError(f"--classes names a class twice: {', '.join(classes)}")
    present = sorted({text for text, absent in zip(texts, missing, strict=True) if not absent})
    if classes and present and not set(classes) & set(present):
        raise InputError(f"no window has {column} {' or '.join(classes)}", hint=classes_hint(present))
    names = classes or tuple(present)
    index = {name: float(i) for i, name in enumerate(names)}
    values = np.array(
        [np.nan if absent else index.get(text, np.nan) for text, absent in zip(texts, missing, strict=True)], dtype=np.float64
    )
    n_missing = int(missing.sum())
    return Target(column, "classification", names, values, n_missing, int(np.isnan(values).sum()) - n_missing)


def classes_hint(present: Sequence[str]) -> str:
    """Hint of an error about classes that no window has: those there are, and how to name them."""
    quoted = ",".join(f'"{name}"' if "," in name else name for name in present[:_SHOWN])
    return f"There are: {listed(present, _SHOWN, count=True)}. Name them with --classes, which goes before a recipe's" + (
        f"; one with a comma stands in double quotes: --classes '{quoted}'." if any("," in name for name in present) else "."
    )


def names_in(table: Mapping[str, np.ndarray], column: str) -> list[str]:
    """Names of the classes that the windows of a table may have by a column, sorted."""
    values = _column(table, column)
    missing = _missing(values)
    texts = _as_text(column, values, missing, limit=False)
    return sorted({text for text, absent in zip(texts, missing, strict=True) if not absent})


def _culprits(values: np.ndarray, missing: NDArray[np.bool_]) -> str:
    """Cells that make a column of numbers text, where most are numbers."""
    texts = [str(value) for value, absent in zip(values, missing, strict=True) if not absent]
    wrong = sorted({text for text in texts if number(text) is None})
    if 2 * sum(text in set(wrong) for text in texts) >= len(texts):
        return ""
    return f": {listed([repr(text) for text in wrong], 5, count=True)} {'is none' if len(wrong) == 1 else 'are none'}"


def _above(table: Mapping[str, np.ndarray], target: str, kind: Kind | None, classes: Sequence[str], threshold: str) -> Target:
    column, separator, text = threshold.rpartition("=")
    try:
        bound = float(text)
    except ValueError:
        separator = ""
    if not separator or not np.isfinite(bound):
        raise UsageError(f"--threshold is COLUMN=VALUE, such as ehq_total=0, not {threshold!r}")
    if column != target:
        raise UsageError(f"--threshold is about {column!r}, but --target is {target!r}", hint=f"Use --target {column}.")
    if kind == "regression":
        raise UsageError("--threshold makes classes, but --kind regression has none")
    if classes and set(classes) != set(LOW_HIGH):
        raise UsageError(f"--threshold makes the classes low and high, not {', '.join(classes)}")
    values = _column(table, column)
    if values.dtype.kind not in "fiu":
        raise InputError(f"column {column!r} is not a number, so that it has no threshold{_culprits(values, _missing(values))}")
    names = [LOW_HIGH[int(value >= bound)] for value in values]
    return _classes(column, names, _missing(values), tuple(classes) or LOW_HIGH)
