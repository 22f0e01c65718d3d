"""Where a data set lies, as users write it: an accession number, a release of HBN, s3://, https://."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from eegcli.catalogue.releases import hbn_releases
from eegcli.errors import InputError, UsageError
from eegcli.lazy import submodules
from eegcli.remote.client import Client
from eegcli.remote.file import Refused, RemoteFile, sort_out
from eegcli.remote.signing import endpoint, region
from eegcli.remote.sources import nemar
from eegcli.remote.sources.s3 import bucket_url, list_bucket, locate
from eegcli.remote.sources.tree import list_tree, require_any

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

OPENNEURO = "openneuro.org"  # the public bucket: https://docs.openneuro.org/user_guide.html
Kind = Literal["openneuro", "nemar", "s3", "tree"]

_OPENNEURO = re.compile(r"(ds\d{6})(?:@v?(\d+(?:\.\d+)*))?")
_NEMAR = re.compile(r"((?:nm|on)\d{6})(?:@v?(\d+(?:\.\d+)*))?")
_HBN = re.compile(r"hbn(?::([\w,]+))?", re.IGNORECASE)
_BY_PATH = re.compile(r"s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_BY_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com")
_DOI_VERSION = re.compile(r"\.v(\d+(?:\.\d+)+)\s*$")
_CHANGES_VERSION = re.compile(r"^\s*v?(\d+\.\d+(?:\.\d+)*)\b", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """A data set elsewhere.

    Attributes
    ----------
    name : str
        Short, fit for a folder: ``ds005505``, ``R1``, the last part of a prefix.
    text : str
        As the user wrote it, or would have.
    kind : str
        ``openneuro``, ``nemar``, ``s3`` or ``tree``.
    url : str
        Of the bucket (``openneuro``, ``s3``), the folder (``tree``) or the index (``nemar``).
    prefix : str
        In the bucket; the accession of NEMAR.
    version : str or None
        The one that was asked for.
    region : str or None
        To sign requests for; None is never signed.
    """

    name: str
    text: str
    kind: Kind
    url: str
    prefix: str = ""
    version: str | None = None
    region: str | None = None
    client: Client = field(default_factory=Client, compare=False, repr=False)

    @functools.cached_property
    def listing(self) -> tuple[list[RemoteFile], list[Refused]]:
        """What the server lists (once per object): files in the order of their paths, and names that are refused.

        Raises
        ------
        InputError
            If there is nothing, or another version than the one asked for.
        UnavailableError
            If the server cannot be reached.
        """
        if self.kind == "nemar":
            files = nemar.read_manifest(self.client, self.prefix, self.version, endpoint_url=self.url)[1]
        elif self.kind == "tree":
            files = list(list_tree(self.client, self.url))
        else:
            url, region = locate(self.client, self.url, self.region) if self.kind == "s3" and self.region else (self.url, self.region)
            files = list(list_bucket(self.client, url, self.prefix, region=region))
        require_any(f"{self.url}/{self.prefix}".rstrip("/"), files)
        good, refused = sort_out(files)
        if self.kind == "openneuro" and self.version is not None:
            self._check_version(good)
        return good, refused

    def files(self) -> list[RemoteFile]:
        """The files, in the order of their paths; names that could leave the folder are not among them."""
        return self.listing[0]

    def file(self, path: str, *, size: int | None, sha256: str | None, md5: str | None = None) -> RemoteFile:
        """A file of a bucket that is known from elsewhere; no server is asked."""
        url = f"{self.url}/{quote(f'{self.prefix}/{path}', safe='/-_.~')}"
        return RemoteFile(path, size, None, sha256, url, checksum=f"md5:{md5}" if md5 else None, region=self.region or "")

    def read(self, path: str) -> bytes | None:
        """A small file's content; None if there is no such file."""
        file = next((file for file in self.files() if file.path == path), None)
        return None if file is None else self._read(file)

    def _read(self, file: RemoteFile) -> bytes:
        return self.client.read(file.url, region=file.region or None, hosts=file.hosts)[0]

    def _check_version(self, files: Sequence[RemoteFile]) -> None:
        small = {file.path: file for file in files if file.path in ("dataset_description.json", "CHANGES")}
        served = _version(
            *(
                self._read(small[name]).decode("utf-8", "replace") if name in small else ""
                for name in ("dataset_description.json", "CHANGES")
            )
        )
        if served != self.version:
            raise InputError(
                f"{self.prefix}@{self.version}: OpenNeuro's public bucket serves "
                + (f"version {served}" if served else "a version that the data set does not state"),
                hint=f"It holds the newest version only: fetch {self.prefix}{f'@{served}' if served else ''}, or an older one with DataLad.",
            )


