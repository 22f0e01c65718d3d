"""Work on this machine: in this process, or in processes of joblib."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from eegcli.compute.outcome import Outcome, outcome_of
from eegcli.compute.signals import Stop, ignore_interrupt
from eegcli.errors import UnavailableError

Item = TypeVar("Item")
Value = TypeVar("Value")


def results(
    function: Callable[[Item], Value], items: Sequence[Item], names: Sequence[str], workers: int, stop: Stop
) -> Iterator[tuple[int, Outcome[Value] | UnavailableError]]:
    """Outcomes in the order in which they come, each with the index of its item; nothing new begins once `stop` is requested."""
    if workers == 1:
        for index, item in enumerate(items):
            if stop.requested:
                return
            yield index, outcome_of(function, item, names[index])
        return
    from joblib import Parallel, delayed

    def tasks() -> Iterator[Any]:
        for index, item in enumerate(items):
            if stop.requested:  # asked for lazily, so that nothing new begins after a signal
                return
            yield delayed(_in_process)(function, index, item, names[index])

    running = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch=workers, max_nbytes=None)(tasks())
    try:
        for result in running:  # noqa: UP028  # `yield from` would close it before the lines below
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that work was cancelled is known to whoever cancelled it
            running.close()


def _in_process(function: Callable[[Item], Value], index: int, item: Item, name: str) -> tuple[int, Outcome[Value] | UnavailableError]:
    ignore_interrupt()
    return index, outcome_of(function, item, name)
