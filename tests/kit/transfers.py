"""Transfers of the tests: small blocks, short patience."""

from __future__ import annotations

import hashlib
from pathlib import Path

from eegcli.remote.client import Client
from eegcli.remote.limits import Limits

QUICK = Limits(connect_seconds=2, read_seconds=1, slow_seconds=0.4, slow_bytes=4096, tries=4, pause_seconds=0.01)


BLOCK = 64 << 10


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def client() -> Client:
    return Client(QUICK)


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())
