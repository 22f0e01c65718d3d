"""Keys: what a remote file holds, said in one name, as git-annex does it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path, PurePosixPath

from eegcli.remote.file import RemoteFile

OBJECTS = ".git/annex/objects"  # where links lead: as in a clone by git-annex

_EXTENSION = re.compile(r"(\.[A-Za-z0-9]{1,8}){0,2}$")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}")


def key_of(file: RemoteFile) -> str:
    """A name that changes when the content does.

    Parameters
    ----------
    file : RemoteFile
        As its server lists it.

    Returns
    -------
    str
        A key of git-annex (``BACKEND-sBYTES--CHECKSUM``) by the best checksum that is known before the file is here: SHA-256, MD5,
        else the server's ETag (``XETAG``), else the address alone (``URL``). Where two places know the same checksum of a file, its key is
        the same.
    """
    size = "" if file.bytes is None else f"-s{file.bytes}"
    extension = _extension(file.path)
    if file.sha256:
        return f"SHA256E{size}--{file.sha256}{extension}"
    if file.md5:
        return f"MD5E{size}--{file.md5}{extension}"
    if file.checksum:
        kind, _, value = file.checksum.partition(":")
        return f"X{kind.upper()}{size}--{_plain(value)}{extension}"
    if file.etag:
        return f"XETAG{size}--{_plain(file.etag)}{extension}"
    return f"URL{size}--{hashlib.sha256(file.url.encode()).hexdigest()}{extension}"


def _plain(value: str) -> str:
    bare = value.removeprefix("W/").strip('"')
    return bare if _PLAIN.fullmatch(bare) else hashlib.sha256(value.encode()).hexdigest()


def _extension(path: str) -> str:
    match = _EXTENSION.search(PurePosixPath(path).name)
    return match.group() if match else ""


def link_key(root: Path, path: str, key: str) -> None:
    """Put a link that leads nowhere in a file's place: its target says what the file would hold, as in a clone by git-annex.

    Parameters
    ----------
    root : Path
        The data set.
    path : str
        Of the file, relative to it.
    key : str
        From `key_of`.
    """
    place, target = root / path, f"{'../' * path.count('/')}{OBJECTS}/{key}/{key}"
    with contextlib.suppress(OSError):
        if os.readlink(place) == target:  # noqa: PTH115  # ten times as fast, and there are thousands
            return
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.{os.getpid()}.link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(place)


def is_key_link(place: Path) -> bool:
    """Whether there is such a link, and nothing that it leads to."""
    return place.is_symlink() and not place.exists() and f"{OBJECTS}/" in place.readlink().as_posix()
