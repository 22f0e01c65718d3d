"""Blocks of windows that lie elsewhere, in a bounded cache on the disk: fetched ahead, in the order in which they will be read."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from eegcli.errors import UnavailableError
from eegcli.files.scratch import scratch_base

BLOCK_BYTES = 8 << 20  # a request's latency is small beside its transfer; the order of `--stream` is one of such blocks
FETCHERS = 4  # blocks on their way at the same time: more share the same line
SHARE = 0.5  # of the free space of scratch, unless told otherwise
READY = 8  # blocks fetched and not yet read, for which others are put out: enough to hide a slow answer


def windows_per_block(shape: Sequence[int]) -> int:
    """Number of windows of a shape, float32, that make a block: the same wherever they lie, since their order depends on it."""
    return max(1, BLOCK_BYTES // max(4 * math.prod(shape), 1))


def room() -> int:
    """Bytes that the blocks may take of the disk of scratch where nobody says: half of what is free."""
    where = scratch_base()
    with _telling(where):
        return int(SHARE * shutil.disk_usage(where).free)


class Future:
    """Future of the blocks: the steps in which they will be read, one block a step.

    Parameters
    ----------
    now : sequence of int
        Blocks that will be read, in this order.
    later : sequence of int
        Blocks that will be read after them: not fetched yet, but kept where there is room.
    """

    def __init__(self, now: Sequence[int], later: Sequence[int] = ()) -> None:
        self.steps, self.n_now, self.step = [*now, *later], len(now), 0
        self._uses: defaultdict[int, deque[int]] = defaultdict(deque)
        for step, block in enumerate(self.steps):
            self._uses[block].append(step)

    def next_use(self, block: int) -> float:
        """Step in which a block is read next; infinity where it is not."""
        uses = self._uses.get(block)
        return uses[0] if uses else math.inf

    def advance(self) -> None:
        """Count the present step as done."""
        self._uses[self.steps[self.step]].popleft()
        self.step += 1


class BlockCache:
    """Cache of blocks in an unnamed file, which the system removes however the process ends.

    What is fetched next is the first block ahead that is not here. Of the blocks that are read only after it the last one makes room (Belady
    1966, doi:10.1147/sj.52.0078). Nobody hurries: while some blocks are ready, more is read before it is decided which one has to go.

    Parameters
    ----------
    fetch : callable
        ``fetch(block)`` gives the windows of a block, checked; ndarray of float32, shape (at most n, *shape).
    stopping : threading.Event
        Ends the calls of `fetch` that wait for a server, while it is set.
    shape : tuple of int
        Of a whole block: (n, *shape of a window).
    capacity : int
        Blocks that it holds at most, 1 or more.
    """

    def __init__(self, fetch: Callable[[int], np.ndarray], stopping: threading.Event, shape: tuple[int, ...], capacity: int) -> None:
        self._fetch, self._stopping, self.capacity = fetch, stopping, capacity
        self._changed = threading.Condition()
        self._slots: dict[int, int] = {}
        self._pending: set[int] = set()
        self._free = list(range(capacity))
        self._bytes = 4 * math.prod(shape)
        self._where = scratch_base()
        with _telling(self._where):
            self._file = tempfile.TemporaryFile(prefix="eegcli-blocks-", dir=self._where)  # noqa: SIM115 # as long as the cache
            self._file.truncate(capacity * self._bytes)  # sparse: nothing is taken yet
            self._content = np.memmap(self._file, dtype="<f4", mode="r", shape=(capacity, *shape))
        self._ready_at_most = max(1, min(READY, capacity // 2))
        self._unread: set[int] = set()
        self._future = Future(())
        self._ahead = 0  # step that is looked at next; those before it are here, or on their way
        self._error: BaseException | None = None
        self._closed = True

    @contextlib.contextmanager
    def fetching(self, future: Future) -> Iterator[None]:
        """Fetch blocks ahead inside the block, in threads that end with it."""
        self._future, self._ahead, self._error, self._closed = future, 0, None, False
        self._unread.clear()
        threads = [threading.Thread(target=self._fetch_all, name="eegcli-fetch", daemon=True) for _ in range(FETCHERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            self._stopping.set()
            for thread in threads:
                thread.join()
            self._stopping.clear()

    def expects(self, blocks: Sequence[int]) -> bool:
        """Test that blocks are those of the next steps."""
        at = self._future.step
        return not self._closed and self._future.steps[at : at + len(blocks)] == list(blocks) and at + len(blocks) <= self._future.n_now

    @contextlib.contextmanager
    def block(self, number: int) -> Iterator[np.ndarray]:
        """The block of the present step, which stays as it is inside the block.

        Raises
        ------
        EegcliError
            The error of `fetch`, if it could not be had.
        """
        with self._changed:
            while number not in self._slots:
                if self._error is not None:
                    raise self._error
                if self._closed:
                    raise RuntimeError("nobody fetches blocks any more")
                self._changed.wait()
            slot = self._slots[number]
        yield self._content[slot]
        with self._changed:
            self._future.advance()
            self._unread.discard(number)
            self._changed.notify_all()

    def _fetch_all(self) -> None:
        while True:
            with self._changed:
                claim = self._claim()
            if claim is None:
                return
            block, slot = claim
            try:
                self._write(slot, self._fetch(block))
            except BaseException as error:  # whoever waits for the block is told, on its own thread
                with self._changed:
                    self._error = self._error or error
                    self._free.append(slot)
                    self._pending.discard(block)
                    self._changed.notify_all()
                return
            with self._changed:
                self._slots[block] = slot
                self._pending.discard(block)
                self._changed.notify_all()

    def _claim(self) -> tuple[int, int] | None:
        """The next block to fetch and a place for it; waits for one. None: nothing is left to fetch."""
        while not self._closed and self._error is None:
            self._ahead = max(self._ahead, self._future.step)
            while self._ahead < self._future.n_now and self._is_coming(self._future.steps[self._ahead]):
                self._ahead += 1
            if self._ahead >= self._future.n_now:
                return None
            slot = self._room()
            if slot is not None:
                block = self._future.steps[self._ahead]
                self._pending.add(block)
                self._unread.add(block)
                return block, slot
            self._changed.wait()
        return None

    def _is_coming(self, block: int) -> bool:
        return block in self._slots or block in self._pending

    def _room(self) -> int | None:
        """A free place, or that of the block that is read last, unless it is read before the one to fetch, or there is no hurry."""
        if self._free:
            return self._free.pop()
        if not self._slots or len(self._unread) >= self._ready_at_most:
            return None
        last = max(self._slots, key=self._future.next_use)
        return self._slots.pop(last) if self._future.next_use(last) > self._ahead else None

    def _write(self, slot: int, content: np.ndarray) -> None:
        view, at = np.ascontiguousarray(content, dtype="<f4").data.cast("B"), slot * self._bytes
        with _telling(self._where):
            while len(view):
                done = os.pwrite(self._file.fileno(), view, at)
                view, at = view[done:], at + done


@contextlib.contextmanager
def _telling(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{where}: windows cannot be kept there ({error.strerror or error})",
            hint="Set TMPDIR to a folder with some space, or give a smaller --cache-gb.",
        ) from error
