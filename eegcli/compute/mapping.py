"""One call site for parallel work: a function over items, in processes, one failure never stopping the rest."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from eegcli.compute.signals import Stop, ignore_interrupt, stop_signals
from eegcli.compute.threads import default_jobs, limited
from eegcli.errors import EegcliError, UnavailableError
from eegcli.report import Report
from eegcli.result import Failure

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What became of one item: a value, or a failure.

    Attributes
    ----------
    name : str
    value : object or None
        What the function returned; None if it failed.
    failure : Failure or None
    seconds : float
        Wall time of the function.
    traceback : str or None
        For the log file, where the failure was not foreseen.
    """

    name: str
    value: Value | None
    failure: Failure | None
    seconds: float
    traceback: str | None = None


def map_items(
    function: Callable[[Item], Value],
    items: Sequence[Item],
    *,
    jobs: int | None,
    report: Report,
    label: str,
    name: Callable[[Item], str] = str,
) -> list[Outcome[Value]]:
    """Call `function` on every item, in `jobs` processes; outcomes come in the order of the items.

    Parameters
    ----------
    function : callable
        Defined at the top of a module, so that a process can import it. It writes its own files and returns
        a small record. Each process has one BLAS thread, so that results and load do not depend on `jobs`.
    items : sequence
    jobs : int or None
        Processes; None is one per available core.
    report : Report
        Shows how far the work is; gets each traceback as a debug message.
    label : str
        What is being done, for the progress bar.
    name : callable
        Name of an item, for failures.

    Returns
    -------
    list of Outcome

    Raises
    ------
    Stopped, Interrupted
        If a signal came: items that were running are finished, the rest is not begun.
    UnavailableError
        If an item met a full disk or a missing dependency: the others would, too.
    """
    workers = min(default_jobs(jobs), max(len(items), 1))
    names = [name(item) for item in items]
    outcomes: dict[int, Outcome[Value]] = {}
    with stop_signals() as stop:
        for index, outcome in report.progress(_results(function, items, names, workers, stop), label, len(items)):
            if isinstance(outcome, UnavailableError):
                raise outcome
            outcomes[index] = outcome
            if outcome.traceback:
                report.debug(f"{outcome.name}:\n{outcome.traceback}")
        stop.raise_if_requested()
    return [outcomes[index] for index in range(len(items))]


def _results(
    function: Callable[[Item], Value], items: Sequence[Item], names: list[str], workers: int, stop: Stop
) -> Iterator[tuple[int, Outcome[Value] | UnavailableError]]:
    if workers == 1:
        for index, item in enumerate(items):
            if stop.requested:
                return
            yield index, _guarded(function, item, names[index])
        return
    from joblib import Parallel, delayed

    def tasks() -> Iterator[Any]:
        for index, item in enumerate(items):
            if stop.requested:  # asked for lazily, so that nothing new begins after a signal
                return
            yield delayed(_in_worker)(function, index, item, names[index])

    yield from Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch=workers, max_nbytes=None)(tasks())


def _in_worker(function: Callable[[Item], Value], index: int, item: Item, name: str) -> tuple[int, Outcome[Value] | UnavailableError]:
    ignore_interrupt()
    return index, _guarded(function, item, name)


def _guarded(function: Callable[[Item], Value], item: Item, name: str) -> Outcome[Value] | UnavailableError:
    start = time.perf_counter()
    try:
        with limited(1):
            return Outcome(name, function(item), None, time.perf_counter() - start)
    except UnavailableError as error:
        return error
    except EegcliError as error:
        failure = Failure(name, error.message, error.cause)
        return Outcome(name, None, failure, time.perf_counter() - start)
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        failure = Failure(name, f"{type(error).__name__}: {line}", type(error).__name__)
        return Outcome(name, None, failure, time.perf_counter() - start, traceback.format_exc())
