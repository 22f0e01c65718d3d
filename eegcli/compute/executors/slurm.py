"""Jobs of Slurm that are dask workers, as long as there is work for them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eegcli.errors import UnavailableError, UsageError
from eegcli.reporter import Reporter
from eegcli.settings import Spread

# Where a worker keeps what it must; expanded on its node.
SCRATCH = "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"
LOOK_SECONDS, LOOK_SECONDS_MAX = 5.0, 60.0  # between two looks at the queue: a job may wait for hours
RESTARTS = 3  # jobs that may end without any progress, for each that was asked for
MARGIN_SECONDS = 120  # before its time limit a worker ends by itself
ALLOWED_DEATHS = 3  # of the workers that had an item, until the item is given up


@dataclass
class SlurmJobs:
    """Slurm jobs whose dask workers work for this command.

    Attributes
    ----------
    cluster : dask_jobqueue.SLURMCluster
        Its scheduler runs in this process.
    wanted : int
        Jobs to keep running.
    logs : Path
        Where they write what they say.
    """

    cluster: Any
    wanted: int
    processes: int
    logs: Path
    _ended: int = 0
    _look: float = field(default_factory=lambda: time.monotonic() + LOOK_SECONDS)
    _pause: float = LOOK_SECONDS

    @classmethod
    @contextlib.contextmanager
    def started(cls, spread: Spread, n_items: int, reporter: Reporter) -> Iterator[SlurmJobs]:
        """Submit the jobs, and cancel them when the block ends.

        Raises
        ------
        UnavailableError
            If Slurm does not take the jobs.
        """
        wanted = min(spread.slurm_workers, -(-n_items // spread.slurm_cpus))
        logs = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "eegcli" / "slurm"
        cluster = _cluster(spread, logs)
        try:
            jobs = cls(cluster, wanted, spread.slurm_cpus, logs)
            jobs._test()
            jobs._submit()
            reporter.info(f"Slurm jobs {', '.join(sorted(jobs.ids()))} will do the work; what they say is in {logs}.")
            yield jobs
        finally:
            with contextlib.suppress(Exception):  # the jobs end by themselves when this process does
                cluster.close(timeout=20)

    def ids(self) -> set[str]:
        """Numbers of the jobs."""
        return {job.job_id for job in list(self.cluster.workers.values()) if job.job_id}

    def keep_alive(self, *, progress: bool) -> None:
        """Replace jobs that have ended, now and then.

        Raises
        ------
        UnavailableError
            If jobs end again and again without having done anything.
        """
        if progress:
            self._ended = 0
        if time.monotonic() < self._look:
            return
        connected = len(self.cluster.scheduler.workers)
        lost = self._lost() if connected < self.wanted * self.processes else set()
        missing = self.wanted - len(self.cluster.workers)  # dask drops workers that do not come back by itself
        if lost or missing:
            self._ended += len(lost) + missing
            if self._ended > RESTARTS * self.wanted:
                raise UnavailableError("the Slurm jobs end as soon as they have begun", hint=f"What they say is in {self.logs}.")
            self._submit(lost)
        self._pause = LOOK_SECONDS if lost or missing or progress else min(2 * self._pause, LOOK_SECONDS_MAX)
        self._look = time.monotonic() + self._pause

    def _lost(self) -> set[str]:
        """Names of those jobs that Slurm did not take, no longer has, or has only as ended."""
        jobs = {name: job.job_id for name, job in list(self.cluster.workers.items())}
        never = {name for name, number in jobs.items() if not number}
        try:
            # All of one's own, for squeue fails as a whole where one number is forgotten already.
            asked = subprocess.run(["squeue", "--me", "--noheader", "--format=%A"], capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            return never
        return never | ({name for name, number in jobs.items() if number not in asked.stdout.split()} if asked.returncode == 0 else set())

    def _test(self) -> None:
        """Ask Slurm whether it would take a job, since it says why not."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
            file.write(self.cluster.job_script())
            file.flush()
            asked = subprocess.run(["sbatch", "--test-only", file.name], capture_output=True, text=True)
        if asked.returncode:
            raise UnavailableError(f"Slurm does not take the jobs ({_reason(asked.stderr)})", hint="See the --slurm-… options.")

    def _submit(self, lost: Collection[str] = ()) -> None:
        async def settle() -> None:
            for name in lost:
                self.cluster.workers.pop(name, None)
            with contextlib.suppress(RuntimeError):  # a job that is not taken now is tried again at the next look
                await self.cluster

        if not self.cluster.worker_spec:
            self.cluster.scale(jobs=self.wanted)
        self.cluster.sync(settle)


def _cluster(spread: Spread, logs: Path) -> Any:
    import dask
    from dask_jobqueue import SLURMCluster

    dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_DEATHS})
    seconds = walltime_seconds(spread.slurm_walltime)
    # A worker that knows its end hands its work on in time; jobs that were begun together do not end together.
    lifetime = ["--lifetime", f"{seconds - MARGIN_SECONDS}s", "--lifetime-stagger", f"{MARGIN_SECONDS // 2}s"]
    try:
        logs.mkdir(parents=True, exist_ok=True)
        return SLURMCluster(
            queue=spread.slurm_partition,
            account=spread.slurm_account,
            walltime=spread.slurm_walltime,
            memory=spread.slurm_memory,
            cores=spread.slurm_cpus,
            processes=spread.slurm_cpus,  # one thread each
            interface=spread.slurm_interface,
            job_extra_directives=list(spread.slurm_options),
            job_name="eegcli",
            python=sys.executable,
            local_directory=SCRATCH,
            log_directory=str(logs),
            worker_extra_args=["--no-dashboard", *(lifetime if seconds > 4 * MARGIN_SECONDS else [])],
            # Any free port: the usual one is often taken, which dask would warn of.
            scheduler_options={"dashboard": False, "dashboard_address": ":0"},
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise UnavailableError(
            f"--executor slurm: no scheduler can be started here ({_reason(str(error))})", hint="See --slurm-interface."
        ) from error


def check(spread: Spread) -> None:
    """Check Slurm's commands and options before any job is submitted.

    Raises
    ------
    UnavailableError
        If Slurm's commands are not there.
    UsageError
        If an option is impossible.
    """
    import dask.utils

    for name in ("slurm_workers", "slurm_cpus"):
        if getattr(spread, name) < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1, not {getattr(spread, name)}")
    walltime_seconds(spread.slurm_walltime)
    try:
        dask.utils.parse_bytes(spread.slurm_memory)
    except ValueError as error:
        raise UsageError(f"--slurm-memory {spread.slurm_memory}: not an amount such as 4GB") from error
    for command in ("sbatch", "scancel", "squeue"):
        if shutil.which(command) is None:
            raise UnavailableError(f"--executor slurm: {command} is not on the PATH", hint="Run it where Slurm's commands are.")


def walltime_seconds(text: str) -> int:
    """Seconds of a time as Slurm spells it: ``MM``, ``MM:SS``, ``HH:MM:SS``, ``D-HH``, ``D-HH:MM`` or ``D-HH:MM:SS``.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    if re.fullmatch(r"(\d+-\d+(:\d+){0,2}|\d+(:\d+){0,2})", text) is None:
        raise UsageError(f"--slurm-walltime {text}: not a time such as 02:00:00")
    days, dash, rest = text.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, minutes, seconds = [*parts, 0, 0][:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:
        hours, (minutes, seconds) = 0, [*parts, 0][:2]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


def _reason(text: str) -> str:
    """The line of a failed command that says why, else the first one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if "error:" in line]
    return (told or lines or ["it does not say why"])[0].rpartition("error: ")[2][:200]
