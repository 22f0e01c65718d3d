"""git-annex keys: size and checksum of a file in one name, and links that carry such a name in place of the file."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

OBJECTS = ".git/annex/objects"  # where links lead: as in a clone by git-annex

_KEY = re.compile(r"(?P<backend>SHA256|MD5)E?-s(?P<size>\d+)--(?P<digest>[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")
_SIZE = re.compile(r"-s(\d+)-")


@dataclass(frozen=True)
class AnnexKey:
    """Size and checksum that the key of an annexed file states.

    Attributes
    ----------
    size : int
        Bytes.
    sha256, md5 : str or None
        Hexadecimal.
    """

    size: int
    sha256: str | None
    md5: str | None

    @property
    def digest(self) -> str:
        """``sha256:…`` or ``md5:…``."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


def read_key(name: str) -> AnnexKey | None:
    """Parse a key; None if it holds neither SHA-256 nor MD5."""
    match = _KEY.search(name)
    if match is None or len(match["digest"]) != {"SHA256": 64, "MD5": 32}[match["backend"]]:
        return None
    is_sha = match["backend"] == "SHA256"
    return AnnexKey(int(match["size"]), match["digest"] if is_sha else None, None if is_sha else match["digest"])


def size_of_key(key: str | None) -> int | None:
    """Read the size (bytes) that a key of any backend states; None if it states none."""
    match = _SIZE.search(key) if key else None
    return int(match.group(1)) if match else None


def link_key(root: Path, path: str, key: str) -> None:
    """Link a key in place of a file, as in a clone by git-annex of which nothing is fetched.

    Parameters
    ----------
    root : Path
        The data set.
    path : str
        Of the file, relative to it.
    key : str
        The key of the file's content.
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
    """Test for a link to an annex key whose content is not there."""
    return place.is_symlink() and not place.exists() and f"{OBJECTS}/" in place.readlink().as_posix()
