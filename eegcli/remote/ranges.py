"""Range requests: parts of a remote file, read when they are needed; the rest never comes here."""

from __future__ import annotations

import io
import threading
from typing import Any

from eegcli.errors import InputError
from eegcli.remote.body import Body, WholeOnly
from eegcli.remote.client import Client
from eegcli.remote.file import RemoteFile


class Ranges:
    """A remote file whose bytes are asked for by range.

    All answers are of one content: the server is asked for the one it had at the first answer, and a file that has changed
    meanwhile is an error.

    Parameters
    ----------
    file : RemoteFile
    client : Client

    Raises
    ------
    InputError
        If there is no such file, or it changes while it is read, or the server gives whole files only.
    """

    def __init__(self, file: RemoteFile, client: Client) -> None:
        self._file = file
        self._body = Body(file, client, threading.Event())
        if self._body.size is None or self._body.validator is None:
            self._body.learn()
        self.size: int = self._body.size or 0

    @property
    def url(self) -> str:
        """Address of the file."""
        return self._file.url

    @property
    def stopping(self) -> threading.Event:
        """Event that ends a request within a chunk, with `StopAsked`, while it is set."""
        return self._body.stopping

    def read(self, start: int, stop: int) -> bytearray:
        """The bytes from `start` to `stop`, in one request unless the connection breaks.

        Raises
        ------
        ValueError
            If that is not within the file.
        """
        if not 0 <= start <= stop <= self.size:
            raise ValueError(f"bytes {start} to {stop} of a file of {self.size}")
        block = bytearray(stop - start)
        if not block:
            return block

        def sink(offset: int, chunk: bytes) -> None:
            block[offset - start : offset - start + len(chunk)] = chunk

        try:
            self._body.fetch(start, stop, sink)
        except WholeOnly as error:
            raise InputError(
                f"{self.url}: the server gives whole files only, no ranges", hint="Copy the artifact here, or serve it from another server."
            ) from error
        return block


class RangeFile(io.RawIOBase):
    """A remote file as Python's file objects are; its head is fetched once, in one range.

    Parameters
    ----------
    ranges : Ranges
    head : int
        Bytes that are fetched at the first look.
    """

    def __init__(self, ranges: Ranges, head: int) -> None:
        super().__init__()
        self._ranges = ranges
        self._head = ranges.read(0, min(head, ranges.size))
        self._at = 0

    def readable(self) -> bool:
        """True: part of the file interface."""
        return True

    def seekable(self) -> bool:
        """True: part of the file interface."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ranges.size}[whence]
        return self._at

    def tell(self) -> int:
        """The offset."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the offset on."""
        view = memoryview(buffer).cast("B")
        stop = min(self._at + len(view), self._ranges.size)
        n = max(0, stop - self._at)
        if n:
            view[:n] = self._head[self._at : stop] if stop <= len(self._head) else self._ranges.read(self._at, stop)
        self._at += n
        return n
