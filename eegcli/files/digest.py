"""Digests: of values that JSON can hold, and of files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import xxhash

from eegcli.files.atomic import plain

BLOCK = 1 << 20  # bytes


def digest_of(value: Any) -> str:
    """Digest of anything JSON can hold, independent of the order of keys (xxh3-128, hexadecimal)."""
    return xxhash.xxh3_128_hexdigest(json.dumps(plain(value), sort_keys=True, ensure_ascii=False).encode())


def digest_of_file(path: Path, *, without: tuple[int, int] = (0, 0)) -> str:
    """Digest of a file's bytes (xxh3-128, hexadecimal), read in blocks that stay in the processor's cache.

    Parameters
    ----------
    path : Path
    without : (int, int), optional
        Offset and size of bytes that are left out.
    """
    state, block = xxhash.xxh3_128(), bytearray(BLOCK)
    view, left = memoryview(block), without[0] if without[1] else None
    with path.open("rb", buffering=0) as file:
        if left == 0:
            file.seek(without[1])
            left = None
        while n := file.readinto(view if left is None else view[:left]):
            state.update(view[:n])
            if left is not None:
                left -= n
                if not left:
                    file.seek(without[1], os.SEEK_CUR)
                    left = None
    return state.hexdigest()
