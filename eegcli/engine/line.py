"""Line between ranks: the one that leads says what is to be done next, and whoever fails says why."""

from __future__ import annotations

import contextlib
import datetime
import json
import time
from collections.abc import Iterator
from typing import Any

from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]  # its own names, re-exported

from eegcli.compute.ranks import Place, Told
from eegcli.compute.signals import RESUME, Stop
from eegcli.errors import BUG, EegcliError, Stopped, UnavailableError

MEETING_SECONDS = 300.0  # nodes of one job may start minutes apart
LOOK_SECONDS = 0.1  # between looks for what is told
WHY_SECONDS = 3.0  # in which a rank that failed says why
LEAVE_SECONDS = 5.0  # in which the others leave; one that was killed never does
FAILED, END = "failed", "end"


class Line:
    """Line between ranks: a small store of texts, kept by the launcher or by the rank that leads.

    Parameters
    ----------
    place : Place
        Place of this process.

    Raises
    ------
    UnavailableError
        If the ranks do not find each other.
    """

    def __init__(self, place: Place) -> None:
        self.place, self._n_told, self.n_meetings = place, 0, 0
        self.keeps = place.leads and not place.hosted
        try:
            meeting = TCPStore(
                place.address,
                place.port,
                place.size,
                is_master=self.keeps,
                timeout=_seconds(MEETING_SECONDS),
                wait_for_workers=not place.hosted,
            )
        except (RuntimeError, ValueError) as error:
            raise UnavailableError(
                f"rank {place.rank} of {place.size} finds nobody at {place.address}:{place.port} ({_one_line(error)})",
                hint="Every rank must reach this address; MASTER_ADDR and MASTER_PORT name another.",
            ) from error
        self.store: Store = PrefixStore(f"eegcli/{place.attempt}", meeting)

    def tell(self, **order: Any) -> None:
        """Tell all other ranks what to do next."""
        with self.speaking():
            self.store.set(f"order/{self._n_told}", json.dumps(order))
        self._n_told += 1

    def end(self) -> None:
        """Tell all other ranks that nothing is left to do."""
        self.tell(**{END: True})

    def told(self, stop: Stop) -> dict[str, Any] | None:
        """Wait for what is to be done next; None where nothing is left.

        Raises
        ------
        Told, Stopped, Interrupted
            If a rank failed, or a signal came.
        """
        key = f"order/{self._n_told}"
        while True:
            stop.raise_if_requested()
            with self.speaking():
                self.listen()
                if self.store.check([key]):
                    break
            time.sleep(LOOK_SECONDS)
        self._n_told += 1
        order: dict[str, Any] = json.loads(self.store.get(key))
        return None if END in order else order

    def meet(self) -> None:
        """Wait until every rank is here, or one has failed on its way; all of them meet as often.

        Raises
        ------
        Told, UnavailableError
            If a rank failed, or does not come.
        """
        until, self.n_meetings = time.monotonic() + MEETING_SECONDS, self.n_meetings + 1
        here = f"here/{self.n_meetings}"
        with self.speaking():
            n_here = self.store.add(here, 1)
            while n_here < self.place.size:
                self.listen()
                if time.monotonic() > until:
                    raise UnavailableError(f"{n_here} of {self.place.size} ranks are ready after {MEETING_SECONDS:.0f} s")
                time.sleep(LOOK_SECONDS)
                n_here = self.store.add(here, 0)

    def listen(self) -> None:
        """Raise the error of a rank that has said that it fails."""
        with self.speaking():
            if self.store.check([FAILED]):
                raise self.why()

    def fail(self, error: BaseException) -> None:
        """Say why this rank fails, unless another one has said so before."""
        if isinstance(error, Told):
            return
        said = {
            "rank": self.place.rank,
            "code": error.exit_code if isinstance(error, EegcliError) else BUG,
            "message": error.message if isinstance(error, EegcliError) else f"{type(error).__name__}: {_one_line(error)}",
            "hint": error.hint if isinstance(error, EegcliError) else None,
        }
        with contextlib.suppress(RuntimeError):
            self.store.compare_set(FAILED, "", json.dumps(said))

    def why(self) -> EegcliError:
        """The error of the rank that failed; without a word of it, one that says so: it was killed, and a checkpoint is where it was."""
        until = time.monotonic() + WHY_SECONDS
        with contextlib.suppress(RuntimeError):
            while time.monotonic() < until:
                if self.store.check([FAILED]):
                    said = json.loads(self.store.get(FAILED))
                    return Told(f"rank {said['rank']}: {said['message']}", hint=said["hint"], exit_code=said["code"])
                time.sleep(LOOK_SECONDS)
        return Stopped(
            f"another of the {self.place.size} ranks has ended without a word (was it killed?); what was saved is kept", hint=RESUME
        )

    def leave(self) -> None:
        """Leave; whoever keeps the store stays until the others have heard what was said last."""
        with contextlib.suppress(RuntimeError):
            n_left = self.store.add("left", 1)
            until = time.monotonic() + LEAVE_SECONDS
            while self.keeps and n_left < self.place.size and time.monotonic() < until:
                time.sleep(LOOK_SECONDS)
                n_left = self.store.add("left", 0)

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Turn the failure of a connection into the error of the rank that is to blame."""
        try:
            yield
        except RuntimeError as error:  # of torch.distributed, whatever its kind
            raise self.why() from error


@contextlib.contextmanager
def joined(place: Place) -> Iterator[Line]:
    """Join the other ranks for the block; an error of any of them ends it on all."""
    line = Line(place)
    try:
        yield line
        if place.leads:
            line.end()
    except BaseException as error:
        line.fail(error)
        raise
    finally:
        line.leave()


def _seconds(number: float) -> datetime.timedelta:
    return datetime.timedelta(seconds=number)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
