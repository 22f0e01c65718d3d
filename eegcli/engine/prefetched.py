"""Prefetched windows: read by a background thread, a few batches before they are asked for; on a GPU copied there, too."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray

DEPTH = 2  # batches that are ready or under way while one is used

Rows = NDArray[np.int64]


def prefetched(
    read: Callable[[Rows], np.ndarray], batches: Sequence[Rows], device: torch.device, announced: AbstractContextManager[None]
) -> Generator[torch.Tensor]:
    """Give the windows of batches on a device, in order; the thread that reads them ends with the generator.

    Parameters
    ----------
    read : callable
        Gives windows by their rows, ndarray of float32. What it raises is raised here, when the batch is due.
    batches : sequence of ndarray of int
        Rows of each batch.
    device : torch.device
    announced : context manager
        Open while batches are read; closed before the thread is waited for, so that it may wake a reader that waits.
    """
    path = _CudaPath(device) if device.type == "cuda" else _PlainPath(device)
    waiting: deque[Future[_Sent]] = deque()
    with ThreadPoolExecutor(1, "eegcli-read") as pool, announced:
        try:
            for rows in batches:
                waiting.append(pool.submit(lambda rows=rows: path.send(read(rows))))  # type: ignore[misc]
                if len(waiting) > DEPTH:
                    yield path.receive(waiting.popleft().result())
            while waiting:
                yield path.receive(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()


_Sent = tuple[torch.Tensor, "torch.cuda.Event | None"]


class _PlainPath:
    """Path to a device whose copies are made by the thread that asks (Apple's), or to none."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def send(self, x: np.ndarray) -> _Sent:
        return torch.from_numpy(x), None

    def receive(self, sent: _Sent) -> torch.Tensor:
        return sent[0].to(self._device)


class _CudaPath:
    """Path to a GPU: by pinned buffers, on a stream of its own, so that copies run beside the computation."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._stream = device, torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._buffers: deque[tuple[torch.Tensor, torch.cuda.Event]] = deque()

    def send(self, x: np.ndarray) -> _Sent:
        buffer = self._free_buffer(x)
        buffer[: len(x)].copy_(torch.from_numpy(x))
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(self._stream):
            there = buffer[: len(x)].to(self._device, non_blocking=True)
            done.record(self._stream)
        self._buffers.append((buffer, done))
        return there, done

    def receive(self, sent: _Sent) -> torch.Tensor:
        x, done = sent
        present = torch.cuda.current_stream(self._device)
        if done is not None:
            present.wait_event(done)
        x.record_stream(present)  # its memory came from the other stream: not to be given away while this one uses it
        return x

    def _free_buffer(self, x: np.ndarray) -> torch.Tensor:
        """A pinned buffer whose last copy is over, and in which the batch has room."""
        if len(self._buffers) > DEPTH:
            buffer, done = self._buffers.popleft()
            done.synchronize()
            if len(buffer) >= len(x):
                return buffer
        return torch.empty(x.shape, dtype=torch.float32, pin_memory=True)
