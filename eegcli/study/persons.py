"""Persons: who is the same under several labels; the one rule that splits, leak checks, votes, intervals and counts go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        name = self.stated.get((str(dataset), str(subject)))
        if name is not None or is_worldwide(subject):
            return "", str(subject if name is None else name)
        return str(dataset), str(subject)

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
