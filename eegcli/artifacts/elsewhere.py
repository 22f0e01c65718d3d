"""Remote artifacts: the list of their files, and verified copies in the cache."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eegcli.errors import ArtifactError, InputError, UnavailableError, counted
from eegcli.files.digest import digest_of
from eegcli.files.locks import NO_INHERIT, lock
from eegcli.remote.address import is_address, normal_address
from eegcli.remote.cache import VARIABLE, cache_folder
from eegcli.remote.errors import TransferError
from eegcli.remote.file import RemoteFile, sort_out, why_unsafe
from eegcli.remote.keys import key_of
from eegcli.remote.ranges import Ranges
from eegcli.remote.sources import Source, open_source
from eegcli.remote.transfer import fetch_files
from eegcli.reporter import PYTHON, Reporter

SETTINGS, DONE = "settings.json", "done.json"  # as artifacts.folder writes them
FOLLOWING = ("evaluation", "explanation")  # artifacts within a run, each with a done mark of its own
UNFINISHED = "Run the command that makes it again: it resumes."


@dataclass(frozen=True)
class RemoteArtifact:
    """An artifact that lies elsewhere.

    Attributes
    ----------
    address : str
        Without a slash at its end.
    source : Source
    done : dict
        Its done mark.
    """

    address: str
    source: Source
    done: dict[str, Any]

    @classmethod
    def at(cls, address: str, *, endpoint_url: str | None = None) -> RemoteArtifact:
        """Open the artifact at an address; its done mark is read.

        Raises
        ------
        InputError
            If there is no artifact, or it is unfinished.
        UnavailableError
            If the server cannot be reached.
        """
        address = normal_address(address)
        source = open_source(address, endpoint_url=endpoint_url)
        done = _read(source, address, DONE)
        if done is None:
            if _read(source, address, SETTINGS) is None:
                raise InputError(
                    f"{address}: not an artifact of eegcli, or not public", hint="Give the address of the folder that holds settings.json."
                )
            raise InputError(f"{address}: unfinished", hint=UNFINISHED)
        return cls(address, source, _json(f"{address}/{DONE}", done))

    @property
    def name(self) -> str:
        """Name of the artifact's folder."""
        return self.source.name

    def read(self, path: str) -> bytes:
        """Read a file of the artifact.

        Raises
        ------
        InputError
            If there is no such file.
        """
        content = _read(self.source, self.address, path)
        if content is None:
            raise ArtifactError(f"{self.address}/{path}: not found")
        return content

    def read_json(self, path: str) -> dict[str, Any]:
        """Read a JSON file of the artifact."""
        return _json(f"{self.address}/{path}", self.read(path))

    def ranges(self, path: str) -> Ranges:
        """Open a file of the artifact for range requests."""
        return Ranges(self.source.file(path), self.source.client)

    def files(self) -> list[RemoteFile]:
        """List the artifact's files: as the bucket lists them, else as the done mark does, else as the server's index page.

        Raises
        ------
        InputError
            If nothing lists them.
        """
        if self.source.lists_everything:
            return self.source.files()
        stated = self._stated("", self.done)
        if stated is None:
            return self._indexed()
        for folder in FOLLOWING:
            content = _read(self.source, self.address, f"{folder}/{DONE}")
            if content is not None:
                stated += self._stated(f"{folder}/", _json(f"{self.address}/{folder}/{DONE}", content)) or []
        return stated

    def _stated(self, prefix: str, done: dict[str, Any]) -> list[RemoteFile] | None:
        listed = done.get("files")
        if not isinstance(listed, dict):
            return None
        paths = {f"{prefix}{path}": size for path, size in listed.items()} | {f"{prefix}{DONE}": None}
        for path in paths:
            if why_unsafe(path):
                raise ArtifactError(f"{self.address}: its done mark lists {path!r}, which is no path of an artifact")
        return [self.source.file(path, size=size if isinstance(size, int) else None) for path, size in sorted(paths.items())]

    def _indexed(self) -> list[RemoteFile]:
        from eegcli.remote.sources.tree import list_tree

        try:
            return sort_out(list_tree(self.source.client, self.source.url, only_subjects=False))[0]
        except InputError as error:
            raise InputError(
                f"{self.address}: nothing lists its files: it was made by an older version, and the server has no index page",
                hint="Make it again with this version, or copy it here.",
            ) from error

    def identity(self, files: list[RemoteFile]) -> str:
        """Digest of the artifact's content, by its done mark and the keys of its files: it changes when the content does."""
        listed = sorted([file.path, key_of(file)] for file in files) if self.source.lists_everything else []
        return digest_of({"done": self.done, "files": listed})[:16]


