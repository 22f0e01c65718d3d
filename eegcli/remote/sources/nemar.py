"""Data sets of NEMAR: an index names versions, a version's manifest names files with their checksums.

Source: the README of nemar-py 0.3 (pypi.org/project/nemar-py), which downloads from the same addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from eegcli.errors import InputError
from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile

INDEX = "https://data.nemar.org"
# Annexed files lie in NEMAR's bucket, small ones in its repositories; a manifest that names another server is not followed.
HOSTS = ("data.nemar.org", "nemar.s3.us-east-2.amazonaws.com", "raw.githubusercontent.com")


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
