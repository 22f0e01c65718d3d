"""Stop signals: finish the step, keep what is done, say so, end with the code that a scheduler understands."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from eegcli.errors import INTERRUPTED, Interrupted, Stopped

# USR1 and USR2 are what `sbatch --signal` sends ahead of the time limit; Windows has neither.
_STOPS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1", "SIGUSR2") if hasattr(signal, name))
RESUME = "Run the same command again: it resumes."


class Stop:
    """Stop flag, set by a signal that asks the command to stop."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    @property
    def requested(self) -> bool:
        """True once a signal has come."""
        return self.signal is not None

    def raise_if_requested(self) -> None:
        """End the command if a signal has come; call it where everything finished is on disk.

        Raises
        ------
        Interrupted
            After Ctrl-C (exit 130).
        Stopped
            After SIGTERM, SIGUSR1 or SIGUSR2 (exit 75).
        """
        if self.signal is None:
            return
        if self.signal is signal.SIGINT:
            raise Interrupted("stopped by Ctrl-C; what is finished is kept", hint=RESUME)
        raise Stopped(f"stopped by {self.signal.name}; what is finished is kept", hint=RESUME)


@contextlib.contextmanager
def stop_signals(*, quiet: bool = False) -> Iterator[Stop]:
    """Catch stop signals inside the block; a second Ctrl-C ends the process at once.

    Outside the main thread nothing is caught, since Python delivers signals to the main thread only.

    Parameters
    ----------
    quiet : bool
        Say nothing: in one of several processes, for all of which another one speaks.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, _frame: FrameType | None) -> None:
        received = signal.Signals(number)
        if received is signal.SIGINT and stop.signal is signal.SIGINT:
            os._exit(INTERRUPTED)
        if stop.signal is None:
            stop.signal = received
            if quiet:
                return
            # A signal handler may not touch buffered streams; the write itself is atomic.
            os.write(2, f"\n{received.name}: finishing the step (Ctrl-C again ends at once)\n".encode())

    previous = {number: signal.signal(number, note) for number in (*_STOPS, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def ending_on_stop() -> Iterator[None]:
    """End the block with `Stopped` at a stop signal: for work that is short, or whole files only, and simply done again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise Stopped(f"stopped by {signal.Signals(number).name}; what is finished is kept", hint=RESUME)

    previous = {number: signal.signal(number, end) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def ignore_interrupt() -> None:
    """Let the parent decide about Ctrl-C, which a terminal sends to every process of the group."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
