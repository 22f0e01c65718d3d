"""Memory that this process may still take, and how it says that there is none."""

from __future__ import annotations

from pathlib import Path

from eegcli.compute.cgroup import control_groups, lines_of

FILES = {2: ("memory.max", "memory.current"), 1: ("memory.limit_in_bytes", "memory.usage_in_bytes")}
NO_LIMIT = 1 << 60  # version 1 of control groups writes a number near 2⁶³ for none
WORDS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "failed to allocate",
    "bad_alloc",
    "alloc_failed",
)


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take: the least of the machine's, of its control groups' and of ``ulimit -v``; None if nothing says.

    Parameters
    ----------
    root : Path
        Of the file system, for tests.

    Notes
    -----
    What a group uses includes the page cache, which is given up when needed: it is not counted (`inactive_file` of memory.stat).
    """
    free = []
    stated = dict(line.split(":", 1) for line in lines_of(root / "proc/meminfo") if ":" in line)
    if (available := _first(stated.get("MemAvailable", ""))) is not None:
        free.append(1024 * available)
    for version, level in control_groups("memory", root):
        limit, used = (_first(next(iter(lines_of(level / name)), "")) for name in FILES[version])
        if limit is not None and used is not None and limit < NO_LIMIT:
            given_up = dict(line.split(" ", 1) for line in lines_of(level / "memory.stat") if " " in line).get("inactive_file", "")
            free.append(limit - used + (_first(given_up) or 0))
    if (room := _address_space(root)) is not None:
        free.append(room)
    return max(min(free), 0) if free else None


def is_out_of_memory(error: BaseException) -> bool:
    """Test that an error says that memory could not be had, of the machine or of a GPU."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(words in str(error).lower() for words in WORDS))


def _address_space(root: Path) -> int | None:
    """Bytes that ``ulimit -v`` leaves; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = next(iter(lines_of(root / "proc/self/statm")), "").split()
    if limit == resource.RLIM_INFINITY or not pages:
        return None
    return limit - int(pages[0]) * resource.getpagesize()


def _first(text: str) -> int | None:
    word = text.split()[0] if text.split() else ""
    return int(word) if word.isdigit() else None
