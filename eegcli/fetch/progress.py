"""Progress log of a fetch, line by line: after a kill it is known again what is here, without reading a file."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from eegcli.errors import ArtifactError
from eegcli.fetch.manifest import FILE, OK, Entry, read_manifest
from eegcli.files.causes import disk_errors
from eegcli.files.locks import NO_FOLLOW, NO_INHERIT

LOG = ".eegcli-fetch.jsonl"


def known_entries(root: Path) -> dict[str, Entry]:
    """Read which files the manifest and the log of an earlier run say are here, by path."""
    known: dict[str, Entry] = {}
    if (root / FILE).exists():
        with contextlib.suppress(ArtifactError):
            known = {entry.path: entry for entry in read_manifest(root)}
    with contextlib.suppress(OSError):
        for line in (root / LOG).read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):  # the last line of a killed run may be half a line
                entry = Entry(**json.loads(line))
                known[entry.path] = entry
    return {path: entry for path, entry in known.items() if entry.status == OK}


class Log:
    """Progress log of a fetch that is under way."""

    def __init__(self, root: Path) -> None:
        with disk_errors(root):
            self._handle = os.open(root / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_INHERIT | NO_FOLLOW, 0o666)
            os.write(self._handle, b"\n")  # ends what a killed run left half written
        self._root = root

    def add(self, entry: Entry) -> None:
        """Note that a file is here: one write, so that lines never mix."""
        with disk_errors(self._root):
            os.write(self._handle, (json.dumps(asdict(entry)) + "\n").encode())

    def close(self, *, remove: bool) -> None:
        """Close the log; once the manifest is written nobody needs it."""
        os.close(self._handle)
        if remove:
            (self._root / LOG).unlink(missing_ok=True)


@contextlib.contextmanager
def logging_to(root: Path) -> Iterator[Log]:
    """A log for the time of the block; removed if that ends well."""
    log = Log(root)
    ended = False
    try:
        yield log
        ended = True
    finally:
        log.close(remove=ended)
