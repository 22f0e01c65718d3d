"""Releases of the Healthy Brain Network's EEG: where each lies and how large it is, from `catalogue/hbn.tsv`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from eegcli.catalogue.table import read_rows
from eegcli.registry import lookup

NOT_COMMERCIAL = "NC"


@dataclass(frozen=True)
class Release:
    """Release of HBN: a data set of its own, with subjects of its own.

    Attributes
    ----------
    release : str
        ``R1`` ... ``R11``, ``NC`` (not for commercial use).
    id : str
        Accession number, of OpenNeuro or NEMAR.
    subjects : int
    bytes : int or None
        Of all recordings; None where nobody states it.
    license, version : str or None
    resting_recordings, resting_bytes : int or None
        Of the task RestingState alone.
    source : str
        Reference for it.
    """

    release: str
    id: str
    subjects: int
    bytes: int | None
    license: str | None
    version: str | None
    resting_recordings: int | None
    resting_bytes: int | None
    source: str


@functools.cache
def all_hbn_releases() -> tuple[Release, ...]:
    """Read the table of HBN's releases, in its order."""
    return read_rows("hbn.tsv", Release)


def hbn_releases(wanted: Sequence[str] = ()) -> list[Release]:
    """The releases of these names, in the order of the table; without names, all but NC, whose licence has to be meant.

    Raises
    ------
    UsageError
        If there is no release of a name.
    """
    known = {item.release: item for item in all_hbn_releases()}
    names = {lookup("release of HBN", name.upper(), known) for name in wanted} or set(known) - {NOT_COMMERCIAL}
    return [item for name, item in known.items() if name in names]
