"""Persons: who is the same in several data sets; the one rule that splits, leak checks, votes, intervals and counts go by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# NIMH's Data Archive names people, not places in a list: wherever such a label stands, it is the same person.
WORLDWIDE = "NDAR"

Person = tuple[str, str]


def person(dataset: str, subject: str) -> Person:
    """Key of a person: data set and label, since sub-01 of two data sets are two people; the label alone where it is one worldwide."""
    return ("", str(subject)) if is_worldwide(subject) else (str(dataset), str(subject))


def is_worldwide(subject: str) -> bool:
    """Test that a label names the same person in every data set."""
    return str(subject).startswith(WORLDWIDE)


def persons(table: Mapping[str, np.ndarray]) -> list[Person]:
    """Person of each row of a table with the columns `dataset` and `subject`."""
    return [person(dataset, subject) for dataset, subject in zip(table["dataset"].tolist(), table["subject"].tolist(), strict=True)]


def unknown_persons(table: Mapping[str, np.ndarray]) -> bool:
    """Test that nothing says whose the rows of a table are: every subject is missing."""
    return bool(len(table["subject"])) and all(label is None for label in table["subject"])


def number_persons(table: Mapping[str, np.ndarray]) -> NDArray[np.int64]:
    """Number the persons of a table: equal numbers are one person.

    Parameters
    ----------
    table : mapping of str to ndarray, shape (n_rows,)
        With the columns `dataset` and `subject`.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Numbered without gaps, in the order of data sets, then of labels; those who are known worldwide first.
    """
    dataset = np.unique(table["dataset"].astype(str), return_inverse=True)[1]
    labels, label = np.unique(table["subject"].astype(str), return_inverse=True)
    worldwide = np.array([is_worldwide(name) for name in labels], dtype=bool)
    home = np.where(worldwide[label] if len(labels) else np.zeros(0, bool), 0, dataset + 1)
    return np.asarray(np.unique(home * max(len(labels), 1) + label, return_inverse=True)[1], dtype=np.int64)
