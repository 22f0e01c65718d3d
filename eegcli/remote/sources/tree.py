"""Folders on a web server, ``https://host/path``: listed by the index pages of nginx, Apache and the like, or nginx' JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from eegcli.errors import InputError, UsageError
from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile
from eegcli.remote.sources.protocol import Access, Source, folder_name, not_a_source

MAX_DEPTH = 8  # folders below the root; BIDS needs three
MAX_FILES = 2_000_000
MAX_PAGE = 64 << 20  # bytes
AT_ONCE = 8  # pages
_SIZE = re.compile(r"\s(\d+)\s*$")


@dataclass(frozen=True)
class Tree(Source):
    """A folder of a web server."""

    def list_files(self) -> Iterator[RemoteFile]:
        """Walk through the index pages."""
        return list_tree(self.client, self.url)

    def file(self, path: str, *, size: int | None = None, sha256: str | None = None, md5: str | None = None) -> RemoteFile:
        """The file of a path below the folder."""
        url = f"{self.url.rstrip('/')}/{quote(path)}"
        return RemoteFile(path, size, None, sha256, url, checksum=f"md5:{md5}" if md5 else None)


def recognises(text: str) -> bool:
    """True for ``https://`` and ``http://``."""
    return text.startswith(("https://", "http://"))


def sources_of(text: str, access: Access) -> list[Source]:
    """The folder of an address.

    Raises
    ------
    UsageError
        If the address names no server, or has a query.
    """
    parts = urlsplit(text)
    if not parts.netloc:
        raise not_a_source(text)
    if parts.query or parts.fragment:
        raise UsageError(f"{text}: an address of a folder has no ? and no #")
    return [Tree(folder_name(parts.path) or parts.hostname or "data", text, text, client=access.client)]


def list_tree(client: Client, url: str, *, only_subjects: bool = True) -> Iterator[RemoteFile]:
    """List every file below an address; at the root, of folders only ``sub-*`` are looked into, unless told otherwise.

    Parameters
    ----------
    client : Client
    url : str
        Of a folder.
    only_subjects : bool
        False for what is no BIDS data set.

    Raises
    ------
    InputError
        If there is no index page.
    """
    root = url if url.endswith("/") else f"{url}/"
    level, n_files = [root], 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for depth in range(MAX_DEPTH + 1):
            folders: list[str] = []
            for files, below in pool.map(lambda address: _list_folder(client, address, root), level):
                n_files += len(files)
                if n_files > MAX_FILES:
                    raise InputError(f"{url}: more than {MAX_FILES:,} files")
                yield from files
                folders += [
                    folder
                    for folder in below
                    if depth > 0 or not only_subjects or urlsplit(folder).path.rstrip("/").rpartition("/")[2].startswith("sub-")
                ]
            level = folders
            if not level:
                return
    raise InputError(f"{url}: folders lie more than {MAX_DEPTH} deep", hint="Give the folder that holds the sub-* folders.")


def _list_folder(client: Client, url: str, root: str) -> tuple[list[RemoteFile], list[str]]:
    body, kind = client.read(url, most=MAX_PAGE)
    if "json" in kind or body.lstrip()[:1] == b"[":
        links = _from_json(url, body)
    elif "html" in kind or body.lstrip()[:1] == b"<":
        links = _from_html(body)
    else:
        raise InputError(f"{url}: no index page", hint="The server must list its folders (autoindex); an s3:// address needs none.")
    files, folders = [], []
    for link, size in links:
        name = _below(url, link)
        if name is None:
            continue
        if name.endswith("/"):
            folders.append(f"{url}{name}")
        else:
            path = unquote(f"{url}{name}"[len(root) :], errors="surrogateescape")
            files.append(RemoteFile(path=path, bytes=size, etag=None, sha256=None, url=f"{url}{name}"))
    return files, folders


def _below(folder: str, link: str) -> str | None:
    """The name of a link that leads to an entry of a folder itself, percent-encoded; None for any other link."""
    target = urlsplit(urljoin(folder, link))
    here = urlsplit(folder)
    if (target.scheme, target.netloc) != (here.scheme, here.netloc) or target.query or target.fragment:
        return None
    if not target.path.startswith(here.path):
        return None
    name = target.path[len(here.path) :]
    # A slash that is encoded is part of a name for the server, and a way out for a path.
    return None if not name.rstrip("/") or "/" in name.rstrip("/") or name.startswith("/") else name


def _from_json(url: str, body: bytes) -> list[tuple[str, int | None]]:
    try:
        entries: Any = json.loads(body)
        return [
            (quote(entry["name"]) + ("/" if entry["type"] == "directory" else ""), entry.get("size"))
            for entry in entries
            if entry["type"] in ("directory", "file")
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{url}: its index cannot be read ({error})") from error


class _Links(HTMLParser):
    """Links of an index page, each with the text that follows it up to the next."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.links.append((target, []))
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self.links and not self._inside:
            self.links[-1][1].append(data)


def _from_html(body: bytes) -> list[tuple[str, int | None]]:
    parser = _Links()
    parser.feed(body.decode("utf-8", "replace"))
    links: dict[str, int | None] = {}
    for target, text in parser.links:
        # nginx gives exact sizes; others round ("1.2K"), which is no size.
        line = "".join(text).splitlines()
        size = _SIZE.search(f" {line[0]}") if line else None
        if target not in links:
            links[target] = int(size[1]) if size else None
    return list(links.items())
