"""Download of one file: its blocks are handed out to the threads that have a connection free."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import xxhash

from eegcli.files import atomic
from eegcli.files.folders import make_folder
from eegcli.files.locks import NO_FOLLOW, NO_INHERIT
from eegcli.remote.body import Body, StopAsked, WholeOnly
from eegcli.remote.client import Client
from eegcli.remote.digests import Digests
from eegcli.remote.errors import DAMAGED, TransferError
from eegcli.remote.file import RemoteFile
from eegcli.remote.partial import BLOCK, Partial

OPEN = -1  # the unit of work that comes before any block


@dataclass(frozen=True)
class Fetched:
    """Outcome of fetching one file.

    Attributes
    ----------
    file : RemoteFile
    target : Path
        Where it is, if `error` is None.
    bytes : int or None
        Its size.
    sha256 : str or None
        Of its content, hexadecimal.
    etag : str or None
        As the server gave it.
    error : TransferError or None
        Why it is not here.
    """

    file: RemoteFile
    target: Path
    bytes: int | None = None
    sha256: str | None = None
    etag: str | None = None
    error: TransferError | None = None

    @property
    def ok(self) -> bool:
        """True if the file is here, whole."""
        return self.error is None


class Download:
    """Download of a file: the blocks of it that are still to be fetched.

    Parameters
    ----------
    file : RemoteFile
    target : Path
        Its final name; the folder is made.
    client : Client
    stopping : threading.Event
    block : int
        Bytes of a block; a file of one block is fetched in one answer, without a journal.
    """

    def __init__(self, file: RemoteFile, target: Path, client: Client, stopping: threading.Event, *, block: int = BLOCK) -> None:
        self.file, self.target = file, target
        self._client, self._stopping, self._block = client, stopping, block
        self._body = Body(file, client, stopping)
        self._partial: Partial | None = None
        self._lock = threading.Lock()
        self._todo: list[int] = [OPEN]
        self._running = 0
        self._restarts = 0
        self._whole_only = False
        self._error: TransferError | None = None
        self.settled: Fetched | None = None

    def claim(self) -> int | None:
        """Claim a unit of work that no thread does yet; None if there is none now."""
        with self._lock:
            if not self._todo or self._error is not None:
                return None
            self._running += 1
            return self._todo.pop()

    @property
    def open(self) -> bool:
        """True if more blocks may come."""
        return self.settled is None

    def work(self, number: int) -> None:
        """Fetch a unit of work (the opening of the file, or a block); the last one settles the file.

        Raises
        ------
        UnavailableError
            If the disk is full.
        StopAsked
            If the transfer was asked to stop; what is here is kept.
        """
        try:
            if number == OPEN:
                self._open()
            else:
                self._fetch_block(number)
        except TransferError as error:
            with self._lock:
                self._error = self._error or error
        finally:
            with self._lock:
                self._running -= 1
                last = self._running == 0 and self.settled is None and (self._error is not None or not self._todo)
                if last:
                    self._running += 1
        if last:
            self._settle()

    def close(self) -> None:
        """Close the partial file; its blocks are kept for another run."""
        if self._partial is not None:
            self._partial.close()

    def _open(self) -> None:
        needs_validator = (self.file.bytes or 0) > self._block and not (self.file.etag or self.file.sha256 or self.file.checksum)
        if self._body.size is None or needs_validator:
            self._body.learn()
        size = self._body.size or 0
        if self.target.is_symlink() or (self.target.exists() and not self.target.is_file()):
            raise TransferError(f"{self.file.path}: something else lies in its place", cause="refused")
        if size <= self._block:
            self._fetch_small(size)
            return
        make_folder(self.target.parent)
        self._partial = Partial(self.target, self.file, size, self._body.validator, block=self._block)
        with self._lock:
            self._todo = sorted(set(range(self._partial.n_blocks)) - self._partial.done, reverse=True)

    def _fetch_small(self, size: int) -> None:
        """A file of one block: in one answer, digested as it comes."""
        for left in range(self._client.limits.restarts, -1, -1):
            try:
                with atomic.writing(self.target) as temporary:
                    digests = self._stream(temporary, size)
                    self._require(digests)
            except TransferError as error:
                if error.cause != DAMAGED or not left:
                    raise
            else:
                self._settle_as(size, digests)
                return

    def _stream(self, path: Path, size: int) -> Digests:
        digests = Digests(self.file, size)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_FOLLOW | NO_INHERIT, 0o666)

        def sink(offset: int, chunk: bytes) -> None:
            view = memoryview(chunk)
            while view:
                view = view[os.write(handle, view) :]
            digests.update(chunk)

        def again() -> None:
            nonlocal digests
            digests = Digests(self.file, size)
            os.lseek(handle, 0, os.SEEK_SET)
            os.ftruncate(handle, 0)

        try:
            self._body.fetch(0, size, sink, whole=True, again=again)
        finally:
            os.close(handle)
        return digests

    def _fetch_block(self, number: int) -> None:
        partial = self._partial
        assert partial is not None
        if self._whole_only:
            return
        state = xxhash.xxh3_64()

        def sink(offset: int, chunk: bytes) -> None:
            partial.write(offset, chunk)
            state.update(chunk)

        try:
            self._body.fetch(partial.start_of(number), partial.end_of(number), sink)
        except WholeOnly:
            with self._lock:
                first, self._whole_only = not self._whole_only, True
                self._todo = []
            if first:
                self._fetch_whole(partial)
            return
        partial.finish(number, state.intdigest())

    def _fetch_whole(self, partial: Partial) -> None:
        """All blocks from one answer: for servers that know no ranges."""
        state, number = xxhash.xxh3_64(), 0

        def sink(offset: int, chunk: bytes) -> None:
            nonlocal state, number
            while chunk:
                piece = chunk[: partial.end_of(number) - offset]
                if number not in partial.done:
                    partial.write(offset, piece)
                    state.update(piece)
                offset, chunk = offset + len(piece), chunk[len(piece) :]
                if offset == partial.end_of(number):
                    if number not in partial.done:
                        partial.finish(number, state.intdigest())
                    state, number = xxhash.xxh3_64(), number + 1

        def again() -> None:
            nonlocal state, number
            state, number = xxhash.xxh3_64(), 0

        self._body.fetch(0, partial.size, sink, whole=True, again=again)

    def _settle(self) -> None:
        partial, error = self._partial, self._error
        try:
            if partial is not None and error is None and partial.complete:
                if not partial.digest_rest(self._stopping.is_set):
                    raise StopAsked
                try:
                    self._require(partial.digests)
                except TransferError as problem:
                    partial.discard()
                    if self._restarts < self._client.limits.restarts:
                        self._restarts += 1
                        self._partial, self._todo, self._whole_only = None, [OPEN], False
                        return
                    error = problem
                else:
                    partial.publish()
                    self._settle_as(partial.size, partial.digests)
        finally:
            with self._lock:
                self._running -= 1
        if error is not None:
            if partial is not None:
                partial.close()
            self.settled = Fetched(self.file, self.target, error=error)

    def _settle_as(self, size: int, digests: Digests) -> None:
        self._todo = []
        self.settled = Fetched(self.file, self.target, size, digests.sha256, self._body.etag)

    def _require(self, digests: Digests) -> None:
        problem = digests.mismatch(etag_is_md5=self._body.etag_is_md5)
        if problem:
            hint = "Run the same command again; if it stays, tell the publisher."
            raise TransferError(f"{self.file.path}: {problem}", hint=hint, cause=DAMAGED)
