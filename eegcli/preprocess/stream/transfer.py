"""Requests of a stream: one recording at a time, many small files at once, and checks of content."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from eegcli.remote.body import Body
from eegcli.remote.client import Client
from eegcli.remote.errors import TransferError
from eegcli.remote.file import RemoteFile
from eegcli.remote.transfer import fetch_file

AT_ONCE = 16  # questions
CONNECTIONS = 4  # for the parts of one recording


def fetch(file: RemoteFile, target: Path, stopping: threading.Event) -> None:
    """Bring one file, whole and verified, or raise; set `stopping` to give it up."""
    fetch_file(file, target, jobs=CONNECTIONS, client=_client(), stopping=stopping)


@functools.cache
def _client() -> Client:
    return Client(connections=2 * AT_ONCE)


def identified(files: Sequence[RemoteFile], client: Client) -> list[RemoteFile]:
    """The same files with size and ETag, where a listing does not say them: index pages of web servers have names only.

    A file about which the server does not answer is left as it is; its transfer will say why.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(functools.partial(_identified, client=client), files))


def _identified(file: RemoteFile, client: Client) -> RemoteFile:
    if file.bytes is not None and (file.etag or file.sha256 or file.checksum):
        return file
    body = Body(file, client, threading.Event())
    try:
        body.learn()
    except TransferError:
        return file
    return replace(file, bytes=body.size, etag=body.etag)
