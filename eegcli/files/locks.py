"""Locks of files between processes: the kernel's, which end with their process however that ends."""

from __future__ import annotations

import errno
import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Flags of `os.open` that Windows lacks: nobody else's link is followed, no child inherits the handle.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
NO_INHERIT = getattr(os, "O_CLOEXEC", 0)


def lock(handle: int, *, wait: bool = False) -> bool:
    """Lock an open file for this process alone.

    Parameters
    ----------
    handle : int
        File descriptor; closing it ends the lock.
    wait : bool
        Wait for whoever holds it.

    Returns
    -------
    bool
        False if another process holds it.

    Raises
    ------
    OSError
        If the file system or the operating system knows no such locks (ENOLCK, ENOSYS, ...).
    """
    if fcntl is None:
        raise OSError(errno.ENOSYS, "this system has no locks of the kind")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
