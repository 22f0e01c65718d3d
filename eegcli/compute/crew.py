"""Crew: processes that do long work side by side, an item at a time each; one that dies costs its item, and nothing else.

Joblib's pool is for short items: the death of a worker breaks it, and a signal finds no way to the work. Here each process can be asked to
stop, tells what it does meanwhile, and is replaced by another if it dies.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, NoReturn, Protocol, TypeVar

from eegcli.compute.outcome import Outcome, attempt
from eegcli.compute.signals import Stop, ignore_interrupt, stop_signals
from eegcli.errors import EegcliError, Stopped, UnavailableError
from eegcli.reporter import Reporter, Silent
from eegcli.result import Failure

Item = TypeVar("Item")
Item_ = TypeVar("Item_", contravariant=True)
Value = TypeVar("Value")
Value_ = TypeVar("Value_", covariant=True)
LOOK_SECONDS = 0.2  # between looks for a signal
Answer = Outcome[Value] | EegcliError  # that ends all of the work: no single item is to blame for it


class Work(Protocol[Item_, Value_]):
    """Work on an item; writes its own files and returns a small record. Pickled once for each process."""

    def __call__(self, item: Item_, /, *, stop: Stop, reporter: Reporter) -> Value_:
        """Work on an item until it is done, or `stop` is requested: then raise `Stopped` with everything on disk."""
        ...


def results(
    work: Work[Item, Value], items: Sequence[Item], names: Sequence[str], *, jobs: int, stop: Stop, reporter: Reporter
) -> Generator[tuple[int, Answer[Value]], None, None]:
    """Work on items, in this process one after the other, or in several processes side by side.

    Parameters
    ----------
    work : callable
    items : sequence
    names : sequence of str
        Names of the items, for failures.
    jobs : int
        Processes; 1 is this one.
    stop : Stop
        Once it is requested nothing new is begun, and every process is asked to stop.
    reporter : Reporter
        Hears what the processes report, but for their progress.

    Yields
    ------
    index : int
    answer : Outcome, or the error that ends all of the work
        In the order in which they come.

    Raises
    ------
    Stopped, Interrupted
        If a signal came, after every process has ended what it was at.
    """
    if jobs == 1:
        for index, item in enumerate(items):
            stop.raise_if_requested()
            yield index, _attempt(work, item, names[index], stop, reporter)
        return
    waiting = deque(enumerate(zip(items, names, strict=True)))
    crew: list[_Member[Item, Value]] = []
    try:
        while waiting or any(member.busy for member in crew):
            if stop.requested:
                waiting.clear()
                for member in crew:
                    member.ask_to_stop()
            crew += [_Member(work) for _ in range(min(jobs - len(crew), len(waiting)))]
            for member in crew:
                if waiting and not member.busy:
                    member.give(*waiting.popleft())
            at_work: dict[Any, _Member[Item, Value]] = {member.line: member for member in crew if member.busy}
            for line in wait(list(at_work), timeout=LOOK_SECONDS):
                answer = at_work[line].hear(reporter)
                if answer is None:
                    continue
                if isinstance(answer[1], Stopped):
                    stop.signal = stop.signal or signal.SIGTERM  # asked by somebody else, as Slurm does: then all are
                elif at_work[line].lives or not stop.requested:  # one that is asked while it starts knows no better than to die
                    yield answer
            crew = [member for member in crew if member.lives]
        stop.raise_if_requested()
    finally:
        for member in crew:
            member.dismiss()


def _attempt(work: Work[Item, Value], item: Item, name: str, stop: Stop, reporter: Reporter) -> Answer[Value]:
    return attempt(lambda: work(item, stop=stop, reporter=reporter), name, UnavailableError, Stopped)


class _Member(Generic[Item, Value]):
    """Process of a crew, as the one sees it that gives out the work."""

    def __init__(self, work: Work[Item, Value]) -> None:
        # As joblib starts its own: nothing is forked that has threads, and a user's script is not run again.
        from joblib.externals.loky.backend.context import get_context

        context = get_context("loky")
        self.line, theirs = context.Pipe()
        life, self._life = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(theirs, life, work))
        with _holding_back_interrupts():
            self._process.start()
        theirs.close()
        life.close()
        self._item: tuple[int, str] | None = None  # index and name of what it is at
        self._asked = False
        self.lives = True

    @property
    def busy(self) -> bool:
        return self._item is not None

    def give(self, index: int, named: tuple[Item, str]) -> None:
        self._item = index, named[1]
        with suppress(OSError):  # it may be dead: that is heard
            self.line.send(named)

    def hear(self, reporter: Reporter) -> tuple[int, Answer[Value]] | None:
        """Hear what it says: reports are passed on; an answer is given with its index; death is an answer, too."""
        assert self._item is not None
        index, name = self._item
        try:
            said = self.line.recv()
        except (EOFError, OSError):
            self._process.join()
            self.lives = False
            said = Outcome[Value](name, None, _death(name, self._process.exitcode), 0.0)
        if isinstance(said, _Report):
            getattr(reporter, said.kind)(*said.words)
            return None
        self._item = None
        return index, said

    def ask_to_stop(self) -> None:
        if self.busy and not self._asked:
            self._process.terminate()
            self._asked = True

    def dismiss(self) -> None:
        """Let it go, after it has stopped what it is at."""
        self.ask_to_stop()
        while self.busy:
            self.hear(Silent())
        with suppress(OSError):
            self.line.send(None)
        self._process.join()
        self._life.close()


@contextmanager
def _holding_back_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C inside the block, and for ever in a process that is started there: it would end with a traceback while it imports."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _death(name: str, code: int | None) -> Failure:
    """Failure of an item whose process died."""
    if code is None or code >= 0:
        return Failure(name, f"its process ended with code {code}", "killed")
    number = signal.Signals(-code)
    why = " (the system may have run out of memory: fewer --jobs need less)" if number is signal.SIGKILL else ""
    return Failure(name, f"its process was killed by {number.name}{why}", "killed")


@dataclass(frozen=True)
class _Report:
    """Call of a method of a reporter, on its way to the process that has one."""

    kind: str
    words: tuple[Any, ...]


class _Reports(Silent):
    """Reporter of a process of the crew."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def info(self, message: str) -> None:
        self._line.send(_Report("info", (message,)))

    def warn(self, message: str) -> None:
        self._line.send(_Report("warn", (message,)))

    def debug(self, message: str) -> None:
        self._line.send(_Report("debug", (message,)))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._line.send(_Report("table", (title, columns, rows)))


def _serve(line: Connection, life: Connection, work: Work[Any, Any]) -> None:
    """Work on what comes, until nothing more does: the life of a process of the crew."""
    ignore_interrupt()  # a terminal sends it to every process of the group; the first one asks the others
    threading.Thread(target=_die_with, args=(life,), daemon=True).start()
    with stop_signals(quiet=True) as stop:
        while (order := line.recv()) is not None:
            item, name = order
            line.send(_attempt(work, item, name, stop, _Reports(line)))


def _die_with(life: Connection) -> NoReturn:
    """End at once when the process that gives out the work is gone: as it, this one may be killed at any moment."""
    with suppress(EOFError, OSError):
        life.recv()
    os._exit(1)