def here(place: str | Path) -> Path:
    """Resolve a path or an address to a local path: the path itself, or that of a verified copy of what lies at an address (`bring`)."""
    return bring(place) if is_address(place) else Path(place)


def bring(address: str, *, endpoint_url: str | None = None, reporter: Reporter = PYTHON) -> Path:
    """Fetch a verified copy of an artifact into the cache; what is there already is not fetched again.

    Parameters
    ----------
    address : str
        ``s3://bucket/path`` or ``https://host/path`` of the artifact's folder.
    endpoint_url : str, optional
        A server to ask instead of Amazon's.
    reporter : Reporter, optional

    Returns
    -------
    Path
        A folder with the artifact's name. An artifact that has changed has another folder.

    Raises
    ------
    InputError
        If there is no artifact, it is unfinished, or a file of it cannot be had.
    UnavailableError
        If the server cannot be reached, or the cache cannot be written.
    """
    artifact = RemoteArtifact.at(address, endpoint_url=endpoint_url)
    files = artifact.files()
    copy = cache_folder() / "artifacts" / digest_of(artifact.address)[:16] / artifact.identity(files) / artifact.name
    if (copy / DONE).exists():
        reporter.debug(f"{address}: taken from {copy}")
        return copy
    with _locked(copy.parent):
        if (copy / DONE).exists():  # whoever had the lock before has fetched it
            return copy
        size = sum(file.bytes or 0 for file in files)
        reporter.info(f"{address}: fetching {counted(len(files), 'file')}{f', {size / 1e6:.1f} MB' if size else ''}, into {copy}")
        last = [file for file in files if file.path == DONE]  # what has its done mark is whole
        for part in ([file for file in files if file.path != DONE], last):
            _fetch(part, copy, artifact, reporter)
        if _json(f"{address}/{DONE}", (copy / DONE).read_bytes()) != artifact.done:
            (copy / DONE).unlink()
            raise InputError(f"{address}: changed while it was fetched", hint="Run the same command again.")
    return copy


def _fetch(files: list[RemoteFile], copy: Path, artifact: RemoteArtifact, reporter: Reporter) -> None:
    # What an earlier try brought is whole, and of this very content: the folder's name says which.
    left = [
        file
        for file in files
        if not (copy / file.path).is_file() or (file.bytes is not None and (copy / file.path).stat().st_size != file.bytes)
    ]
    for result in fetch_files(left, copy, client=artifact.source.client, reporter=reporter):
        # A run may be explained meanwhile, or its evaluation be removed: neither belongs to what it is.
        if result.error is not None and result.file.path.partition("/")[0] not in FOLLOWING:
            raise result.error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the copy of an artifact in the cache: one process fetches it, others wait."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | NO_INHERIT, 0o600)
    except OSError as error:
        raise UnavailableError(
            f"{folder}: the cache cannot be written ({error.strerror})", hint=f"Set {VARIABLE} to a folder with some space."
        ) from error
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            lock(handle, wait=True)
        yield
    finally:
        os.close(handle)


def _read(source: Source, address: str, path: str) -> bytes | None:
    """Read a small remote file; None if it is not there."""
    file = source.file(path)
    try:
        return source.client.read(file.url, region=file.region or None)[0]
    except TransferError as error:
        if error.cause in source.absent:
            return None
        raise


def _json(name: str, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise ArtifactError(f"{name}: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ArtifactError(f"{name}: not a JSON object")
    return value
