"""Sensor of a device: its memory, utilisation and power while a network is trained on it."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from typing import Protocol

import torch


@dataclass(frozen=True)
class Reading:
    """Reading of a sensor over a stretch of time.

    Attributes
    ----------
    memory_bytes : int
        Most memory that was in use: of the process on a CPU (since it began), of torch's tensors on a GPU.
    utilisation : float or None
        Share of the device's time in use, from 0 to 1; None where it does not tell.
    joules : float or None
        Energy that the device drew; None where it does not tell.
    """

    memory_bytes: int
    utilisation: float | None
    joules: float | None


class Sensor(Protocol):
    """Sensor: begins anew, looks now and then, and is read at the end."""

    def begin(self) -> None:
        """Begin a stretch of time."""
        ...

    def look(self) -> None:
        """Look at the device; cheap enough to be called after each batch."""
        ...

    def read(self) -> Reading:
        """Reading since `begin`."""
        ...


class Processor:
    """Sensor of a CPU: the processor time of this process, as a share of what its threads could have used.

    Parameters
    ----------
    threads : int
        Threads of each operation.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.begin()

    def begin(self) -> None:
        """Begin a stretch of time."""
        self._wall, self._used = time.perf_counter(), time.process_time()

    def look(self) -> None:
        """Nothing to look at: the system counts."""

    def read(self) -> Reading:
        """Reading since `begin`. A processor does not tell the energy of one process."""
        wall, used = time.perf_counter() - self._wall, time.process_time() - self._used
        return Reading(peak_rss(), min(used / max(wall * self._threads, 1e-9), 1.0), None)


class Graphics:
    """Sensor of an NVIDIA GPU, which NVML asks once a second; utilisation and power are None without `nvidia-ml-py`.

    Parameters
    ----------
    device : torch.device
    """

    EVERY = 1.0  # s between looks: NVML's own samples are no closer

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.begin()

    def begin(self) -> None:
        """Begin a stretch of time."""
        torch.cuda.reset_peak_memory_stats(self._device)
        self._wall, self._looked = time.perf_counter(), float("-inf")
        self._utilisation: list[float] = []
        self._watts: list[float] = []

    def look(self) -> None:
        """Look at the device, if the last look is a second ago."""
        if time.perf_counter() - self._looked < self.EVERY:
            return
        self._looked = time.perf_counter()
        with contextlib.suppress(ModuleNotFoundError, ImportError, RuntimeError, AttributeError):  # no NVML, or one that forbids to ask
            self._utilisation.append(torch.cuda.utilization(self._device) / 100)
            self._watts.append(torch.cuda.power_draw(self._device) / 1000)

    def read(self) -> Reading:
        """Reading since `begin`: means of the looks; energy is mean power times time."""
        seconds = time.perf_counter() - self._wall
        return Reading(
            torch.cuda.max_memory_allocated(self._device),
            _mean(self._utilisation),
            None if not self._watts else seconds * sum(self._watts) / len(self._watts),
        )


def sensor_of(device: torch.device, threads: int) -> Sensor:
    """Sensor of a device. Arguments: the device, and the threads of each operation on a CPU."""
    return Graphics(device) if device.type == "cuda" else Processor(threads)


def peak_rss() -> int:
    """Most memory that this process has held so far, in bytes; 0 on Windows, which has no such count."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
