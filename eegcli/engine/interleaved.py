"""Interleaved trainings: several networks take turns in one process, each with its own random states and, on a GPU, its own stream."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Generator, Sequence
from typing import Any, Generic, Protocol, TypeVar

import torch

from eegcli.compute.crew import Answer
from eegcli.compute.outcome import Outcome, attempt
from eegcli.compute.signals import Stop
from eegcli.engine.device import exact
from eegcli.engine.turns import Turns
from eegcli.errors import Stopped, UnavailableError
from eegcli.reporter import Reporter, Silent

Item_ = TypeVar("Item_", contravariant=True)
Item = TypeVar("Item")
Value = TypeVar("Value")
Value_ = TypeVar("Value_", covariant=True)


class Work(Protocol[Item_, Value_]):
    """Work on an item, in turns; writes its own files and gives a small record."""

    def __call__(self, item: Item_, /, *, stop: Stop, reporter: Reporter) -> Turns[Value_]:
        """Work on an item until it is done, or `stop` is requested: then raise `Stopped` with everything on disk."""
        ...


def results(
    work: Work[Item, Value],
    items: Sequence[Item],
    names: Sequence[str],
    *,
    at_once: int,
    threads: int,
    device: torch.device,
    stop: Stop,
    reporter: Reporter,
) -> Generator[tuple[int, Answer[Value]], None, None]:
    """Work on several items at once, a turn of each after the other.

    Parameters
    ----------
    work : callable
    items : sequence
    names : sequence of str
        Names of the items, for failures.
    at_once : int
        How many take turns; where one is done the next item takes its place.
    threads : int
        As of `engine.device.exact`, which holds from the first turn to the last: what one of them leaves must not end it for others.
    device : torch.device
        Where they are worked on.
    stop : Stop
        Once it is requested nothing new is begun, and everything that is at work comes to its checkpoint.
    reporter : Reporter
        Hears what they report, but for their progress.

    Yields
    ------
    index : int
    answer : Outcome, or the error that ends all of the work
        In the order in which they come.

    Raises
    ------
    Stopped, Interrupted
        If a signal came, after every item at work has been stopped.
    """
    waiting = list(enumerate(items))[::-1]
    lanes: list[_Lane[Value]] = []
    with exact(threads, device):
        try:
            while waiting or lanes:
                if stop.requested:
                    waiting.clear()
                while waiting and len(lanes) < at_once:
                    index, item = waiting.pop()
                    lanes.append(_Lane(index, names[index], work(item, stop=stop, reporter=_Notes(reporter)), device))
                for lane in list(lanes):
                    answer = lane.go_on()
                    if answer is None:
                        continue
                    lanes.remove(lane)
                    if isinstance(answer, Stopped):
                        stop.signal = stop.signal or signal.SIGTERM  # it was asked where nobody else listens: then all are
                    else:
                        yield lane.index, answer
        finally:
            if lanes:
                stop.signal = stop.signal or signal.SIGTERM
            for lane in lanes:  # each comes to its checkpoint
                while lane.go_on() is None:
                    pass
    stop.raise_if_requested()


class _Lane(Generic[Value]):
    """Lane of one item among several that take turns: what is global for torch is its own there.

    Parameters
    ----------
    index : int
    name : str
        Of the item.
    turns : generator
        Its work.
    device : torch.device
    """

    def __init__(self, index: int, name: str, turns: Turns[Value], device: torch.device) -> None:
        self.index, self._name, self._turns = index, name, turns
        self._stream = _own_stream(device)
        self._states = [_OwnRandomState(), *([_OwnDeviceState(device)] if device.type == "cuda" else [])]

    def go_on(self) -> Answer[Value] | None:
        """Do the next turn; None where there are more."""
        with contextlib.ExitStack() as own:
            if self._stream is not None:
                own.enter_context(torch.cuda.stream(self._stream))
            for state in self._states:
                own.enter_context(state)
            answer = attempt(self._next, self._name, UnavailableError, Stopped)
        return None if isinstance(answer, Outcome) and answer.value is _MORE else answer

    def _next(self) -> Any:
        try:
            next(self._turns)
        except StopIteration as end:
            return end.value
        return _MORE


_MORE = object()


class _OwnRandomState(contextlib.AbstractContextManager[None]):
    """State of torch's generator on the CPU that belongs to one of several trainings; it goes on where it was left."""

    def __init__(self) -> None:
        self._state = torch.get_rng_state()

    def __enter__(self) -> None:
        self._others = torch.get_rng_state()
        torch.set_rng_state(self._state)

    def __exit__(self, *_: object) -> None:
        self._state = torch.get_rng_state()
        torch.set_rng_state(self._others)


class _OwnDeviceState(contextlib.AbstractContextManager[None]):
    """The same of a GPU. The state itself changes place, not what is in it: a graph reads the one that it was captured with, while others run beside it."""

    def __init__(self, device: torch.device) -> None:
        torch.cuda.init()  # type: ignore[no-untyped-call]
        self._generator: Any = torch.cuda.default_generators[device.index or 0]
        self._state = self._generator.clone_state()

    def __enter__(self) -> None:
        self._others = self._generator.graphsafe_get_state()
        self._generator.graphsafe_set_state(self._state)

    def __exit__(self, *_: object) -> None:
        self._generator.graphsafe_set_state(self._others)


def _own_stream(device: torch.device) -> torch.cuda.Stream | None:
    """Stream of a GPU for one of several trainings: what it is given runs beside the work of others, and after all that was asked for before."""
    if device.type != "cuda":
        return None
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(device))
    return stream


class _Notes(Silent):
    """Reporter of one of several trainings: its notes are passed on, its progress is not, of which a terminal shows one."""

    def __init__(self, reporter: Reporter) -> None:
        self.info, self.warn, self.debug, self.table = reporter.info, reporter.warn, reporter.debug, reporter.table  # type: ignore[method-assign]
