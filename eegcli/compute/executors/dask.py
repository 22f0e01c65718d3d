"""Work on a dask cluster: one that is running already, or one that Slurm starts for us."""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from eegcli.compute.executors import slurm
from eegcli.compute.executors.slurm import SlurmJobs
from eegcli.compute.outcome import Outcome, outcome_of
from eegcli.compute.signals import Stop
from eegcli.errors import UnavailableError, UsageError
from eegcli.reporter import Reporter
from eegcli.result import Failure
from eegcli.settings import Spread
from eegcli.version import __version__

Item = TypeVar("Item")
Value = TypeVar("Value")

CONNECT_SECONDS = 15.0  # until a scheduler counts as not there
LOST_SECONDS = 60.0  # until a scheduler that was there counts as gone
PAUSE_SECONDS = 0.1
DIED = "took its dask workers with it, one after the other (out of memory?)"
_ONE_AT_A_TIME = threading.Lock()


def results(
    function: Callable[[Item], Value], items: Sequence[Item], names: Sequence[str], spread: Spread, reporter: Reporter, stop: Stop
) -> Iterator[tuple[int, Outcome[Value] | UnavailableError]]:
    """Outcomes in the order in which they come, each with the index of its item.

    When a worker dies, dask gives its items to another one. An item that has taken several workers with it is a failure.
    Once `stop` is requested, what has not ended is cancelled, to be done again by the next run.

    Raises
    ------
    UnavailableError
        If dask is not installed, or nobody answers where the scheduler should be, or the workers are of another version.
    UsageError
        If no scheduler is named.
    """
    check(spread)
    with contextlib.ExitStack() as stack:
        jobs = stack.enter_context(SlurmJobs.started(spread, len(items), reporter)) if spread.executor == "slurm" else None
        client = stack.enter_context(_connected(jobs.cluster if jobs else spread.scheduler))
        _tell_of_workers(client, reporter, expected=jobs is not None)
        tasks: dict[Any, int] = {}
        stack.callback(_cancel, client, tasks)

        def submit(index: int) -> None:
            tasks[client.submit(_on_worker, function, items[index], names[index], __version__, pure=False)] = index

        def ended() -> Iterator[tuple[int, Outcome[Value] | UnavailableError | None]]:
            return _as_they_come(client, tasks, jobs, stop)

        for index in range(len(items)):
            submit(index)
        suspects = []
        for index, outcome in ended():
            if outcome is None:
                suspects.append(index)
            else:
                yield index, outcome
        # dask blames all that was on a worker when it died: the innocent are told from the guilty one by one.
        for index in suspects:
            if not stop.requested:
                submit(index)
                for _, outcome in ended():
                    yield index, outcome or Outcome(names[index], None, Failure(names[index], DIED, "worker died"), 0.0)


def _as_they_come(
    client: Any, tasks: dict[Any, int], jobs: SlurmJobs | None, stop: Stop
) -> Iterator[tuple[int, Outcome[Any] | UnavailableError | None]]:
    """Outcomes of `tasks`, which is emptied; None where an item's workers died."""
    from distributed import as_completed

    ended = as_completed(tasks, with_results=True, raise_errors=False, loop=client.loop)
    answered = time.monotonic()
    while tasks and not stop.requested:
        batch = ended.next_batch(block=False)
        for task, result in batch:
            # Given back at once: if its worker dies, dask would do again what somebody still holds, files and all.
            index = tasks.pop(task)
            task.release()
            yield index, result if isinstance(result, (Outcome, UnavailableError)) else _lost(result)
        if client.status == "running":
            answered = time.monotonic()
        elif time.monotonic() - answered > LOST_SECONDS:
            raise UnavailableError("the dask scheduler is gone", hint="Start it and run the same command again: what is finished is kept.")
        if jobs:
            jobs.keep_alive(progress=bool(batch))
        if not batch:
            time.sleep(PAUSE_SECONDS)


def _on_worker(function: Callable[[Item], Value], item: Item, name: str, version: str) -> Outcome[Value] | UnavailableError:
    if version != __version__:
        return UnavailableError(
            f"the dask worker on {socket.gethostname()} has eegcli {__version__}, this is {version}",
            hint="Start the workers with the same environment.",
        )
    # A worker with several threads shares one process, in which threads of BLAS and warnings are set for all of them.
    with _ONE_AT_A_TIME:
        return outcome_of(function, item, name)


def _lost(result: Any) -> UnavailableError | None:
    """Explain an item that came back without an outcome: None if its workers died, else the reason why the others will not come either."""
    from distributed.scheduler import KilledWorker

    error = result[1] if isinstance(result, tuple) else None
    if isinstance(error, KilledWorker):
        return None
    if error is None:
        return UnavailableError("the dask scheduler has dropped the work", hint="Run the same command again: what is finished is kept.")
    return UnavailableError(
        f"a dask worker cannot do the work ({type(error).__name__}: {_first_line(error)})",
        hint="Start the workers with an environment that has eegcli.",
    )


@contextlib.contextmanager
def _connected(address: Any) -> Iterator[Any]:
    """A client of the cluster, or of the scheduler at an address or named by a scheduler file."""
    from distributed import Client

    where = {"scheduler_file": address} if _is_file(address) else {"address": address}
    try:
        client = Client(**where, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(
            f"--scheduler {address}: no dask scheduler answers there", hint="Start one with `dask scheduler`; see docs/hpc.md."
        ) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # what was to be done is done; a scheduler that is gone cannot be told so
            client.close(timeout=5)


def _cancel(client: Any, tasks: dict[Any, int]) -> None:
    if tasks and client.status == "running":
        with contextlib.suppress(Exception):
            client.cancel(list(tasks), force=True)


def _tell_of_workers(client: Any, reporter: Reporter, *, expected: bool) -> None:
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    if not workers and not expected:
        reporter.warn("the dask scheduler has no workers yet; waiting for them")
    if any(worker["nthreads"] > 1 for worker in workers):
        reporter.warn("dask workers with several threads do one recording at a time; start them with --nthreads 1 --nworkers N")


def check(spread: Spread) -> None:
    """Check, before any work begins, that dask (or Slurm) is installed and the options are possible.

    Raises
    ------
    UnavailableError
        If dask, or Slurm, is not installed.
    UsageError
        If no scheduler is named, or an option for Slurm is impossible.
    """
    for module in ("distributed", *(["dask_jobqueue"] if spread.executor == "slurm" else [])):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UnavailableError(
                f"--executor {spread.executor}: {module.replace('_', '-')} is not installed", hint="pip install 'eegcli[hpc]'"
            ) from error
    # What it would log, the user is told in one line.
    for logger in ("distributed", "asyncio", "tornado"):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    if spread.executor == "slurm":
        slurm.check(spread)
        return
    example = "For example --scheduler tcp://node01:8786, or a scheduler file."
    if not spread.scheduler:
        raise UsageError("--executor dask needs --scheduler", hint=example)
    if _is_file(spread.scheduler):
        if not Path(spread.scheduler).is_file():
            raise UnavailableError(f"--scheduler {spread.scheduler}: no such file", hint="`dask scheduler --scheduler-file` writes it.")
    elif re.fullmatch(r"([a-z]+://)?[^\s/]+:\d+", spread.scheduler) is None:
        raise UsageError(f"--scheduler {spread.scheduler}: neither an address nor a scheduler file", hint=example)


def _is_file(address: Any) -> bool:
    return isinstance(address, str) and "://" not in address and Path(address).suffix == ".json"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
