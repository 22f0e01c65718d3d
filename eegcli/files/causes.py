"""Causes of failed reading and writing: full disk, quota, permission; whichever library raises the error."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from eegcli.errors import ArtifactError, EegcliError, UnavailableError

DISK_FULL, QUOTA, TOO_LARGE, READ_ONLY, DENIED, IO_ERROR, STALE, TOO_LONG = (
    "disk full",
    "quota exceeded",
    "file too large",
    "read-only",
    "permission denied",
    "input/output error",
    "stale file handle",
    "name too long",
)
_OF_NUMBER = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: QUOTA,
    errno.EFBIG: TOO_LARGE,
    errno.EROFS: READ_ONLY,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EIO: IO_ERROR,
    errno.ESTALE: STALE,
    errno.ENAMETOOLONG: TOO_LONG,
}
# HDF5 hides the number in its message; safetensors raises a class of its own that has none.
_OF_TEXT = {
    "no space left": DISK_FULL,
    "quota exceeded": QUOTA,
    "file too large": TOO_LARGE,
    "read-only file system": READ_ONLY,
    "permission denied": DENIED,
    "input/output error": IO_ERROR,
    "stale file handle": STALE,
    "stale nfs file handle": STALE,
    "file name too long": TOO_LONG,
}
_WRITING = {
    DISK_FULL: ("the disk is full", "Free some space and run the same command again: what is finished is kept."),
    QUOTA: ("the quota of this disk is used up", "Free some space and run the same command again: what is finished is kept."),
    TOO_LARGE: (
        "a file would be larger than files may be there",
        "Raise the limit of this shell or job (ulimit -f), or choose a disk that takes larger files with --output.",
    ),
    READ_ONLY: ("cannot write there (read-only file system)", "Choose another folder with --output."),
    DENIED: ("cannot write there (permission denied)", "Choose another folder with --output."),
    TOO_LONG: ("the name is too long for this file system", "Choose a shorter one with --output."),
    IO_ERROR: ("the disk failed (input/output error)", "Run the same command again: what is finished is kept."),
    STALE: ("the network file system has lost the file (stale handle)", "Run the same command again: what is finished is kept."),
}
_READING = {
    DENIED: ("may not be read (permission denied)", "Ask its owner for the right to read it: chmod -R a+rX."),
    IO_ERROR: ("cannot be read (input/output error of the disk)", "Try again; if it stays so, the disk is at fault."),
    STALE: ("cannot be read (stale handle of a network file system)", "Run the same command again."),
}


def cause_of(error: BaseException) -> str | None:
    """Cause of a failed reading or writing for which the machine is at fault; None for any other error."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _OF_NUMBER:
        return _OF_NUMBER[number]
    text = str(error).lower()
    return next((cause for said, cause in _OF_TEXT.items() if said in text), None)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk refuses to write into one line that names the place.

    Raises
    ------
    UnavailableError
        With the cause: a full disk, a quota, no permission, ...
    """
    try:
        yield
    except EegcliError:
        raise
    except Exception as error:
        if (unavailable := unwritable(path, error)) is None:
            raise
        raise unavailable from error


def unwritable(path: Path | str, error: BaseException) -> UnavailableError | None:
    """Error of a file that the machine did not let us write; None where it is not at fault."""
    cause = cause_of(error)
    if cause is None:
        return None
    message, hint = _WRITING[cause]
    return UnavailableError(f"{path}: {message}", hint=hint, cause=cause)


def unreadable(path: Path | str, error: BaseException, otherwise: str, *, hint: str | None = None) -> EegcliError:
    """Error of a file that could not be read: of the machine where that is at fault, else of the content.

    Parameters
    ----------
    path : Path or str
    error : BaseException
        What a library raised.
    otherwise : str
        What is wrong where the machine is not at fault, e.g. ``not a Parquet file, or a damaged one``.
    hint : str, optional
        What to do then.
    """
    cause = cause_of(error)
    if cause in _READING:
        message, advice = _READING[cause]
        return UnavailableError(f"{path}: {message}", hint=advice, cause=cause)
    return ArtifactError(f"{path}: {otherwise}", hint=hint, cause="damaged")
