"""Fetch files, and note each in the manifest: what an earlier run brought is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eegcli.errors import InputError, UnavailableError
from eegcli.fetch.cost import require_room
from eegcli.fetch.manifest import FAILED, NOT_FETCHED, OK, REFUSED, Entry
from eegcli.fetch.progress import Log
from eegcli.files.annex import is_key_link, link_key
from eegcli.files.causes import disk_errors
from eegcli.remote import errors
from eegcli.remote.client import Client
from eegcli.remote.download import Fetched
from eegcli.remote.file import Refused, RemoteFile, why_unsafe
from eegcli.remote.keys import key_of
from eegcli.remote.partial import part_path
from eegcli.remote.transfer import JOBS, fetch_files, why_in_the_way
from eegcli.reporter import Reporter
from eegcli.result import Failure


@dataclass(frozen=True)
class FetchedFiles:
    """Files that are here now, of those that were wanted.

    Attributes
    ----------
    entries : list of Entry
        A row of the manifest for each file.
    failures : tuple of Failure
        What could not be had.
    """

    entries: list[Entry]
    failures: tuple[Failure, ...] = ()


def left_to_do(root: Path, files: Iterable[RemoteFile], known: Mapping[str, Entry]) -> list[RemoteFile]:
    """Files that are not here, or of which the server has another content now; only names and sizes are looked at."""
    return [file for file in files if not _is_here(root, file, known.get(file.path))]


def bring(
    root: Path, files: Sequence[RemoteFile], refused: Sequence[Refused], *, source: str, log: Log, known: Mapping[str, Entry], client: Client,
    jobs: int | None, reporter: Reporter, named_only: Collection[str] = (),
) -> FetchedFiles:  # fmt: skip
    """Fetch what is not here yet.

    Parameters
    ----------
    root : Path
        The data set's folder.
    files : sequence of RemoteFile
        All that is wanted.
    refused : sequence of Refused
        Names that would leave the folder: they become rows and failures, nothing else.
    source : str
        For the manifest.
    log : Log
        Told of each file that is here.
    known : mapping of str to Entry
        What earlier runs brought, by path.
    client : Client
    jobs : int or None
        Connections.
    reporter : Reporter
    named_only : collection of str
        Paths of files that are not to come: links say what they would hold. What is here of them stays.

    Raises
    ------
    UnavailableError
        If the disk is full or read-only, or no file at all could be had since the server cannot be reached.
    InputError
        If no file at all could be had for another reason.
    Stopped, Interrupted
        If a signal came.
    """
    entries = {file.path: known[file.path] for file in files if _is_here(root, file, known.get(file.path))}
    todo = [file for file in files if file.path not in entries]
    for file in todo:
        if file.path in named_only:
            entries[file.path] = _named(root, file, source)
            continue
        _make_way(root / file.path)
        entry = _recognised(root, file, source)
        if entry is not None:
            entries[file.path] = entry
            log.add(entry)
    todo = [file for file in todo if file.path not in entries]
    require_room(root, sum((file.bytes or 0) - _part_bytes(root / file.path) for file in todo))

    def note(result: Fetched) -> None:
        entry = _entry(result, source)
        entries[entry.path] = entry
        if result.ok:
            log.add(entry)
        else:
            reporter.debug(f"{entry.path}: {entry.error}")

    results = fetch_files(todo, root, jobs=jobs or JOBS, reporter=reporter, client=client, settled=note) if todo else []
    failures = [_failure(result.error, result.file.path) for result in results if result.error is not None]
    if failures and len(failures) == len(files):
        kind = UnavailableError if all(failure.cause == errors.UNREACHABLE for failure in failures) else InputError
        raise kind(f"{source}: no file could be fetched; the first: {failures[0].error}", hint="Run the same command again: it resumes.")
    for name in refused:
        # What cannot be a path cannot be printed as it is, either.
        shown = name.name.encode("unicode_escape").decode()
        entries[shown] = Entry(shown, None, None, source, REFUSED, name.reason)
        failures.append(Failure(shown, name.reason, errors.REFUSED))
    return FetchedFiles(list(entries.values()), tuple(failures))


def _is_here(root: Path, file: RemoteFile, entry: Entry | None) -> bool:
    if entry is None or entry.bytes is None or (file.bytes is not None and file.bytes != entry.bytes):
        return False
    if file.etag and entry.etag and file.etag != entry.etag:
        return False
    if file.sha256 and entry.digest != f"sha256:{file.sha256}":
        return False
    path = root / file.path
    return path.is_file() and not path.is_symlink() and path.stat().st_size == entry.bytes


def _recognised(root: Path, file: RemoteFile, source: str) -> Entry | None:
    """A file that lies here without a note: a killed run had no time for it. It is read, and kept if it is what was promised."""
    path = root / file.path
    if not (file.sha256 or file.md5) or path.is_symlink() or not path.is_file() or path.stat().st_size != file.bytes:
        return None
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as content:
        while block := content.read(1 << 20):
            sha256.update(block)
            if not file.sha256:
                md5.update(block)
    is_it = sha256.hexdigest() == file.sha256 if file.sha256 else md5.hexdigest() == file.md5
    return Entry(file.path, file.bytes, f"sha256:{sha256.hexdigest()}", source, OK, None, file.etag, key_of(file)) if is_it else None


def _named(root: Path, file: RemoteFile, source: str) -> Entry:
    reason = why_unsafe(file.path) or why_in_the_way(root, file.path)
    if reason is not None and not is_key_link(root / file.path):
        return Entry(file.path, file.bytes, None, source, REFUSED, reason)
    with disk_errors(root):
        link_key(root, file.path, key_of(file))
    digest = f"sha256:{file.sha256}" if file.sha256 else None
    return Entry(file.path, file.bytes, digest, source, NOT_FETCHED, None, file.etag, key_of(file))


def _make_way(place: Path) -> None:
    """Remove the link that an earlier run put in a file's place."""
    if is_key_link(place):
        with disk_errors(place):
            place.unlink()


def _part_bytes(target: Path) -> int:
    part = part_path(target)
    return part.stat().st_blocks * 512 if part.exists() else 0


def _entry(result: Fetched, source: str) -> Entry:
    if result.error is not None:
        status = REFUSED if result.error.cause == errors.REFUSED else FAILED
        return Entry(result.file.path, None, None, source, status, result.error.message)
    etag = result.etag or result.file.etag
    key = key_of(replace(result.file, bytes=result.bytes, etag=etag))
    return Entry(result.file.path, result.bytes, f"sha256:{result.sha256}", source, OK, None, etag, key)


def _failure(error: errors.TransferError, path: str) -> Failure:
    return Failure(path, error.message.removeprefix(f"{path}: "), error.cause)
