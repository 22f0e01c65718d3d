"""What must not have happened: a participant, or a window, on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table, take
from eegcli.errors import InputError
from eegcli.study.groups import SUBJECT, number_units

Ints = NDArray[np.int64]
_SHOWN = 5  # names in a message


@dataclass(frozen=True)
class LeakCheck:
    """One thing that was looked for.

    Attributes
    ----------
    name : str
        What was looked for.
    passed : bool or None
        None where it could not be looked for.
    value : int or None
        How many were found.
    found : tuple of str
        Names of the first few, for the message.
    hint : str
        What to do where it did not pass.
    """

    name: str
    passed: bool | None
    value: int | None
    found: tuple[str, ...] = ()
    hint: str = ""

    def data(self) -> dict[str, Any]:
        """What metrics.json says."""
        return {key: value for key, value in asdict(self).items() if key in ("name", "passed", "value")}


def crossing(key: Ints, split: Ints) -> Ints:
    """Which of the things numbered by `key` stand in more than one split.

    Parameters
    ----------
    key : ndarray of int, shape (n_windows,)
        Numbered subjects, or numbered contents.
    split : ndarray of int, shape (n_windows,)
        Number of the split; -1 for windows that are in none.

    Returns
    -------
    ndarray of int
        Sorted.
    """
    key, split = key[split >= 0], split[split >= 0]
    numbers, member = np.unique(key, return_inverse=True)
    low = np.full(len(numbers), np.iinfo(np.int64).max)
    high = np.full(len(numbers), -1)
    np.minimum.at(low, member, split)
    np.maximum.at(high, member, split)
    return np.asarray(numbers[low != high])


def check_splits(splits: Table, table: Table, splits_of_folds: Sequence[Ints]) -> list[LeakCheck]:
    """Look for subjects, and for identical windows, in two splits of a fold.

    Parameters
    ----------
    splits : Table
        splits.parquet of the run.
    table : Table
        Of the windows.
    splits_of_folds : sequence of ndarray of int, shape (n_windows,)
        Per fold: number of each window's split; -1 for windows that are in none.
    """
    splits = take(splits, splits["split"] != "unused")
    subject_of_fold = number_units(splits, (*SUBJECT, "fold"))
    subjects = _names(splits["subject"], subject_of_fold, crossing(subject_of_fold, number_units(splits, ("split",))))
    content = number_units(table, ("content_hash",))
    contents = np.unique(np.concatenate([crossing(content, split) for split in splits_of_folds]))
    recordings = _names(table["recording"], content, contents)
    return [
        LeakCheck(
            "subjects in two splits",
            not len(subjects),
            len(subjects),
            subjects[:_SHOWN],
            "Train again: eegcli splits by subject unless --split-unit says otherwise.",
        ),
        LeakCheck(
            "identical windows in two splits",
            not len(contents),
            len(contents),
            recordings[:_SHOWN],
            "One recording may lie under two names, or flat windows were kept with --keep-dead: leave them out and train again.",
        ),
    ]


def check_unseen(table: Table, seen_subjects: Iterable[tuple[str, str]], seen_windows: Iterable[str] | None) -> list[LeakCheck]:
    """Look for subjects and windows of a new cohort that the networks were trained or chosen on.

    Parameters
    ----------
    table : Table
        Of the new windows.
    seen_subjects : iterable of (dataset, subject)
        Those in training or validation of any fold.
    seen_windows : iterable of str, or None
        Content hashes of their windows; None where these windows are not at hand.
    """
    known = set(seen_subjects)
    subjects = sorted({pair for pair in zip(table["dataset"], table["subject"], strict=True) if pair in known})
    hint = "Leave them out of the new windows, with --subject when they are cut, or train without them."
    checks = [LeakCheck("subjects seen in training", not subjects, len(subjects), tuple(subject for _, subject in subjects[:_SHOWN]), hint)]
    if seen_windows is None:
        return [*checks, LeakCheck("windows seen in training", None, None)]
    hashes = set(seen_windows)
    repeated = np.array([value in hashes for value in table["content_hash"]], dtype=bool)
    recordings = tuple(np.unique(table["recording"][repeated].astype(str))[:_SHOWN].tolist())
    return [*checks, LeakCheck("windows seen in training", not repeated.any(), int(repeated.sum()), recordings, hint)]


def refuse(checks: Iterable[LeakCheck], *, marked: str | None) -> None:
    """Stop where a check did not pass, unless the run was made to mix participants and says so.

    Raises
    ------
    InputError
        Naming what was found.
    """
    if marked:
        return
    for check in checks:
        if check.passed is False:
            more = ", ..." if len(check.found) == _SHOWN else ""
            raise InputError(
                f"{check.name}: {check.value} ({', '.join(check.found)}{more}); no figure would mean anything", hint=check.hint
            )


def _names(column: np.ndarray, key: Ints, numbers: Ints) -> tuple[str, ...]:
    rows = np.flatnonzero(np.isin(key, numbers))
    return tuple(dict.fromkeys(str(name) for name in column[rows]))
