"""Folders for temporary files: on the node's own disk, where the cluster has one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from eegcli.errors import UnavailableError

VARIABLES = ("SLURM_TMPDIR", "TMPDIR")  # the first that is set says where


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder for temporary files, removed at the end: in ``$SLURM_TMPDIR``, else ``$TMPDIR``, else the system's place.

    Raises
    ------
    UnavailableError
        If the folder that a variable names is missing, full or read-only: another one might be too small, so none is guessed.
    """
    named = next((name for name in VARIABLES if os.environ.get(name)), None)
    try:
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=os.environ[named] if named else None, ignore_cleanup_errors=True)
    except OSError as error:
        where = f"{named}={os.environ[named]}" if named else "no folder for temporary files"
        raise UnavailableError(
            f"{where}: temporary files cannot be written there ({error.strerror or error})", hint="Set TMPDIR to a folder with some space."
        ) from error
    with folder as path:
        yield Path(path)
