"""Number of processes and threads that this machine, or this job, may use."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eegcli.compute.cgroup import control_groups, lines_of
from eegcli.errors import UsageError, counted
from eegcli.reporter import Reporter


def available_cores() -> int:
    """Cores this process may use: what Slurm granted to its task, else the least of affinity, quota of the container, and Slurm's share of the node.

    Slurm without a task plug-in leaves the affinity at every core of the node, so its variables come first. That of the
    task is there only if the job asked for it; that of the node holds for all tasks of the job there.
    """
    if (granted := granted_cores()) is not None:
        return granted
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(bound, quota_cores() or bound, _positive("SLURM_CPUS_ON_NODE") or bound)


def quota_cores(root: Path = Path("/")) -> int | None:
    """Cores that the control groups of this process (a container, a systemd unit) grant; None where they set no limit.

    Parameters
    ----------
    root : Path
        Of the file system, for tests.

    Returns
    -------
    int or None
        Whole cores, at least 1: what lies above would be throttled.

    Notes
    -----
    Version 2 states ``quota period`` in cpu.max at every level, the least of which holds; version 1 in two files of the controller cpu.
    """
    limits = []
    for version, level in control_groups("cpu", root):
        if version == 2:
            limits += [_share(*cells) for text in lines_of(level / "cpu.max") if len(cells := text.split()) == 2]
        else:
            quota, period = (lines_of(level / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
            limits += [_share(quota[0], period[0])] if quota and period else []
    known = [limit for limit in limits if limit is not None]
    return max(int(min(known)), 1) if known else None


def _share(quota: str, period: str) -> float | None:
    try:
        share = float(quota) / float(period)
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return None
    return share if share > 0 else None


def granted_cores() -> int | None:
    """Cores that Slurm granted to this task; None if the job did not ask for a number."""
    return _positive("SLURM_CPUS_PER_TASK")


def _positive(variable: str) -> int | None:
    value = os.environ.get(variable, "").partition(",")[0].strip()  # OMP_NUM_THREADS=4,2: of nested levels the outer one
    return int(value) if value.isdigit() and int(value) > 0 else None


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


def bounded_jobs(jobs: int | None, reporter: Reporter) -> int:
    """`default_jobs`, but never more than Slurm granted: each process keeps one core busy."""
    wanted, granted = default_jobs(jobs), granted_cores()
    if granted is not None and wanted > granted:
        reporter.warn(f"--jobs {wanted}: Slurm granted {counted(granted, 'core')} (SLURM_CPUS_PER_TASK); taking {granted}")
        return granted
    return wanted


def default_threads(threads: int | None = None) -> int:
    """`threads` if given, else one thread per available core, or fewer where OMP_NUM_THREADS says so.

    Raises
    ------
    UsageError
        If `threads` is below 1.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"--threads must be at least 1, not {threads}")
    cores = available_cores()
    return min(cores, _positive("OMP_NUM_THREADS") or cores) if threads is None else threads


@contextlib.contextmanager
def limited(n: int) -> Iterator[None]:
    """Bound the threads of BLAS and OpenMP inside the block."""
    with _libraries(len(sys.modules)).limit(limits=n):
        yield


@functools.lru_cache(maxsize=1)
def _libraries(n_modules: int) -> Any:
    """Libraries with threads of their own that are loaded when so many modules are imported.

    To look for them is to read the map of this process's memory: 6 ms, which a penalty fitted in 3 ms must not pay every time.
    Python loads a library before it lists the module that needs it: while no module comes, none of them does.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
