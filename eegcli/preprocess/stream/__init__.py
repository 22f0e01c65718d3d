"""Streaming: recordings that lie elsewhere are fetched one by one, cleaned, and forgotten; they are never all here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eegcli.bids.description import read_description
from eegcli.bids.scan import RecordingFile, find_recordings
from eegcli.catalogue.accession import accession
from eegcli.compute.signals import Stop
from eegcli.compute.threads import default_jobs
from eegcli.errors import UNAVAILABLE, EegcliError, InputError, counted
from eegcli.files.annex import read_key
from eegcli.files.scratch import claimed_scratch, scratch
from eegcli.lazy import submodules
from eegcli.preprocess.record import Work
from eegcli.preprocess.stream.budget import budget_of
from eegcli.preprocess.stream.delivery import Deliveries, Parcel
from eegcli.preprocess.stream.skeleton import Skeleton
from eegcli.preprocess.stream.transfer import fetch, identified
from eegcli.preprocess.stream.worker import PREFIX, Streamed
from eegcli.remote.errors import UNREACHABLE, TransferError
from eegcli.remote.file import RemoteFile
from eegcli.remote.sources import Source, is_remote, open_source
from eegcli.remote.transfer import fetch_files
from eegcli.reporter import Reporter
from eegcli.settings import PreprocessSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

AT_ONCE = 4  # recordings on their way at the same time: more share the same line


@dataclass(frozen=True)
class Stream:
    """Stream: a data set whose recordings are fetched when they are needed.

    Attributes
    ----------
    skeleton : Skeleton
        What is here of it: tables, sidecars, links.
    name : str
        Of the source, for messages.
    lacking : frozenset of str
        Sidecars that could not be fetched.
    """

    skeleton: Skeleton
    name: str
    lacking: frozenset[str] = frozenset()

    @property
    def root(self) -> Path:
        """Root of the data set whose metadata are here."""
        return self.skeleton.root

    def objects(self, recording: RecordingFile) -> tuple[RemoteFile, ...] | None:
        """Files that have to be fetched to read a recording; None if the source does not list it."""
        return self.skeleton.objects(recording)

    def trouble(self, recording: RecordingFile) -> str | None:
        """Reason why a recording that is listed cannot be streamed all the same; None if it can."""
        sidecar = (
            next((file.path for file in self.skeleton.sidecars([recording]) if file.path in self.lacking), None) if self.lacking else None
        )
        if sidecar is not None:
            return f"cannot be fetched: nor can its sidecar {sidecar}"
        unknown = next((file.path for file in self.objects(recording) or () if file.bytes is None), None)
        return f"cannot be fetched: the server does not say how large {unknown} is" if unknown else None


class _NotHere(EegcliError):
    """A table or sidecar that cannot be fetched."""

    def __init__(self, error: TransferError, path: str) -> None:
        super().__init__(error.message, hint=error.hint, cause=error.cause)
        self.path = path
        self.exit_code = UNAVAILABLE if error.cause == UNREACHABLE else error.exit_code


@contextlib.contextmanager
def open_stream(settings: PreprocessSettings, output: Path, reporter: Reporter) -> Iterator[Stream | None]:
    """Fetch the metadata of a source that is streamed.

    Parameters
    ----------
    settings : PreprocessSettings
        `source` as `fetch` takes it, and in `bids` what it is called here; or in `bids` a local data set with links to what is not fetched.
    output : Path
        The artifact, absolute. The metadata is kept beside it for the next run; a dry run keeps nothing.
    reporter : Reporter

    Yields
    ------
    Stream or None
        None if all selected recordings are here.

    Raises
    ------
    InputError
        If there is no such source, or nothing says where the recordings of a local data set can be had.
    UsageError
        If the source is none, or several data sets.
    """
    text = settings.source or str(settings.bids)
    if settings.source is None or not is_remote(text):
        yield _of_clone(Path(text), settings)
        return
    source = open_source(text, endpoint_url=settings.endpoint_url)
    with contextlib.ExitStack() as stack:
        beside = stack.enter_context(scratch(f"{PREFIX}plan-")) if settings.dry_run else metadata_folder(output)
        yield _of_source(source, beside / settings.bids.name, settings, reporter)


def metadata_folder(output: Path) -> Path:
    """Folder in which the metadata of what is streamed into an artifact is kept."""
    return output.with_name(f"{output.name.removesuffix('-recordings')}-metadata")


def _of_source(source: Source, root: Path, settings: PreprocessSettings, reporter: Reporter) -> Stream:
    listed = {file.path: file for file in source.files()}
    skeleton = Skeleton(root, listed)
    failed = _bring_small(skeleton, skeleton.top(), source, reporter)
    if failed:
        raise failed[0]
    skeleton.draw()
    chosen = find_recordings(root, settings, desc=settings.desc)
    # A server that only lists names and sizes is asked which contents these are.
    objects = [file for recording in chosen for file in skeleton.objects(recording) or ()]
    named = {file.path: file for file in identified(objects, source.client)}
    if any(listed[path] != file for path, file in named.items()):
        skeleton = Skeleton(root, {**listed, **named})
        skeleton.draw()
    lacking = [] if settings.dry_run else _bring_small(skeleton, skeleton.sidecars(chosen), source, reporter)
    return Stream(skeleton, source.text, frozenset(error.path for error in lacking))


def _bring_small(skeleton: Skeleton, files: Sequence[RemoteFile], source: Source, reporter: Reporter) -> list[_NotHere]:
    """Fetch tables and sidecars that are not here as the source has them; what cannot be fetched."""
    outdated = skeleton.outdated(files)
    if not outdated:
        return []
    results = fetch_files(outdated, skeleton.root, client=source.client, reporter=reporter)
    skeleton.note(result.file for result in results if result.ok)
    for result in results:
        if result.error is not None:  # what lies there is of another day
            (skeleton.root / result.file.path).unlink(missing_ok=True)
    return [_NotHere(result.error, result.file.path) for result in results if result.error is not None]


def _of_clone(root: Path, settings: PreprocessSettings) -> Stream | None:
    """The missing recordings of a local data set, from OpenNeuro's bucket; what arrives has to have the checksum of its link."""
    missing = [recording for recording in find_recordings(root, settings, desc=settings.desc) if not recording.fetched]
    if not missing:
        return None
    number = accession(root.resolve(), read_description(root))
    if number is None:
        raise InputError(
            f"{root}: {counted(len(missing), 'recording is', 'recordings are')} not fetched, and nothing says where they can be had",
            hint="Fetch them with `datalad get`, or name the source itself: ds005505, s3://bucket/prefix.",
        )
    source = open_source(number, endpoint_url=settings.endpoint_url)
    wanted: dict[str, RemoteFile] = {}
    for recording in missing:
        for path, name in zip((recording.path, *recording.companions), (recording.annex_key, *recording.companion_keys), strict=True):
            key = read_key(name) if name else None
            if key is not None:
                wanted[path.as_posix()] = source.file(path.as_posix(), size=key.size, sha256=key.sha256, md5=key.md5)
    return Stream(Skeleton(root.absolute(), wanted), source.text)


