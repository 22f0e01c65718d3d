"""Parallel transfer of many remote files, each whole or absent: several files at once, and several parts of a large one."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from eegcli.compute.signals import stop_signals
from eegcli.errors import EegcliError
from eegcli.remote.body import StopAsked
from eegcli.remote.client import Client
from eegcli.remote.download import Download, Fetched
from eegcli.remote.errors import REFUSED, TransferError
from eegcli.remote.file import RemoteFile, why_unsafe
from eegcli.remote.partial import BLOCK
from eegcli.reporter import Reporter

JOBS = 8  # connections
_LOOK = 0.1  # s between looks at whether a signal has come
_PATIENCE = 5.0  # s for connections to end after it


def fetch_file(
    file: RemoteFile,
    target: Path,
    *,
    jobs: int = 4,
    client: Client | None = None,
    stopping: threading.Event | None = None,
    block: int = BLOCK,
) -> Fetched:
    """Fetch one file: verified, under a temporary name first, continued where an earlier try ended.

    Parameters
    ----------
    file : RemoteFile
        From a source's listing.
    target : Path
        Its name here; the folder is made.
    jobs : int
        Connections; a file of more than one block uses several.
    client : Client, optional
        Shared by files of one host, so that connections are kept.
    stopping : threading.Event, optional
        Set, it ends the transfer within a moment; what is here is kept.
    block : int
        Bytes of a block.

    Returns
    -------
    Fetched
        With size and SHA-256.

    Raises
    ------
    TransferError
        If it cannot be had, or is not what was promised.
    UnavailableError
        If the disk is full or read-only.
    StopAsked
        If `stopping` was set.
    """
    results = list(
        _transfer([(file, target)], jobs, client or Client(connections=jobs), stopping or threading.Event(), lambda: None, block)
    )
    if not results:
        raise StopAsked
    if results[0].error is not None:
        raise results[0].error
    return results[0]


def fetch_files(
    files: Sequence[RemoteFile],
    folder: Path,
    *,
    jobs: int | None = None,
    reporter: Reporter,
    client: Client | None = None,
    settled: Callable[[Fetched], None] | None = None,
    block: int = BLOCK,
) -> list[Fetched]:
    """Fetch files into a folder, under their paths; one that fails never stops the others.

    Parameters
    ----------
    files : sequence of RemoteFile
    folder : Path
    jobs : int, optional
        Connections in all; eight unless said.
    reporter : Reporter
        Shows how far it is.
    client : Client, optional
    settled : callable, optional
        Told of each file, once it is here or given up, in the order in which that happens.
    block : int
        Bytes of a block.

    Returns
    -------
    list of Fetched
        In the order of `files`.

    Raises
    ------
    UnavailableError
        If the disk is full or read-only.
    Stopped, Interrupted
        If a signal came; what is here is kept, inside files, too.
    """
    jobs = jobs or JOBS
    results: dict[str, Fetched] = {}
    pairs = []
    for file in files:
        reason = why_unsafe(file.path) or why_in_the_way(folder, file.path)
        if reason is None:
            pairs.append((file, folder / file.path))
        else:
            error = TransferError(f"{file.path}: {reason}", cause=REFUSED)
            results[file.path] = Fetched(file, folder / file.path, error=error)
    if settled is not None:
        for refused in results.values():
            settled(refused)
    stopping = threading.Event()
    with stop_signals() as stop:

        def look() -> None:
            if stop.requested:
                stopping.set()

        done = _transfer(pairs, jobs, client or Client(connections=jobs), stopping, look, block)
        for result in reporter.progress(done, "Fetching", len(pairs)):
            results[result.file.path] = result
            if settled is not None:
                settled(result)
        stop.raise_if_requested()
    return [results[file.path] for file in files]


def why_in_the_way(folder: Path, path: str) -> str | None:
    """Explain why a file may not be written at `path` below `folder` (a link, or a file where a folder should be); None if it may."""
    here = folder
    for part in path.split("/")[:-1]:
        here = here / part
        if here.is_symlink():
            return f"a symbolic link lies in the way ({here.name})"
        if here.exists() and not here.is_dir():
            return f"a file lies in the way ({here.name})"
    target = folder / path
    if target.is_symlink():
        return "a symbolic link lies in its place"
    return "a folder lies in its place" if target.is_dir() else None


def _transfer(
    pairs: Sequence[tuple[RemoteFile, Path]], jobs: int, client: Client, stopping: threading.Event, look: Callable[[], None], block: int
) -> Iterator[Fetched]:
    crew = _Crew(pairs, client, stopping, block)
    threads = [threading.Thread(target=crew.work, name=f"fetch-{number}", daemon=True) for number in range(max(1, jobs))]
    for thread in threads:
        thread.start()
    try:
        for _ in pairs:
            result = None
            while result is None and not stopping.is_set():
                look()
                try:
                    result = crew.results.get(timeout=_LOOK)
                except queue.Empty:
                    continue
            if crew.broken is not None:
                raise crew.broken
            if result is None:
                return
            yield result
    finally:
        stopping.set()
        crew.wake()
        for thread in threads:
            thread.join(_PATIENCE)
        crew.close()


class _Crew:
    """Threads that take blocks of files already begun, and begin another file where there are none."""

    def __init__(self, pairs: Sequence[tuple[RemoteFile, Path]], client: Client, stopping: threading.Event, block: int) -> None:
        self._waiting = deque(pairs)
        self._begun: list[Download] = []
        self._client, self._stopping, self._block = client, stopping, block
        self._news = threading.Condition()
        self.broken: BaseException | None = None  # what ends everything
        self.results: queue.Queue[Fetched] = queue.Queue()

    def work(self) -> None:
        while (unit := self._next()) is not None:
            download, number = unit
            try:
                download.work(number)
            except StopAsked:
                return
            except (
                EegcliError,
                OSError,
                AssertionError,
                ValueError,
                EOFError,
            ) as error:  # a full disk, or a bug: the others would meet it, too
                self.broken = self.broken or error
                self._stopping.set()
                return
            finally:
                with self._news:
                    if download.settled is not None and download in self._begun:
                        self._begun.remove(download)
                        self.results.put(download.settled)
                    self._news.notify_all()

    def wake(self) -> None:
        with self._news:
            self._news.notify_all()

    def close(self) -> None:
        for download in self._begun:
            download.close()

    def _next(self) -> tuple[Download, int] | None:
        with self._news:
            while not self._stopping.is_set():
                for download in self._begun:
                    number = download.claim()
                    if number is not None:
                        return download, number
                if self._waiting:
                    download = Download(*self._waiting.popleft(), self._client, self._stopping, block=self._block)
                    self._begun.append(download)
                    number = download.claim()
                    if number is not None:
                        return download, number
                elif not self._begun:
                    return None
                else:
                    self._news.wait(_LOOK)
        return None
