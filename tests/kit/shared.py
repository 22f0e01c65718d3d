"""Fixtures that are costly to make and read by many: made once in a run of the tests, by whichever worker comes first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def once_for_all_workers(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Give the folder `name` that all workers of this run share; `make` fills it, once.

    A worker that comes while another makes it waits. Nobody may write into it afterwards: who changes something takes a copy.
    A `make` that fails is tried again by the next who asks.
    """
    with locked(factory, name) as shared:
        folder, done = shared / "made", shared / "done"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
        return folder


@contextmanager
def one_for_all_workers(
    factory: pytest.TempPathFactory, name: str, start: Callable[[], str], stop: Callable[[str], object]
) -> Iterator[str]:
    """Hold something that runs: the first worker that needs it starts it, the last one stops it.

    What `start` gives (an address, a folder) is given to all workers, and to `stop`.
    """
    with locked(factory, name) as shared:
        known, mine = shared / "known", shared / f"user-{os.getpid()}"
        if not known.exists():
            known.write_text(start())
        told = known.read_text()
        mine.touch()
    try:
        yield told
    finally:
        with locked(factory, name):
            mine.unlink()
            if not list(shared.glob("user-*")):
                known.unlink()
                stop(told)


@contextmanager
def locked(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Hold the lock of a folder that all workers of this run share; the system lets go of it however a worker ends."""
    base = factory.getbasetemp()
    # Each worker of xdist has a folder of its own below that of the run.
    shared = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / f"shared-{name}"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield shared
