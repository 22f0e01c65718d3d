"""Files that a DataLad clone names but does not hold: fetched from where OpenNeuro publishes them, verified against their annex keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.bids.description import read_description
from eegcli.catalogue.accession import accession
from eegcli.fetch.bring import FetchedFiles, bring
from eegcli.fetch.chosen import is_selective
from eegcli.fetch.manifest import NOT_FETCHED, Entry
from eegcli.fetch.progress import logging_to
from eegcli.files.annex import AnnexKey
from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile
from eegcli.remote.sources import open_source
from eegcli.remote.transfer import JOBS
from eegcli.reporter import Reporter
from eegcli.settings import FetchSettings


@dataclass(frozen=True)
class Linked:
    """File of a local tree: its path, and the annex key where it is a link to nowhere.

    Attributes
    ----------
    entry : Entry
        Its row of the manifest, as a link.
    target : Path
        What a link to it must point at.
    key : AnnexKey or None
        What its annex key says.
    """

    entry: Entry
    target: Path
    key: AnnexKey | None


def missing(root: Path, files: Sequence[Linked], settings: FetchSettings) -> list[RemoteFile]:
    """The selected files that are not here and can be fetched: OpenNeuro's number and their checksums are known.

    Without a selection nothing is fetched: a whole release is a hundred gigabytes, and registering a clone takes a second.
    """
    number = accession(root, read_description(root)) if is_selective(settings) and not settings.metadata_only else None
    if number is None:
        return []
    source = open_source(number, endpoint_url=settings.endpoint_url)
    return [
        source.file(item.entry.path, size=item.key.size, sha256=item.key.sha256, md5=item.key.md5)
        for item in files
        if item.entry.status == NOT_FETCHED and item.key is not None
    ]


def bring_missing(
    root: Path, output: Path, files: Sequence[RemoteFile], known: Mapping[str, Entry], settings: FetchSettings, reporter: Reporter
) -> FetchedFiles:
    """Fetch missing annexed files into `output`; a link to nowhere that an earlier registration made gives way.

    Raises
    ------
    UnavailableError, InputError, Stopped
        As `bring` does.
    """
    for file in files:
        place = output / file.path
        if place.is_symlink() and not place.exists():
            place.unlink()
    number = accession(root, read_description(root)) or ""
    with logging_to(output) as log:
        return bring(
            output,
            files,
            (),
            source=number,
            log=log,
            known=known,
            client=Client(connections=settings.jobs or JOBS),
            jobs=settings.jobs,
            reporter=reporter,
        )
