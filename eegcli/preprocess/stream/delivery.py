"""Delivery: recordings are fetched ahead of the work, in its order, within a budget of scratch."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from eegcli.compute.signals import Stop
from eegcli.errors import ArtifactError, EegcliError, UnavailableError
from eegcli.files.atomic import read_json, write_json
from eegcli.remote.errors import UNREACHABLE
from eegcli.remote.file import RemoteFile

READY, FAILED, STOPPED = "ready", "failed.json", "stopped"
LOOK_SECONDS = 0.02
GIVE_UP = 5  # transfers that fail in a row because nobody answers, until the source counts as gone
SLACK = 16 * 1024  # bytes of links, marks and folders beside a recording


@dataclass(frozen=True)
class Parcel:
    """Files of one recording, and the folder they are put in.

    Attributes
    ----------
    name : str
        The recording's BIDS stem.
    folder : Path
        In scratch; whoever has used the files removes it, which is how their room becomes free again.
    files : tuple of RemoteFile
        The recording's file and its companions.
    """

    name: str
    folder: Path
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        """Room that it takes."""
        return sum(file.bytes or 0 for file in self.files) + SLACK

    @property
    def content(self) -> Path:
        """The data set that its files are put in."""
        return self.folder / "bids"


class Deliveries:
    """Fetches parcels while others are being worked on; a context manager.

    What lies in scratch is never more than the budget: the next parcel is begun when there is room for all of it. Parcels are
    begun in their order, which is that of the work, so that none waits for room that only a later one could free.

    Parameters
    ----------
    parcels : sequence of Parcel
    budget : int
        Bytes.
    at_once : int
        Parcels that are fetched at the same time.
    fetch : callable
        ``fetch(file, target, stopping)`` brings one file, whole and verified, or raises; it gives up when the event is set.
    stop : Stop
        Once it is requested, nothing more is fetched.
    """

    def __init__(
        self,
        parcels: Sequence[Parcel],
        *,
        budget: int,
        at_once: int,
        fetch: Callable[[RemoteFile, Path, threading.Event], None],
        stop: Stop,
    ) -> None:
        self._budget, self._fetch, self._stop = budget, fetch, stop
        self._waiting = iter(parcels)
        self._root = parcels[0].folder.parent if parcels else None
        self._lying: dict[Path, int] = {}
        self._running: set[threading.Event] = set()
        self._turn, self._count = threading.Lock(), threading.Lock()
        self._closed = False
        self._unanswered = 0
        self._threads = [threading.Thread(target=self._bring_all, daemon=True) for _ in range(min(at_once, len(parcels)))]
        self._watch = threading.Thread(target=self._watch_stop, daemon=True)

    def __enter__(self) -> Self:
        for thread in (*self._threads, self._watch):
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        for thread in (*self._threads, self._watch):
            thread.join()

    def _halted(self) -> bool:
        return self._closed or self._stop.requested

    def _watch_stop(self) -> None:
        """Tell those who wait for a parcel that it will not come."""
        while not self._halted():
            time.sleep(LOOK_SECONDS)
        for stopping in list(self._running):
            stopping.set()
        if self._root is not None:
            with contextlib.suppress(OSError):
                (self._root / STOPPED).touch()

    def _bring_all(self) -> None:
        while not self._halted():
            with self._turn:
                parcel = next(self._waiting, None)
                if parcel is None or not self._has_room(parcel):
                    return
            try:
                self._bring(parcel)
            except OSError as error:  # scratch itself: the others would meet it, too
                self._fail(parcel, UnavailableError(f"{parcel.folder.parent}: cannot write there ({error.strerror or error})"))

    def _has_room(self, parcel: Parcel) -> bool:
        """Wait until there is room for a parcel, and take it; False if work has been stopped meanwhile."""
        if parcel.bytes > self._budget:
            return True  # it is refused, not fetched
        while not self._halted():
            with self._count:
                for folder in [folder for folder in self._lying if not folder.exists()]:
                    del self._lying[folder]
                if sum(self._lying.values()) + parcel.bytes <= self._budget:
                    parcel.folder.mkdir(parents=True)
                    self._lying[parcel.folder] = parcel.bytes
                    return True
            time.sleep(LOOK_SECONDS)
        return False

    def _bring(self, parcel: Parcel) -> None:
        if parcel.bytes > self._budget:
            parcel.folder.mkdir(parents=True)
            self._fail(parcel, too_large(parcel, self._budget))
            return
        try:
            for file in parcel.files:
                self._bring_file(file, parcel.content / file.path)
        except Exception as error:
            self._unanswered = self._unanswered + 1 if getattr(error, "cause", "") == UNREACHABLE else 0
            gone = self._unanswered >= GIVE_UP
            self._fail(parcel, _source_gone(error) if gone else error if isinstance(error, UnavailableError) else as_failure(error))
        else:
            self._unanswered = 0
            (parcel.folder / READY).touch()

    def _bring_file(self, file: RemoteFile, target: Path) -> None:
        stopping = threading.Event()
        self._running.add(stopping)
        try:
            if self._halted():
                stopping.set()
            self._fetch(file, target, stopping)
        finally:
            self._running.discard(stopping)

    def _fail(self, parcel: Parcel, error: Exception) -> None:
        shutil.rmtree(parcel.content, ignore_errors=True)
        with self._count:
            self._lying.pop(parcel.folder, None)
        told = error if isinstance(error, EegcliError) else as_failure(error)
        note = {"message": told.message, "hint": told.hint, "cause": told.cause, "fatal": isinstance(told, UnavailableError)}
        with contextlib.suppress(EegcliError):  # scratch is gone or full: whoever waits is told by the mark of the end
            write_json(parcel.folder / FAILED, note)


class FetchError(EegcliError):
    """One recording could not be fetched."""

    exit_code = 3


def as_failure(error: Exception) -> FetchError:
    """Turn a failed transfer into the failure of one recording."""
    message = error.message if isinstance(error, EegcliError) else f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return FetchError(f"cannot be fetched: {message}", hint=getattr(error, "hint", None), cause="fetch")


def _source_gone(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"the source no longer answers: {as_failure(error).message.removeprefix('cannot be fetched: ')}",
        hint="Run the same command again when it does: what is finished is kept.",
    )


def too_large(parcel: Parcel, budget: int) -> FetchError:
    """The failure of a recording that alone takes more scratch than there may be."""
    return FetchError(
        f"cannot be fetched: its {parcel.bytes / 1e6:.2f} MB do not fit into the {budget / 1e6:.2f} MB of scratch",
        hint="Allow more with --scratch-gb.",
        cause="fetch",
    )


def wait_for(parcel_folder: Path, *, alive: Callable[[], bool]) -> None:
    """Wait until a parcel is there.

    Parameters
    ----------
    parcel_folder : Path
    alive : callable
        Whether the process that fetches still lives.

    Raises
    ------
    FetchError
        If the recording cannot be fetched, or will not be since work was stopped.
    UnavailableError
        If no recording can be.
    """
    while not (parcel_folder / READY).exists():
        if (parcel_folder / FAILED).exists():
            try:
                note = read_json(parcel_folder / FAILED)
            except ArtifactError as error:
                raise FetchError("cannot be fetched", cause="fetch") from error
            kind = UnavailableError if note["fatal"] else FetchError
            raise kind(note["message"], hint=note["hint"], cause=note["cause"])
        if (parcel_folder.parent / STOPPED).exists() or not parcel_folder.parent.exists() or not alive():
            raise FetchError("cannot be fetched: the work was stopped", cause="fetch")
        time.sleep(LOOK_SECONDS)
