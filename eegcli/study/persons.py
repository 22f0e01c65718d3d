"""Persons: who is the same under several labels; the one rule that splits, leak checks, votes, intervals and counts go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# NIMH's Data Archive names people, not places in a list: wherever such a label stands, it is the same person.
WORLDWIDE = "NDAR"

Person = tuple[str, str]


@dataclass(frozen=True)
class People:
    """Rule of who is the same person: by data set and label, by labels that are the same worldwide, and by what a user states.

    Attributes
    ----------
    stated : mapping of (dataset, subject) to str
        Names of the persons behind labels, as a table of the user's says (`study.renamed`). Two labels of one name are one person; a
        name that is known worldwide is that person.
    """

    stated: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def person(self, dataset: str, subject: str) -> Person:
        """Key of a person: data set and label, since sub-01 of two data sets are two people; the name alone where it is one worldwide."""
        if is_worldwide(subject):  # one person in every data set, under whatever name one of them states
            return "", self._worldwide.get(str(subject), str(subject))
        name = self.stated.get((str(dataset), str(subject)))
        return (str(dataset), str(subject)) if name is None else ("", name)

    @cached_property
    def _worldwide(self) -> dict[str, str]:
        return {label: name for (_, label), name in self.stated.items() if is_worldwide(label)}

    def of(self, table: Mapping[str, np.ndarray]) -> list[Person]:
        """Person of each row of a table with the columns `dataset` and `subject`."""
        pairs = zip(table["dataset"].tolist(), table["subject"].tolist(), strict=True)
        return [self.person(dataset, subject) for dataset, subject in pairs]

    def number(self, table: Mapping[str, np.ndarray]) -> NDArray[np.int64]:
        """Number the persons of a table: equal numbers are one person.

        Parameters
        ----------
        table : mapping of str to ndarray, shape (n_rows,)
            With the columns `dataset` and `subject`.

        Returns
        -------
        ndarray of int, shape (n_rows,)
            Numbered without gaps, in the order of data sets, then of labels; those who are known by a name alone first.
        """
        datasets, dataset = np.unique(table["dataset"].astype(str), return_inverse=True)
        labels, label = np.unique(table["subject"].astype(str), return_inverse=True)
        pairs, row = np.unique(dataset * max(len(labels), 1) + label, return_inverse=True)
        keys = [self.person(str(datasets[pair // len(labels)]), str(labels[pair % len(labels)])) for pair in pairs.tolist()]
        number = {key: index for index, key in enumerate(sorted(set(keys)))}
        return np.array([number[key] for key in keys], dtype=np.int64)[row]


AS_LABELLED = People()  # nobody is stated to be the same


def is_worldwide(subject: str) -> bool:
    """Test that a label names the same person in every data set."""
    return str(subject).startswith(WORLDWIDE)


def unknown_persons(table: Mapping[str, np.ndarray]) -> bool:
    """Test that nothing says whose the rows of a table are: every subject is missing."""
    return bool(len(table["subject"])) and all(label is None for label in table["subject"])
