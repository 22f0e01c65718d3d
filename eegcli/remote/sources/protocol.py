"""Source protocol: recognise an address, list files with sizes and checksums, name the URL of a file."""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from eegcli.errors import UsageError
from eegcli.registry import SOURCES
from eegcli.remote.client import Client
from eegcli.remote.errors import GONE, TransferError
from eegcli.remote.file import Refused, RemoteFile, sort_out


@dataclass(frozen=True)
class Access:
    """Access to sources elsewhere: clients and endpoints.

    Attributes
    ----------
    endpoint_url : str or None
        A server to ask instead of the source's own.
    release : tuple of str
        Releases that are wanted, of a source that is several data sets; empty is all.
    client : Client
    """

    endpoint_url: str | None = None
    release: tuple[str, ...] = ()
    client: Client = field(default_factory=Client)


@dataclass(frozen=True)
class Source(ABC):
    """A data set elsewhere.

    Attributes
    ----------
    name : str
        Short, fit for a folder: ``ds005505``, ``R1``, the last part of a prefix.
    text : str
        As the user wrote it, or would have.
    url : str
        URL of the bucket, the folder or the index.
    prefix : str
        In the bucket; the accession number.
    version : str or None
        The one that was asked for.
    region : str or None
        Requests are signed for this region of S3; None is never signed.
    collection : str
        Name of the source of which this is one of several data sets; empty for one by itself.
    client : Client
    """

    name: str
    text: str
    url: str
    prefix: str = ""
    version: str | None = None
    region: str | None = None
    collection: str = ""
    client: Client = field(default_factory=Client, compare=False, repr=False)

    # True where the listing holds every file, whatever its folder.
    lists_everything: ClassVar[bool] = False
    # Causes of a failure that mean: there is no such file.
    absent: ClassVar[tuple[str, ...]] = (GONE,)

    @abstractmethod
    def list_files(self) -> Iterable[RemoteFile]:
        """Ask the server for its files, in any order, unsafe names included.

        Raises
        ------
        InputError
            If the answer is no listing.
        UnavailableError
            If the server cannot be reached.
        """

    @abstractmethod
    def file(self, path: str, *, size: int | None = None, sha256: str | None = None, md5: str | None = None) -> RemoteFile:
        """The request for one file by its path, with what is known of it from elsewhere."""

    def check(self, files: Sequence[RemoteFile]) -> None:  # noqa: B027  # most sources have nothing to check
        """Refuse a listing that is not what was asked for; called once, with the safe names.

        Raises
        ------
        InputError
            If another version is served than the one asked for.
        """

    @property
    def folder(self) -> str:
        """Name of the folder in which it lies by itself."""
        return f"{self.collection}-{self.name}" if self.collection else self.name

    @functools.cached_property
    def listing(self) -> tuple[list[RemoteFile], list[Refused]]:
        """Listing of the server (once per object): files in the order of their paths, and names that are refused.

        Raises
        ------
        InputError
            If there is nothing, or another version than the one asked for.
        UnavailableError
            If the server cannot be reached.
        """
        files = list(self.list_files())
        if not files:
            raise TransferError(
                f"{self.url}/{self.prefix}".rstrip("/") + ": nothing there",
                hint="Give the address of the folder that holds the sub-* folders.",
                cause=GONE,
            )
        good, refused = sort_out(files)
        self.check(good)
        return good, refused

    def files(self) -> list[RemoteFile]:
        """The files, in the order of their paths; names that could leave the folder are not among them."""
        return self.listing[0]

    def read(self, path: str) -> bytes | None:
        """A small file's content; None if there is no such file."""
        file = next((file for file in self.files() if file.path == path), None)
        return None if file is None else self.read_file(file)

    def read_file(self, file: RemoteFile) -> bytes:
        """The content of a small file of the listing."""
        return self.client.read(file.url, region=file.region or None, hosts=file.hosts)[0]


class SourceKind(Protocol):
    """Functions that a module of a kind of source elsewhere has; `registry.SOURCES` names the modules."""

    def recognises(self, text: str) -> bool:
        """True for a text of this kind; no server is asked."""
        ...

    def sources_of(self, text: str, access: Access) -> Sequence[Source]:
        """The data sets that a text names: one, or several; no server is asked.

        Raises
        ------
        UsageError
            If the text is of this kind and names nothing.
        """
        ...


def not_a_source(text: str) -> UsageError:
    """The error for a text that names no source elsewhere."""
    *forms, last = (entry.form for entry in SOURCES.values() if entry.elsewhere)
    return UsageError(f"{text}: not a source", hint=f"Give {', '.join(forms)} or {last}.")


def folder_name(path: str) -> str:
    """The last part of a path, as the name of a folder; may be empty."""
    return re.sub(r"[^\w.-]", "-", path.rstrip("/").rpartition("/")[2]).lstrip(".-")
