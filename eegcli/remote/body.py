"""HTTP body of a remote file, or of a range of it: asked for again from where it broke off, and refused where it is something else."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

from eegcli.remote.client import Client
from eegcli.remote.errors import CHANGED, DAMAGED, DENIED, TransferError, TryAgain
from eegcli.remote.file import RemoteFile

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
FEW = 3  # tries for answers that are wrong rather than late


class StopAsked(Exception):
    """Error: the transfer was asked to stop."""


class WholeOnly(Exception):
    """Error: the server knows no range requests and gives whole files only."""


class Body:
    """HTTP body of one remote file, as its server gives it.

    Parameters
    ----------
    file : RemoteFile
    client : Client
    stopping : threading.Event
        Ends a transfer within a chunk.

    Attributes
    ----------
    size : int or None
        Bytes; None until the server says so.
    etag, modified : str or None
        What tells this content from another, as the first answer or the listing has it.
    stopping : threading.Event
        The event that was given.
    """

    def __init__(self, file: RemoteFile, client: Client, stopping: threading.Event) -> None:
        self.file, self.client, self.stopping = file, client, stopping
        self.size, self.etag = file.bytes, _strong(file.etag)
        self.modified: str | None = None
        self.etag_is_md5 = True
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        # In another process it is stopped by nobody; size and validator stay, so that it reads the same content there.
        return {name: value for name, value in self.__dict__.items() if name not in ("_lock", "stopping")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock(), stopping=threading.Event())

    @property
    def validator(self) -> str | None:
        """ETag or date of the content."""
        return self.etag or self.modified

    def learn(self) -> None:
        """Ask the server for size and validator.

        Raises
        ------
        TransferError
            If it does not say the size.
        """

        def ask() -> None:
            with self._get({}, method="HEAD") as response:
                self._see(response, None)
                length = response.headers.get("Content-Length")
                if self.size is None and length and length.isdigit():
                    self.size = int(length)

        try:
            self._persist(ask)
        except TransferError as error:
            if error.cause != DENIED or self.size is None:  # some servers refuse HEAD, and give the file
                raise
        if self.size is None:
            raise TransferError(f"{self.file.path}: the server does not say how large it is", cause=DAMAGED)

    def fetch(
        self, start: int, end: int, sink: Callable[[int, bytes], None], *, whole: bool = False, again: Callable[[], None] | None = None
    ) -> None:
        """Hand the bytes from `start` to `end` to `sink(offset, chunk)`, in order, however often the connection breaks.

        Parameters
        ----------
        start, end : int
            Offsets.
        sink : callable
        whole : bool
            Take the file in one answer; if that breaks off and cannot be continued, `again` is called and it begins anew.
        again : callable, optional

        Raises
        ------
        TransferError
            If the file cannot be had.
        WholeOnly
            If a range was asked for and the server gave the whole file.
        StopAsked
        """
        offset = start

        def ask() -> bool:
            nonlocal offset
            ranged = not (whole and offset == 0)
            headers = {"Range": f"bytes={offset}-{end - 1}"} if ranged else {}
            before = offset
            with self._get({**headers, **self._condition()}) as response:
                self._see(response, end if ranged else None)
                if ranged and response.status == 200:
                    if not whole:
                        raise WholeOnly
                    offset = before = 0
                    if again is not None:
                        again()
                elif ranged:
                    _check_range(self.file, response, offset, end, self.size)
                try:
                    for chunk in self.client.chunks(self.file.url, response, most=end - offset):
                        if self.stopping.is_set():
                            raise StopAsked
                        sink(offset, chunk)
                        offset += len(chunk)
                    if offset < end:
                        raise TryAgain(f"{end - offset:,} bytes are missing", most=FEW, cause=DAMAGED)
                except TryAgain as problem:
                    problem.progress = offset > before
                    raise
            return True

        if end == start:
            self._persist(lambda: self._see_empty())
            return
        self._persist(ask)

    def _see_empty(self) -> None:
        with self._get(self._condition()) as response:
            self._see(response, None)
            for _ in self.client.chunks(self.file.url, response, most=0):
                pass

    def _get(self, headers: Mapping[str, str], *, method: str = "GET"):  # type: ignore[no-untyped-def]
        if self.stopping.is_set():
            raise StopAsked
        return self.client.get(self.file.url, headers, method=method, region=self.file.region or None, hosts=self.file.hosts)

    def _condition(self) -> dict[str, str]:
        if self.etag:
            return {"If-Match": self.etag}
        return {"If-Unmodified-Since": self.modified} if self.modified else {}

    def _persist(self, ask: Callable[[], object]) -> None:
        failures = wrong = 0
        while True:
            try:
                ask()
                return
            except TryAgain as problem:
                failures, wrong = (0, 0) if problem.progress else (failures, wrong)
                failures, wrong = failures + 1, wrong + (problem.most is not None)
                # That a server was late before makes a wrong answer no likelier to be its last word.
                if failures >= self.client.limits.tries or (problem.most is not None and wrong >= problem.most):
                    raise TransferError(f"{self.file.path}: {problem}", cause=problem.cause) from problem
                if self.stopping.wait(self.client.limits.pause(failures, problem.after)):
                    raise StopAsked from problem

    def _see(self, response: urllib3.BaseHTTPResponse, end: int | None) -> None:
        """Look at the head of an answer, whether this is the file that was listed."""
        headers = response.headers
        etag, modified = _strong(headers.get("ETag")), headers.get("Last-Modified")
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        is_page = kind in ("text/html", "application/xhtml+xml") and not urlsplit(self.file.url).path.lower().endswith((".html", ".htm"))
        length = headers.get("Content-Length", "")
        if is_page and (self.etag is None or etag != self.etag):
            raise TryAgain("a web page came instead of the file", most=FEW, cause=DAMAGED)
        if response.status == 200 and self.size is not None and length.isdigit() and int(length) != self.size:
            raise TryAgain(f"the server announces {int(length):,} bytes, but {self.size:,} were listed", most=FEW, cause=CHANGED)
        if (
            headers.get("x-amz-server-side-encryption", "AES256") != "AES256"
            or "x-amz-server-side-encryption-customer-algorithm" in headers
        ):
            self.etag_is_md5 = False
        with self._lock:
            if self.etag is not None and etag is not None and etag != self.etag:
                raise _changed(self.file)
            if self.etag is None and self.modified is not None and modified is not None and modified != self.modified:
                raise _changed(self.file)
            self.etag, self.modified = self.etag or etag, self.modified or modified


def _check_range(file: RemoteFile, response: urllib3.BaseHTTPResponse, start: int, end: int, size: int | None) -> None:
    match = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if match is None or (int(match[1]), int(match[2]) + 1) != (start, end):
        raise TryAgain(f"bytes {start:,} to {end:,} were asked for, others came", most=FEW, cause=DAMAGED)
    if size is not None and match[3] != "*" and int(match[3]) != size:
        raise _changed(file)


def _changed(file: RemoteFile) -> TransferError:
    return TransferError(f"{file.path}: changed on the server since it was listed", hint="Run the same command again.", cause=CHANGED)


def _strong(etag: str | None) -> str | None:
    """An ETag that promises equal bytes; a weak one does not."""
    return etag if etag and not etag.startswith("W/") else None