@contextlib.contextmanager
def streaming(
    works: Sequence[Work], objects: Mapping[str, tuple[RemoteFile, ...]], settings: PreprocessSettings
) -> Iterator[tuple[list[Streamed | Work], Callable[[Stop], AbstractContextManager[Any]] | None]]:
    """Prepare the deliveries that workers are given instead of recordings, and the process that fetches beside them.

    Parameters
    ----------
    works : sequence of Work
        In the order in which they will be done.
    objects : mapping
        Files that have to be fetched, by the recording's name.
    settings : PreprocessSettings
        How much scratch there may be, and who does the work: on a cluster each worker fetches for itself.

    Yields
    ------
    items : list of Streamed or Work
    beside : callable or None
        Given a Stop, a context manager for the time of the work.
    """
    sizes = [Parcel(work.name, Path(), objects[work.name]).bytes for work in works if work.name in objects]
    if settings.executor != "joblib":
        budget = budget_of(settings, sizes, jobs=0)
        yield (
            [
                Streamed(work, objects[work.name], scratch=settings.scratch, budget=budget) if work.name in objects else work
                for work in works
            ],
            None,
        )
        return
    jobs = default_jobs(settings.jobs)
    with claimed_scratch(PREFIX, settings.scratch) as folder:
        parcels = {
            work.name: Parcel(work.name, folder / str(number), objects[work.name])
            for number, work in enumerate(works)
            if work.name in objects
        }
        items = [
            Streamed(work, objects[work.name], parcel=parcels[work.name].folder, owner=os.getpid()) if work.name in parcels else work
            for work in works
        ]

        def beside(stop: Stop) -> AbstractContextManager[Any]:
            return Deliveries(
                list(parcels.values()),
                budget=budget_of(settings, sizes, jobs=jobs),
                at_once=min(jobs, AT_ONCE),
                fetch=fetch,
                stop=stop,
            )

        yield items, beside


__all__ = ["Stream", "metadata_folder", "open_stream", "streaming"]
