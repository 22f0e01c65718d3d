"""Quirks of public data sets, so that nobody has to find them again: a table with a source for every row, `quirks.tsv`."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from eegcli.catalogue.table import read_rows


@dataclass(frozen=True)
class Quirk:
    """Quirk of a public data set: a row of the table.

    Attributes
    ----------
    dataset : str
        Accession number, such as ``ds005515``.
    subject, task : str or None
        Labels without their prefix; None where it is about all.
    what : str
        What is odd.
    source : str
        Where it can be seen, or who says so.
    """

    dataset: str
    subject: str | None
    task: str | None
    what: str
    source: str


@functools.cache
def quirks() -> tuple[Quirk, ...]:
    """Read the table of quirks, in its order."""
    return read_rows("quirks.tsv", Quirk)


def quirks_of(dataset: str | None) -> list[str]:
    """List the quirks of a data set, a line each; one about a single subject begins with its label.

    Parameters
    ----------
    dataset : str or None
        Accession number; None gives nothing.
    """
    lines = []
    for quirk in quirks():
        if quirk.dataset == dataset:
            about = " ".join(part for part in (quirk.subject, quirk.task) if part)
            lines.append(f"{about}: {quirk.what}" if about else quirk.what)
    return lines
