"""Digests: of settings, of files and of other artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import xxhash

from eegcli.files.atomic import plain


def digest_of(value: Any) -> str:
    """Digest of anything JSON can hold, independent of the order of keys (xxh3-128, hexadecimal)."""
    return xxhash.xxh3_128_hexdigest(json.dumps(plain(value), sort_keys=True, ensure_ascii=False).encode())


def digest_of_file(path: Path) -> str:
    """Digest of a file's bytes (xxh3-128, hexadecimal), read in blocks."""
    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def binding(settings: Any) -> dict[str, Any]:
    """The fields of a settings object that decide the bytes of the result: all that are not `free()`."""
    return plain({f.name: _plain_mapping(getattr(settings, f.name)) for f in fields(settings) if not f.metadata.get("free")})  # type: ignore[no-any-return]


def _plain_mapping(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
