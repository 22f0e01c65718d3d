"""BIDS file names: entities, suffix, extension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A BIDS file name taken apart.

    Attributes
    ----------
    entities : dict of str to str
        Labels by short entity (``sub``, ``ses``, ``task``, ``run``, ``desc``, ...), in the order of the name.
    suffix : str
        What follows the last underscore, e.g. ``eeg``.
    extension : str
        From the first dot of the suffix on, e.g. ``.set``; case as written.
    """

    entities: Mapping[str, str]
    suffix: str
    extension: str


def parse(name: str) -> Name | None:
    """Take a file name apart; None if it is not a BIDS name.

    Parameters
    ----------
    name : str
        Name of a file, without folders.

    Examples
    --------
    >>> parse("sub-01_task-rest_run-2_eeg.set").entities["run"]
    '2'
    """
    stem, dot, extension = name.partition(".")
    *pairs, suffix = stem.split("_")
    entities: dict[str, str] = {}
    for pair in pairs:
        key, dash, label = pair.partition("-")
        if not (key and dash and label) or key in entities:
            return None
        entities[key] = label
    return Name(entities, suffix, dot + extension) if suffix and "-" not in suffix else None
