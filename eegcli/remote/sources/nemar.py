"""Data sets of NEMAR, ``nm000103`` or ``nm000103@1.0.2``: an index names versions, a version's manifest names files with their checksums.

Source: the README of nemar-py 0.3 (pypi.org/project/nemar-py), which downloads from the same addresses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from eegcli.errors import InputError
from eegcli.remote.client import Client
from eegcli.remote.errors import GONE, TransferError
from eegcli.remote.file import RemoteFile
from eegcli.remote.sources.protocol import Access, Source

INDEX = "https://data.nemar.org"
# Annexed files lie in NEMAR's bucket, small ones in its repositories; a manifest that names another server is not followed.
HOSTS = ("data.nemar.org", "nemar.s3.us-east-2.amazonaws.com", "raw.githubusercontent.com")
_NUMBER = re.compile(r"((?:nm|on)\d{6})(?:@v?(\d+(?:\.\d+)*))?")


@dataclass(frozen=True)
class Nemar(Source):
    """A data set of NEMAR."""

    def list_files(self) -> list[RemoteFile]:
        """Read the manifest of the version asked for, else of the latest."""
        return read_manifest(self.client, self.prefix, self.version, endpoint_url=self.url)[1]

    def file(self, path: str, *, size: int | None = None, sha256: str | None = None, md5: str | None = None) -> RemoteFile:
        """The file of a path, as the manifest has it: its address is known to nobody else."""
        listed = next((file for file in self.files() if file.path == path), None)
        if listed is None:
            raise TransferError(f"{self.text}: no file {path} in its manifest", cause=GONE)
        return replace(
            listed,
            bytes=listed.bytes if size is None else size,
            sha256=sha256 or listed.sha256,
            checksum=f"md5:{md5}" if md5 else listed.checksum,
        )


def recognises(text: str) -> bool:
    """True for a number of NEMAR."""
    return _NUMBER.fullmatch(text) is not None


def sources_of(text: str, access: Access) -> list[Source]:
    """The data set of a number."""
    match = _NUMBER.fullmatch(text)
    assert match is not None
    return [Nemar(match[1], text, access.endpoint_url or INDEX, match[1], match[2], client=access.client)]


def read_manifest(client: Client, dataset: str, version: str | None, *, endpoint_url: str | None = None) -> tuple[str, list[RemoteFile]]:
    """The files of a data set, and their version.

    Parameters
    ----------
    client : Client
    dataset : str
        E.g. ``nm000103``.
    version : str or None
        None is the latest.
    endpoint_url : str, optional
        A server to ask instead of NEMAR's.

    Raises
    ------
    InputError
        If there is no such version, or NEMAR's answer is of an unknown form.
    """
    base = f"{(endpoint_url or INDEX).rstrip('/')}/{dataset}/"
    hosts = (*HOSTS, urlsplit(base).netloc)
    index = _json(client, base, hosts)
    try:
        versions = {str(entry["version"]).removeprefix("v"): str(entry["manifest_url"]) for entry in index["versions"]}
        wanted = (version or str(index["latest"])).removeprefix("v")
    except (KeyError, TypeError) as error:
        raise _unknown(base, error) from error
    if wanted not in versions:
        raise InputError(f"{dataset}@{wanted}: NEMAR serves no such version", hint=f"There are: {', '.join(sorted(versions))}.")
    address = urljoin(base, versions[wanted])
    manifest = _json(client, address, hosts)
    try:
        return wanted, list(_files(manifest["files"], address, hosts))
    except (KeyError, TypeError, ValueError) as error:
        raise _unknown(address, error) from error


def _files(entries: Any, address: str, hosts: tuple[str, ...]) -> Iterator[RemoteFile]:
    for entry in entries:
        path, size = str(entry["path"]), entry.get("size")
        url = urljoin(address, str(entry.get("url") or quote(path)))
        if urlsplit(url).netloc not in hosts:
            raise InputError(f"{address}: {path} lies on another server ({urlsplit(url).netloc}), which is not followed")
        algorithm, checksum = str(entry.get("checksum_algorithm", "")).lower(), str(entry.get("checksum") or "").lower()
        yield RemoteFile(
            path=path,
            bytes=None if size is None else int(size),
            etag=None,
            sha256=checksum if algorithm == "sha256" and checksum else None,
            url=url,
            checksum=f"{algorithm}:{checksum}" if algorithm in ("md5", "git") and checksum else None,
            hosts=hosts,
        )


def _json(client: Client, url: str, hosts: tuple[str, ...]) -> Any:
    body, _ = client.read(url, hosts=hosts)
    try:
        return json.loads(body)
    except ValueError as error:
        raise _unknown(url, error) from error


def _unknown(url: str, error: Exception) -> InputError:
    return InputError(f"{url}: NEMAR's answer is of an unknown form ({error!r})", hint="Fetch it with DataLad, or from an s3:// address.")
