"""Digests: of values that JSON can hold, and of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xxhash

from eegcli.files.atomic import plain

BLOCK = 1 << 20  # bytes


def digest_of(value: Any) -> str:
    """Digest of anything JSON can hold, independent of the order of keys (xxh3-128, hexadecimal)."""
    return xxhash.xxh3_128_hexdigest(json.dumps(plain(value), sort_keys=True, ensure_ascii=False).encode())


def digest_of_file(path: Path) -> str:
    """Digest of a file's bytes (xxh3-128, hexadecimal), read in blocks that stay in the processor's cache."""
    state, block = xxhash.xxh3_128(), bytearray(BLOCK)
    view = memoryview(block)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(block):
            state.update(view[:n])
    return state.hexdigest()