def _version(description: str, changes: str) -> str | None:
    try:
        doi = _DOI_VERSION.search(str(json.loads(description).get("DatasetDOI", "")))
    except (ValueError, AttributeError):
        doi = None
    found = doi or _CHANGES_VERSION.search(changes)
    return found[1] if found else None


def is_remote(text: str) -> bool:
    """Whether a text names a source elsewhere; no server is asked."""
    return bool(text.startswith(("s3://", "https://", "http://")) or any(pattern.fullmatch(text) for pattern in (_OPENNEURO, _NEMAR, _HBN)))


def open_source(text: str, *, endpoint_url: str | None = None, client: Client | None = None) -> Source:
    """Understand where one data set lies; no server is asked yet.

    Parameters
    ----------
    text : str
        ``ds005505[@1.0.1]``, ``nm000103[@1.0.0]``, ``hbn:R1``, ``s3://bucket/prefix`` or ``https://host/path``.
    endpoint_url : str, optional
        A server to ask instead of Amazon's or NEMAR's; else AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
    client : Client, optional

    Raises
    ------
    UsageError
        If it is none of these, or several data sets.
    """
    sources = open_sources(text, endpoint_url=endpoint_url, client=client)
    if len(sources) > 1:
        raise UsageError(f"{text}: several data sets", hint=f"Name one, e.g. hbn:{sources[0].name}.")
    return sources[0]


def open_sources(text: str, *, release: Sequence[str] = (), endpoint_url: str | None = None, client: Client | None = None) -> list[Source]:
    """Understand where one or several data sets lie: as `open_source`, and ``hbn`` is all releases of HBN, or those of `release`.

    Raises
    ------
    UsageError
        If it is none of these, or there is no such release.
    """
    client = client or Client()
    if match := _HBN.fullmatch(text):
        wanted = [part for part in (match[1] or "").split(",") if part] or list(release)
        return [_one(item.id, item.release, f"hbn:{item.release}", endpoint_url, client) for item in hbn_releases(wanted)]
    return [_one(text, None, text, endpoint_url, client)]


def _one(text: str, name: str | None, spelled: str, endpoint_url: str | None, client: Client) -> Source:
    mirror = endpoint_url or endpoint()
    if match := _OPENNEURO.fullmatch(text):
        # Amazon's copy is public: expired credentials in the environment would only stand in the way. A mirror may want them.
        url = bucket_url(OPENNEURO, endpoint_url=endpoint_url)
        return Source(name or match[1], spelled, "openneuro", url, match[1], match[2], region() if mirror else None, client)
    if match := _NEMAR.fullmatch(text):
        return Source(name or match[1], spelled, "nemar", endpoint_url or nemar.INDEX, match[1], match[2], client=client)
    parts = urlsplit(text)
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(parts.netloc, parts.path, spelled, bucket_url(parts.netloc, endpoint_url=endpoint_url), region(), client)
    if parts.scheme in ("https", "http") and parts.netloc:
        if _BY_PATH.fullmatch(parts.netloc) and parts.path.strip("/"):
            bucket, _, prefix = parts.path.strip("/").partition("/")
            return _bucket(bucket, prefix, spelled, f"{parts.scheme}://{parts.netloc}/{bucket}", region(), client)
        if match := _BY_HOST.fullmatch(parts.netloc):
            return _bucket(match["bucket"], parts.path, spelled, f"https://{parts.netloc}", match["region"] or region(), client)
        if parts.query or parts.fragment:
            raise UsageError(f"{text}: an address of a folder has no ? and no #")
        return Source(_last(parts.path) or parts.hostname or "data", spelled, "tree", text, client=client)
    raise UsageError(
        f"{text}: not a source",
        hint="Give ds005505, hbn:R1, nm000103, s3://bucket/prefix or https://host/path.",
    )


def _bucket(bucket: str, prefix: str, spelled: str, url: str, region: str, client: Client) -> Source:
    return Source(_last(prefix) or bucket, spelled, "s3", url, prefix.strip("/"), None, region, client)


def _last(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.-]", "-", name).lstrip(".-")
