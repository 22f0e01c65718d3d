"""Parts of a long FIF file: each names the next one, which MNE reads with it.

The format: a row of tags, each a kind, a type, a length and the place of the next (Functional Image File Format, Elekta Neuromag 2011).
"""

from __future__ import annotations

import struct
from pathlib import Path

_ROLE, _FILE_NAME, _NEXT_FILE = 115, 118, 2
_MAX_NAME = 4096  # bytes


def parts_after(path: Path) -> list[Path]:
    """Parts of a FIF file that follow it, in their order, as far as they are here."""
    found: list[Path] = []
    following = _next(path)
    while following is not None and following.is_file() and following not in (path, *found):
        found.append(following)
        following = _next(following)
    return found


def _next(path: Path) -> Path | None:
    """Path of the next part; None for a last one, and for what is no FIF file."""
    size, place, role = path.stat().st_size, 0, 0
    with path.open("rb") as stream:
        while place + 16 <= size:
            stream.seek(place)
            kind, _, length, following = struct.unpack(">iIii", stream.read(16))
            if length < 0 or (following > 0 and following <= place):
                return None
            if kind == _ROLE and length == 4:
                role = struct.unpack(">i", stream.read(4).ljust(4, b"\0"))[0]
            if kind == _FILE_NAME and role == _NEXT_FILE and length < _MAX_NAME:
                name = Path(stream.read(length).decode("latin-1")).name  # of the same folder, whatever it says
                return path.parent / name if name else None
            if following < 0:
                return None
            place = following or place + 16 + length
    return None
