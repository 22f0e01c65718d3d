"""Cost of a fetch: bytes, room on the disk, time."""

from __future__ import annotations

import shutil
from pathlib import Path

from eegcli.errors import UnavailableError
from eegcli.remote.transfer import JOBS

BYTES_PER_SECOND = 25e6  # assumed: a line of 200 Mbit/s; nobody can know without fetching
SECONDS_PER_FILE = 0.1  # assumed: the answer of a server far away


def seconds(n_bytes: int, n_files: int, jobs: int | None = None) -> float:
    """Estimate the time of a fetch (s), on a line as assumed above."""
    return round(1 + n_bytes / BYTES_PER_SECOND + n_files * SECONDS_PER_FILE / (jobs or JOBS), 1)


def free_bytes(output: Path) -> int:
    """Free bytes where `output` is or would be."""
    place = output.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def require_room(output: Path, n_bytes: int) -> None:
    """Check that the disk has room.

    Raises
    ------
    UnavailableError
        If it has not.
    """
    free = free_bytes(output)
    if n_bytes > free:
        raise UnavailableError(
            f"{output}: {_size(n_bytes)} are to come, and {_size(free)} are free",
            hint="Choose fewer recordings, or another disk with --output; what is here is kept.",
        )


def as_summary(output: Path, n_bytes: int, n_files: int, jobs: int | None) -> dict[str, object]:
    """Lines of a dry run."""
    return {
        "bytes_to_fetch": n_bytes,
        "files_to_fetch": n_files,
        "free_bytes": free_bytes(output),
        "seconds": seconds(n_bytes, n_files, jobs) if n_files else 1.0,
        "seconds_assume": f"{BYTES_PER_SECOND / 1e6:g} MB/s",
    }


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"
