"""Device of a network (CPU, GPU), and reproducible computation there: the same bits twice."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import torch

from eegcli.compute.heap import kept_heap
from eegcli.compute.ranks import Place
from eegcli.errors import UnavailableError, UsageError


def available_devices() -> list[str]:
    """Names of the devices that torch finds here, the fastest first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def find_device(name: str) -> torch.device:
    """Find the torch device of a name.

    Parameters
    ----------
    name : str
        ``auto`` (the fastest there is), ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises
    ------
    UsageError
        If there is no such kind of device.
    UnavailableError
        If it is not in this machine.
    """
    devices = available_devices()
    if name == "auto":
        return torch.device(devices[0])
    kind, colon, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (colon and (kind != "cuda" or not index.isdigit())):
        raise UsageError(f"--device {name}: is none of auto, cpu, cuda, cuda:N, mps")
    wanted = "cuda:0" if name == "cuda" else f"{kind}{colon}{int(index) if colon else ''}"
    if wanted not in devices:
        raise UnavailableError(
            f"--device {name}: not in this machine", hint=f"There is {', '.join(devices)}; --device auto takes the fastest."
        )
    return torch.device(wanted)


def device_of(name: str, place: Place) -> torch.device:
    """Find the device of this process: where several train together, each on a machine has one of its own.

    Parameters
    ----------
    name : str
        As of `find_device`.
    place : Place
        Place of this process among those that train together.

    Raises
    ------
    UsageError
        If there is no such kind of device, or one is named that all of them would share.
    UnavailableError
        If there are too few of them in this machine.
    """
    if place.size == 1 or name == "cpu":
        return find_device(name)
    n = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto" and not n:
        return torch.device("cpu")
    if name not in ("auto", "cuda"):
        raise UsageError(f"--device {name}: {place.size} ranks cannot share it", hint="--device cuda gives each a device of its own.")
    if n > 1 and place.local_size > n:  # where there is one, Slurm may have given each task its own
        raise UnavailableError(f"--device {name}: {place.local_size} ranks on this machine, and {n} devices", hint=f"Start {n}.")
    return find_device(f"cuda:{place.local_rank % max(n, 1)}")


@contextlib.contextmanager
def exact(threads: int, device: torch.device) -> Iterator[None]:
    """Make torch deterministic inside the block: the same bits for the same seed, in full single precision.

    On a GPU only algorithms are used that give the same bits twice.

    Parameters
    ----------
    threads : int
        Of each operation; another number sums in another order.
    device : torch.device
        Its random state, and the CPU's, are put back afterwards.

    Raises
    ------
    UnavailableError
        If an operation of the network has no such algorithm on the device; it is named.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    # cuBLAS reads it when it is first used; without a workspace of its own for each stream, sums have no fixed order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = (torch.get_num_threads(), matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark)
    torch.set_num_threads(threads)
    matmul.allow_tf32 = cudnn.allow_tf32 = cudnn.benchmark = False
    cudnn.deterministic = True
    try:
        with kept_heap(), _deterministic(device), torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        torch.set_num_threads(before[0])
        matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark = before[1:]


@contextlib.contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """Use algorithms alone that give the same bits twice; those of a CPU do."""
    if device.type != "cuda":
        yield
        return
    memory: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False  # nothing here reads memory that it has not written
    try:
        yield
    except RuntimeError as error:
        found = re.match(r"(\S+) does not have a deterministic implementation", str(error))
        if found is None:
            raise
        raise UnavailableError(
            f"{found[1]}, which the network needs, gives other bits each time on {device.type}: torch has no reproducible version of it",
            hint="Use --device cpu, or put another operation in its place.",
        ) from error
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]
