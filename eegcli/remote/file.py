"""Remote files, and the check of remote names before they become paths here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_NAME_BYTES = 200  # of one folder or file: file systems take 255, and temporary names are longer
_DRIVE = re.compile(r"^[A-Za-z]:")
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class RemoteFile:
    """Remote file, as its server lists it.

    Attributes
    ----------
    path : str
        Relative to the data set, with forward slashes; it cannot leave the folder it is put in.
    bytes : int or None
        None where the listing does not say.
    etag : str or None
        As the server writes it, quotes included; it tells one content from another.
    sha256 : str or None
        Of the content, hexadecimal, where a git-annex key or manifest says it.
    url : str
        Where it is.
    checksum : str or None
        ``md5:…`` or ``git:…`` (SHA-1 of a git blob), where the listing says it.
    region : str or None
        Requests are signed for this region of S3, if there are credentials; None is never signed.
    hosts : tuple of str
        Hosts (with port) a redirect may lead to beside the file's own.
    """

    path: str
    bytes: int | None
    etag: str | None
    sha256: str | None
    url: str
    checksum: str | None = None
    region: str | None = None
    hosts: tuple[str, ...] = ()

    @property
    def md5(self) -> str | None:
        """MD5 of the content, where it is known: the ETag of an S3 object that was uploaded in one part is that."""
        if self.checksum and self.checksum.startswith("md5:"):
            return self.checksum[4:]
        bare = (self.etag or "").strip('"')
        return bare if self.region is not None and _MD5.fullmatch(bare) else None


@dataclass(frozen=True)
class Refused:
    """A remote name that may not become a path here.

    Attributes
    ----------
    name : str
        As the server has it.
    reason : str
        Why not.
    """

    name: str
    reason: str


def why_unsafe(name: str) -> str | None:
    """Explain why a remote name may not become a path below a folder; None if it may."""
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        return "control characters in the name"
    if "\\" in name:
        return "a backslash in the name"
    if name.startswith("/") or _DRIVE.match(name):
        return "an absolute path"
    parts = name.split("/")
    if ".." in parts:
        return "the path leads out of the folder"
    if "" in parts or "." in parts:
        return "an empty part in the path"
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES for part in parts):
        return f"a name longer than {MAX_NAME_BYTES} bytes"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "characters that are none"
    return None


def sort_out(files: Iterable[RemoteFile]) -> tuple[list[RemoteFile], list[Refused]]:
    """Split a listing into files that may come here, in the order of their paths, and names that are refused."""
    good: dict[str, RemoteFile] = {}
    refused: list[Refused] = []
    for file in files:
        reason = why_unsafe(file.path)
        if reason is None and file.path in good:
            reason = "the name stands in the listing twice"
        if reason is None:
            good[file.path] = file
        else:
            refused.append(Refused(file.path, reason))
    folders = {path[:end] for path in good for end in _slashes(path)}
    for path in sorted(folders & good.keys()):
        refused.append(Refused(path, "the name is both a file and a folder"))
        del good[path]
    return [good[path] for path in sorted(good)], refused


def _slashes(path: str) -> Iterable[int]:
    return (index for index, character in enumerate(path) if character == "/")
