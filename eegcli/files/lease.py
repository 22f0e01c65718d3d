"""Lease of a folder: one fetch at a time writes into it; a second one waits."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from eegcli.errors import InputError, UnavailableError
from eegcli.files.folders import make_folder
from eegcli.files.locks import NO_FOLLOW, NO_INHERIT, lock
from eegcli.reporter import Reporter

_LOOK = 0.2  # s
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


@contextlib.contextmanager
def lease(folder: Path, reporter: Reporter) -> Iterator[None]:
    """Hold a folder inside the block. The lock is the kernel's: it ends with its process, however that ends.

    Parameters
    ----------
    folder : Path
        It is made. Its lock is a hidden file in it, removed at the end; so is the folder, if nothing else came into it.
    reporter : Reporter
        Told whom it waits for.

    Raises
    ------
    UnavailableError
        If nothing can be written there.
    """
    path = folder / ".eegcli-lock"
    handle = _acquire(path, folder, reporter)
    try:
        yield
    finally:
        if handle is not None:
            path.unlink(missing_ok=True)  # before the lock ends: who waits sees that the file is another one, and opens it again
            os.close(handle)
            with contextlib.suppress(OSError):
                folder.rmdir()


def _acquire(path: Path, folder: Path, reporter: Reporter) -> int | None:
    told = False
    while True:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is a file, not a folder", hint="Choose another name with --output.")
        make_folder(folder)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_INHERIT | NO_FOLLOW, 0o666)
        except FileNotFoundError:  # who held it has just removed the empty folder
            continue
        except OSError as error:
            raise UnavailableError(
                f"{folder}: cannot write there ({error.strerror})", hint="Choose another folder with --output."
            ) from error
        try:
            held = lock(handle)
        except OSError as error:
            os.close(handle)
            if error.errno not in _NO_LOCKS:
                raise
            reporter.warn(f"{folder}: its file system knows no locks; see to it that no other fetch writes there")
            path.unlink(missing_ok=True)
            return None
        if not held:
            if not told:
                who = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
                reporter.warn(f"{folder}: another fetch writes there{f' ({who})' if who else ''}; waiting for it")
                told = True
            os.close(handle)
            time.sleep(_LOOK)
            continue
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(handle).st_ino:
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
                return handle
        os.close(handle)
