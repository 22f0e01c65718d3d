"""A worker of a stream: it has one recording in scratch, cleans it, and removes it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from eegcli.bids.description import FILE as DESCRIPTION
from eegcli.bids.scan import RecordingFile
from eegcli.bids.sidecars import Sidecars
from eegcli.errors import UnavailableError
from eegcli.files.claim import Claim, take
from eegcli.files.scratch import claimed_scratch
from eegcli.preprocess.record import Cleaned, Work, clean, discard, finished
from eegcli.preprocess.stream.delivery import Parcel, as_failure, too_large, wait_for
from eegcli.remote.file import RemoteFile

PREFIX = "eegcli-stream-"


@dataclass(frozen=True)
class Streamed:
    """Streamed recording: one to fetch, clean and remove.

    Attributes
    ----------
    work : Work
        What is to be cleaned; its recording is not fetched.
    files : tuple of RemoteFile
        The recording's file and its companions.
    parcel : Path or None
        Where another process puts them; None: the worker fetches them itself.
    scratch : Path or None
        Where the worker makes its own folder; None: as the node's variables say.
    budget : int
        Bytes that may lie there, where the worker fetches itself.
    owner : int
        The process that fetches.
    """

    work: Work
    files: tuple[RemoteFile, ...]
    parcel: Path | None = None
    scratch: Path | None = None
    budget: int = 0
    owner: int = 0

    @property
    def name(self) -> str:
        """The recording's BIDS stem."""
        return self.work.name


def clean_streamed(item: Streamed | Work) -> Cleaned:
    """Clean a recording that is fetched for this and removed afterwards; one that is here already is only cleaned.

    Parameters
    ----------
    item : Streamed or Work

    Returns
    -------
    Cleaned
        As of the same recording fetched before; `seconds` also has what was spent on waiting for it.

    Raises
    ------
    FetchError
        If it cannot be fetched.
    RecordingError
        If it cannot be used.
    """
    if isinstance(item, Work):
        return clean(item)
    claim = take(item.work.claim)
    if isinstance(claim, Claim):
        with claim:
            if finished(item.work) is None:  # of another configuration: a failure must not leave it standing
                discard(item.work)
    begun = time.perf_counter()
    with _arrived(item) as parcel:
        waited = time.perf_counter() - begun
        recording = beside_its_sidecars(item.work.recording, parcel.content)
        cleaned = clean(replace(item.work, recording=recording))
    return replace(cleaned, seconds={"fetch": waited, **cleaned.seconds})


@contextlib.contextmanager
def _arrived(item: Streamed) -> Iterator[Parcel]:
    """The recording's files, in scratch; they are gone afterwards."""
    if item.parcel is None:
        with claimed_scratch(PREFIX, item.scratch) as folder:
            parcel = Parcel(item.name, folder / "0", item.files)
            _fetch_here(parcel, item.budget)
            yield parcel
        return
    parcel = Parcel(item.name, item.parcel, item.files)
    try:
        wait_for(parcel.folder, alive=_lives(item.owner))
        yield parcel
    finally:
        # Emptied before it goes: its room is free when its name is gone.
        shutil.rmtree(parcel.content, ignore_errors=True)
        shutil.rmtree(parcel.folder, ignore_errors=True)


def _fetch_here(parcel: Parcel, budget: int) -> None:
    from eegcli.preprocess.stream.transfer import fetch

    if parcel.bytes > budget:
        raise too_large(parcel, budget)
    try:
        for file in parcel.files:
            fetch(file, parcel.content / file.path, threading.Event())
    except UnavailableError:
        raise  # a full disk: the others would meet it, too
    except Exception as error:
        raise as_failure(error) from error


def _lives(owner: int) -> Callable[[], bool]:
    # Workers of joblib are children of the command; without it they would wait for ever.
    return lambda: owner in (os.getpid(), os.getppid())


def beside_its_sidecars(recording: RecordingFile, content: Path) -> RecordingFile:
    """A data set of one recording: its files lie in `content` already, links to what describes it are put beside them.

    Parameters
    ----------
    recording : RecordingFile
        In the data set that has the sidecars.
    content : Path
        Holds the recording's files, at the same places.

    Returns
    -------
    RecordingFile
        The same recording, there.
    """
    description = recording.root / DESCRIPTION  # it states the version of HED
    for sidecar in (*Sidecars(recording.root).all(recording), *([description] if description.exists() else [])):
        link = content / sidecar.relative_to(recording.root)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(sidecar)
    return replace(recording, root=content, fetched=True)
