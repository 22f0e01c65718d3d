"""Parallel map: a function over items, in processes or on a cluster, one failure never stopping the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from eegcli.compute.executors import local
from eegcli.compute.outcome import Outcome
from eegcli.compute.signals import Stop, stop_signals
from eegcli.compute.threads import bounded_jobs
from eegcli.errors import UnavailableError
from eegcli.reporter import Reporter
from eegcli.settings import Spread

Item = TypeVar("Item")
Value = TypeVar("Value")


def map_items(
    function: Callable[[Item], Value],
    items: Sequence[Item],
    *,
    jobs: int | None,
    reporter: Reporter,
    label: str,
    name: Callable[[Item], str] = str,
    spread: Spread | None = None,
    beside: Callable[[Stop], AbstractContextManager[Any]] | None = None,
) -> list[Outcome[Value]]:
    """Call `function` on every item, in processes; outcomes come in the order of the items.

    Parameters
    ----------
    function : callable
        Defined at the top of a module, so that a process can import it. It writes its own files and returns
        a small record. Each process has one BLAS thread, so that results and load do not depend on who does the work.
    items : sequence
    jobs : int or None
        Processes on this machine; None is one per available core.
    reporter : Reporter
        Shows how far the work is; gets each traceback as a debug message.
    label : str
        What is being done, for the progress bar.
    name : callable
        Name of an item, for failures.
    spread : Spread, optional
        Who does the work; without it, processes on this machine.
    beside : callable, optional
        Given the Stop that signals request, a context manager for what runs while the work is done.

    Returns
    -------
    list of Outcome

    Raises
    ------
    Stopped, Interrupted
        If a signal came: items that were running on this machine are finished, the rest is not begun.
    UnavailableError
        If an item met a full disk or a missing dependency: the others would, too. If the cluster cannot be reached.
    UsageError
        If an option of the cluster is missing or impossible.
    """
    names = [name(item) for item in items]
    outcomes: dict[int, Outcome[Value]] = {}
    with stop_signals() as stop, beside(stop) if beside else nullcontext():
        results = _results(function, items, names, jobs, spread, reporter, stop)
        for index, outcome in reporter.progress(results, label, len(items)):
            if isinstance(outcome, UnavailableError):
                raise outcome
            outcomes[index] = outcome
            if outcome.traceback:
                reporter.debug(f"{outcome.name}:\n{outcome.traceback}")
        stop.raise_if_requested()
    return [outcomes[index] for index in range(len(items))]


def check_spread(spread: Spread) -> None:
    """Check the libraries and options of an executor before anything is written.

    Raises
    ------
    UnavailableError
        If what the executor needs is not installed.
    UsageError
        If an option of it is missing or impossible.
    """
    if spread.executor != "joblib":
        from eegcli.compute.executors import dask

        dask.check(spread)


def _results(
    function: Callable[[Item], Value],
    items: Sequence[Item],
    names: Sequence[str],
    jobs: int | None,
    spread: Spread | None,
    reporter: Reporter,
    stop: Stop,
) -> Iterator[tuple[int, Outcome[Value] | UnavailableError]]:
    if spread is None or spread.executor == "joblib" or not items:
        return local.results(function, items, names, min(bounded_jobs(jobs, reporter), max(len(items), 1)), stop)
    # dask costs half a second to import, and is an extra
    from eegcli.compute.executors import dask

    return dask.results(function, items, names, spread, reporter, stop)
