"""Result of `fetch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eegcli.fetch.manifest import NOT_FETCHED, REFUSED, Entry
from eegcli.result import Failure, Result


@dataclass(frozen=True, kw_only=True, repr=False)
class FetchResult(Result):
    """Result of `fetch`: a BIDS data set that is here.

    Attributes
    ----------
    source : str
        Where it came from.
    n_recordings : int
        Recordings in it, fetched or not.
    n_files, bytes : int
        Files of the data set and their size, where known.
    n_not_fetched : int
        Files that are links to nowhere yet.
    n_refused : int
        Names that would have left the folder.
    skipped : dict of str to int
        Files of other datatypes (``meg``, ``ieeg``, ...), which are left where they are.
    """

    source: str
    n_recordings: int
    n_files: int
    bytes: int
    n_not_fetched: int = 0
    n_refused: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


def summarise(
    output: Path,
    source: str,
    entries: Sequence[Entry],
    *,
    n_recordings: int,
    n_items: int,
    failures: tuple[Failure, ...] = (),
    skipped: dict[str, int] | None = None,
) -> FetchResult:
    """Make the result of a list of files."""
    return FetchResult(
        output=output,
        n_items=n_items,
        failures=failures,
        source=source,
        n_recordings=n_recordings,
        n_files=sum(entry.status != REFUSED for entry in entries),
        bytes=sum(entry.bytes or 0 for entry in entries),
        n_not_fetched=sum(entry.status == NOT_FETCHED for entry in entries),
        n_refused=sum(entry.status == REFUSED for entry in entries),
        skipped=skipped or {},
    )
