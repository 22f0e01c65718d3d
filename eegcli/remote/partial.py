"""Partial download of a file: its blocks arrive in any order, and whole ones are never fetched again.

Beside the bytes lies a journal: a header that says of which remote content they are, then a record for each block that is here,
its number and its checksum. A record is written after its block. What a killed process or a power cut left half written has no
record, or a record that does not fit, and is fetched again.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xxhash

from eegcli.files.causes import disk_errors
from eegcli.files.locks import NO_FOLLOW, NO_INHERIT
from eegcli.remote.digests import Digests
from eegcli.remote.file import RemoteFile

BLOCK = 8 << 20  # bytes
PART, JOURNAL = ".eegcli-part", ".eegcli-journal"
_RECORD = struct.Struct("<QQ")  # number of the block, xxh3-64 of its bytes
_READ = 1 << 20


def part_path(target: Path) -> Path:
    """Path of the bytes of `target` until they are all there."""
    return target.with_name(f".{target.name}{PART}")


def journal_path(target: Path) -> Path:
    """Path of the journal of `target`."""
    return target.with_name(f".{target.name}{JOURNAL}")


class Partial:
    """Partial download: the blocks of one file that are here.

    Parameters
    ----------
    target : Path
        The final name.
    file : RemoteFile
        What is fetched.
    size : int
        Bytes of the whole.
    validator : str or None
        ETag or Last-Modified of the content; without one, and without a checksum, nothing of an earlier run is kept.
    block : int
        Bytes of a block.
    """

    def __init__(self, target: Path, file: RemoteFile, size: int, validator: str | None, *, block: int = BLOCK) -> None:
        self.target, self.size, self.block = target, size, block
        self.n_blocks = max(1, -(-size // block))
        self._lock = threading.Lock()
        self._hash_lock = threading.Lock()
        self.digests = Digests(file, size)
        self._hashed = 0  # blocks
        header = {"size": size, "block": block, "validator": validator, "sha256": file.sha256, "checksum": file.checksum}
        may_resume = bool(validator or file.sha256 or file.md5 or file.checksum)
        with disk_errors(target):
            self._file = os.open(part_path(target), os.O_RDWR | os.O_CREAT | NO_FOLLOW | NO_INHERIT, 0o666)
            try:
                kept = self._resume(header) if may_resume else {}
                self._journal = self._begin(header, kept)
            except BaseException:
                os.close(self._file)
                raise
        self.done = set(kept)

    def start_of(self, number: int) -> int:
        """Offset of a block."""
        return number * self.block

    def end_of(self, number: int) -> int:
        """Offset after a block."""
        return min(self.size, (number + 1) * self.block)

    def write(self, offset: int, chunk: bytes) -> None:
        """Write bytes at their offset in the file.

        Raises
        ------
        UnavailableError
            If the disk is full.
        """
        view = memoryview(chunk)
        with disk_errors(self.target):
            while view:
                written = os.pwrite(self._file, view, offset)
                view, offset = view[written:], offset + written

    def finish(self, number: int, checksum: int) -> None:
        """Record in the journal that a block is here, and digest what follows on what is digested already."""
        with self._lock, disk_errors(self.target):
            os.write(self._journal, _RECORD.pack(number, checksum))
            self.done.add(number)
        self.digest_ahead()

    def digest_ahead(self) -> None:
        """Digest the blocks that lie next to what is digested; one thread at a time does it, and the others go on fetching."""
        if self._hash_lock.acquire(blocking=False):
            try:
                self._digest_while(lambda: True)
            finally:
                self._hash_lock.release()

    def digest_rest(self, stopping: Callable[[], bool]) -> bool:
        """Digest what is left of the complete file; False if that was stopped."""
        with self._hash_lock:
            self._digest_while(lambda: not stopping())
        return self._hashed == self.n_blocks

    def _digest_while(self, going: Callable[[], bool]) -> None:
        while self._hashed in self.done and going():
            self._digest(self._hashed)
            self._hashed += 1

    def _digest(self, number: int) -> None:
        offset, end = self.start_of(number), self.end_of(number)
        while offset < end:
            chunk = os.pread(self._file, min(_READ, end - offset), offset)
            if not chunk:
                raise EOFError(f"{part_path(self.target)}: shorter than it was written")
            self.digests.update(chunk)
            offset += len(chunk)

    @property
    def complete(self) -> bool:
        """True if every block is here."""
        return len(self.done) == self.n_blocks

    def publish(self) -> None:
        """Publish the complete file under its name: synced, then renamed."""
        with disk_errors(self.target):
            os.ftruncate(self._file, self.size)
            os.fsync(self._file)
            part_path(self.target).replace(self.target)
            journal_path(self.target).unlink(missing_ok=True)
        self.close()

    def discard(self) -> None:
        """Remove the partial file and its journal."""
        self.close()
        with contextlib.suppress(OSError):
            part_path(self.target).unlink(missing_ok=True)
            journal_path(self.target).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the partial file and its journal; they are kept for another run."""
        for handle in (self._file, self._journal):
            with contextlib.suppress(OSError):
                os.close(handle)
        self._file = self._journal = -1

    def _resume(self, header: dict[str, Any]) -> dict[int, int]:
        """Blocks that an earlier run left whole, with their checksums; they are read to see that."""
        try:
            first, _, records = journal_path(self.target).read_bytes().partition(b"\n")
            if json.loads(first) != header:
                return {}
        except (OSError, ValueError):
            return {}
        whole = len(records) - len(records) % _RECORD.size
        noted = dict(_RECORD.iter_unpack(records[:whole]))
        return {number: checksum for number, checksum in noted.items() if number < self.n_blocks and self._checksum(number) == checksum}

    def _checksum(self, number: int) -> int | None:
        state, offset, end = xxhash.xxh3_64(), self.start_of(number), self.end_of(number)
        while offset < end:
            chunk = os.pread(self._file, min(_READ, end - offset), offset)
            if not chunk:
                return None
            state.update(chunk)
            offset += len(chunk)
        return state.intdigest()

    def _begin(self, header: dict[str, Any], kept: dict[int, int]) -> int:
        path = journal_path(self.target)
        text = json.dumps(header).encode() + b"\n" + b"".join(_RECORD.pack(*record) for record in sorted(kept.items()))
        temporary = path.with_name(f"{path.name}-new")  # not synced: a journal that a power cut damages costs its blocks, nothing else
        temporary.write_bytes(text)
        temporary.replace(path)
        return os.open(path, os.O_WRONLY | os.O_APPEND | NO_FOLLOW | NO_INHERIT)


def sweep(folder: Path, wanted: set[Path]) -> None:
    """Remove what is half fetched below `folder`, but of the targets in `wanted`; the caller holds the folder's lock."""
    kept = {path for target in wanted for path in (part_path(target), journal_path(target))}
    for pattern in (f".*{PART}", f".*{JOURNAL}", f".*{JOURNAL}-new"):
        for path in folder.rglob(pattern):
            if path not in kept:
                path.unlink(missing_ok=True)
