"""Processes at work in an artifact's folder: who is there, and who is refused."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eegcli.errors import AtWork, InputError
from eegcli.files.block import keep
from eegcli.files.claim import Claim, Owner, is_ours, owners, take

GUARD = ".settings.claim"  # held for the moment in which a process looks at the settings, writes them and enters
LOOK_SECONDS = 1.0
GUARD_SECONDS = 30.0
# Artifacts that several processes make together, item by item; of the others one process makes the whole.
SHARED = ("recordings", "run")


@contextmanager
def entering(path: Path) -> Iterator[None]:
    """Guard the folder for the moment in which its settings are looked at and written: one process at a time.

    Raises
    ------
    AtWork
        If another living process stays at this moment for half a minute: whoever went in all the same could write over its settings.
    """
    end = time.monotonic() + GUARD_SECONDS
    while isinstance(held := take(path / GUARD), Owner):
        if time.monotonic() > end:
            raise at_work(path, [held], what="its settings")
        time.sleep(0.02)
    with held:
        yield


def enter(path: Path) -> None:
    """Show that this process is at work in a folder, until `block.releasing` ends."""
    presence = take(path / f".{secrets.token_hex(4)}.claim")
    if isinstance(presence, Claim):  # nobody else has this name
        keep(presence)


def others(path: Path) -> list[Owner]:
    """Other living processes at work in a folder, or on an item in it."""
    found = {(owner.host, owner.process): owner for file, owner in owners(path).items() if file.name != GUARD and not is_ours(owner)}
    return list(found.values())


def refuse_others(path: Path, *, doing: str) -> None:
    """Refuse to touch what another process is writing.

    Parameters
    ----------
    path : Path
        The folder.
    doing : str
        What this command would do, e.g. ``--force would remove what it writes``.

    Raises
    ------
    InputError
        Naming the process.
    """
    if there := others(path):
        raise InputError(
            f"{path}: {_named(there)} at work there, and {doing}",
            hint="Choose another name with --output, or wait until it has ended.",
            cause="at work",
        )


def at_work(path: Path, there: list[Owner], *, what: str = "") -> AtWork:
    """The error of a command for which nothing is left, since other processes are at the same work."""
    return AtWork(
        f"{path}: {_named(there)} at work{f' on {what}' if what else ''}",
        hint="Run the same command again when it has ended, or add --wait.",
        cause="at work",
    )


def wait_until_alone(path: Path) -> None:
    """Wait until no other process is at work in a folder."""
    while others(path):
        time.sleep(LOOK_SECONDS)


def _named(there: list[Owner]) -> str:
    processes = {(owner.host, owner.process) for owner in there}  # one may hold several claims
    return f"{there[0]} is" if len(processes) == 1 else f"{there[0]} and {len(processes) - 1} more are"
