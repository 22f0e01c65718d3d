"""git-annex keys of remote files, from what their server lists."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from eegcli.remote.file import RemoteFile

_EXTENSION = re.compile(r"(\.[A-Za-z0-9]{1,8}){0,2}$")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,80}")


def key_of(file: RemoteFile) -> str:
    """Make the key of a remote file: a name that changes when the content does.

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
