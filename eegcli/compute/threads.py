"""How many processes and threads this machine, or this job, may use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from eegcli.errors import UsageError


def available_cores() -> int:
    """Cores this process may use: what Slurm granted, else its affinity.

    Slurm without a task plug-in leaves the affinity at every core of the node, so its variable comes first.
    """
    granted = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if granted.isdigit() and int(granted) > 0:
        return int(granted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs(jobs: int | None = None) -> int:
    """`jobs` if given, else one process per available core.

    Raises
    ------
    UsageError
        If `jobs` is below 1.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {jobs}")
    return available_cores() if jobs is None else jobs


def default_threads(threads: int | None = None) -> int:
    """`threads` if given, else one thread per available core.

    Raises
    ------
    UsageError
        If `threads` is below 1.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"--threads must be at least 1, not {threads}")
    return available_cores() if threads is None else threads


@contextlib.contextmanager
def limited(n: int) -> Iterator[None]:
    """Bound the threads of BLAS and OpenMP inside the block."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=n):
        yield
