"""Folders for temporary files: on the node's own disk, where the cluster has one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from eegcli.errors import UnavailableError
from eegcli.files import locks

VARIABLES = ("SLURM_TMPDIR", "TMPDIR")  # the first that is set says where
_TRIES = 100


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder for temporary files, removed at the end: in ``$SLURM_TMPDIR``, else ``$TMPDIR``, else the system's place.

    Raises
    ------
    UnavailableError
        If the folder that a variable names is missing, full or read-only: another one might be too small, so none is guessed.
    """
    where, named = _where(None)
    with _telling(named):
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=where, ignore_cleanup_errors=True)
    with folder as path:
        yield Path(path)


@contextlib.contextmanager
def claimed_scratch(prefix: str, where: Path | None = None) -> Iterator[Path]:
    """A folder for large temporary files: what a killed process left of an earlier one is removed first.

    Parameters
    ----------
    prefix : str
        Of its name. Folders of the same prefix whose owner is dead are removed.
    where : Path, optional
        The folder in which to make it; as for `scratch` if left out.

    Raises
    ------
    UnavailableError
        If nothing can be written there.

    Notes
    -----
    The owner holds a lock on a file beside the folder: the system lets go of it however the process ends.
    """
    base, named = _where(where)
    with _telling(named):
        _remove_abandoned(base, prefix)
        lock, folder = _claim(base, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_of(folder).unlink(missing_ok=True)
        os.close(lock)


def scratch_base(where: Path | None = None) -> Path:
    """The folder in which temporary files are made."""
    return _where(where)[0]


def _where(given: Path | None) -> tuple[Path, str]:
    """The folder, and what said so."""
    if given is not None:
        return given.absolute(), f"--scratch {given}"
    variable = next((name for name in VARIABLES if os.environ.get(name)), None)
    if variable:
        return Path(os.environ[variable]), f"{variable}={os.environ[variable]}"
    try:
        return Path(tempfile.gettempdir()), "no folder for temporary files"
    except OSError as error:
        raise _unwritable("no folder for temporary files", error) from error


@contextlib.contextmanager
def _telling(named: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(named, error) from error


def _unwritable(named: str, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"{named}: temporary files cannot be written there ({error.strerror or error})", hint="Set TMPDIR to a folder with some space."
    )


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _claim(base: Path, prefix: str) -> tuple[int, Path]:
    """Lock a new name, then make its folder."""
    for _ in range(_TRIES):
        folder = base / f"{prefix}{secrets.token_hex(6)}"
        lock = os.open(_lock_of(folder), os.O_CREAT | os.O_RDWR, 0o600)
        # Whoever tidies up may have taken it for an abandoned one, between the two calls.
        if locks.lock(lock) and _is_still(lock, _lock_of(folder)):
            folder.mkdir(mode=0o700)
            return lock, folder
        os.close(lock)
    raise OSError(0, "no name is free")


def _remove_abandoned(base: Path, prefix: str) -> None:
    for file in base.glob(f"{prefix}*.lock"):
        with contextlib.suppress(OSError):  # somebody else's
            lock = os.open(file, os.O_RDWR)
            try:
                if locks.lock(lock) and _is_still(lock, file):
                    shutil.rmtree(file.with_name(file.name.removesuffix(".lock")), ignore_errors=True)
                    file.unlink(missing_ok=True)
            finally:
                os.close(lock)


def _is_still(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
