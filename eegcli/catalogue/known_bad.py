"""Recordings of public data sets that are known to be bad: a table with a source for every row, `catalogue/known_bad.tsv`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from eegcli.catalogue.table import read_rows
from eegcli.errors import counted, listed
from eegcli.reporter import Reporter


@dataclass(frozen=True)
class KnownBad:
    """Known-bad recording: a subject, or a task of a subject, that others leave out.

    Attributes
    ----------
    dataset : str or None
        Accession number, such as ``ds005515``; None where the source does not say it.
    subject : str
        Label without ``sub-``. Labels of the Healthy Brain Network occur nowhere else.
    task : str or None
        The task that is bad; None means all that the subject has.
    what : str
        What is wrong with it.
    source : str
        Reference for it.
    """

    dataset: str | None
    subject: str
    task: str | None
    what: str
    source: str


@functools.cache
def known_bad() -> tuple[KnownBad, ...]:
    """Read the table of known-bad recordings, in its order."""
    return read_rows("known_bad.tsv", KnownBad)


def why_known_bad(subject: str, task: str | None) -> str | None:
    """Explain why a recording is known to be bad; None if nothing is known.

    Parameters
    ----------
    subject, task : str
        Labels without their prefix.

    Examples
    --------
    >>> why_known_bad("NDAREE675XRY", "RestingState")
    'no data after preprocessing'
    """
    return next((row.what for row in known_bad() if row.subject == subject and row.task in (None, task)), None)


def not_known_bad(recordings: Sequence[tuple[str, str | None]], reporter: Reporter) -> list[bool]:
    """Mark recordings that are not known to be bad; the reporter is told of the others, and why.

    Parameters
    ----------
    recordings : sequence of (str, str or None)
        Subject and task of each.
    reporter : Reporter
        Is told how many are left out, and why.
    """
    reasons = [why_known_bad(subject, task) for subject, task in recordings]
    bad = [f"{' '.join(filter(None, pair))} ({why})" for pair, why in zip(recordings, reasons, strict=True) if why is not None]
    if bad:
        reporter.info(f"{len(bad)} of {counted(len(recordings), 'recording')} are known to be bad and left out: {listed(bad, count=True)}")
    else:
        reporter.info(f"none of {counted(len(recordings), 'recording')} is known to be bad")
    return [why is None for why in reasons]
