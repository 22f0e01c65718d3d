"""Ranks: processes that were started to work on one thing together, as the environment of each says."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal

from eegcli.compute.threads import available_cores, default_threads, granted_cores
from eegcli.errors import EegcliError, UsageError

TORCH = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what torch calls env://, by torchrun and by others
SLURM = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NODELIST", "SLURM_JOB_ID", "SLURM_STEP_ID")
PORTS = range(15_000, 30_000)  # below those that a system gives to whoever asks for any


@dataclass(frozen=True)
class Place:
    """Place of this process among those that work together.

    Attributes
    ----------
    rank, size : int
        Number of this process, and how many they are; the first leads: it writes and talks.
    local_rank, local_size : int
        The same among the processes on this machine.
    address, port : str, int
        Where they meet.
    hosted : bool
        The launcher keeps the meeting place, else the first rank does.
    attempt : str
        Which attempt of the launcher this is: what an earlier one left there means nothing.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    address: str = ""
    port: int = 0
    hosted: bool = False
    attempt: str = "0"

    @property
    def leads(self) -> bool:
        """True for the one that writes and talks."""
        return self.rank == 0


class Told(EegcliError):
    """Error of another rank, with its exit code: it is printed there, or by the one that leads."""

    def __init__(self, message: str, *, hint: str | None, exit_code: int) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


def place_of(how: Literal["auto", "slurm", "none"], environment: Mapping[str, str] = os.environ) -> Place:
    """Find the place of this process.

    Parameters
    ----------
    how : {"auto", "slurm", "none"}
        ``auto``: among the processes of torchrun, or of whoever else sets torch's variables. Tasks of Slurm are together only where ``slurm``
        says so: they may as well be independent commands, or share out folds.
    environment : mapping

    Raises
    ------
    UsageError
        If a variable makes no sense, or with ``slurm`` there is none: the command was not started by srun.
    """
    if how == "none":
        return Place()
    return _of_slurm(environment) if how == "slurm" else _of_torch(environment)


def threads_of(place: Place, threads: int | None) -> int:
    """Threads of this process: `threads` if given, else its share of the cores of this machine.

    Raises
    ------
    UsageError
        If `threads` is below 1.
    """
    if threads is not None or granted_cores() is not None:  # Slurm grants to each task
        return default_threads(threads)
    return min(default_threads(), max(available_cores() // place.local_size, 1))


def _of_torch(environment: Mapping[str, str]) -> Place:
    if any(name not in environment for name in TORCH):
        return Place()
    rank, size, port = (_number(environment, name) for name in ("RANK", "WORLD_SIZE", "MASTER_PORT"))
    if not rank < size:
        raise UsageError(f"RANK={rank} of WORLD_SIZE={size}: ranks are counted from 0")
    return Place(
        rank,
        size,
        _number(environment, "LOCAL_RANK", default=rank),
        _number(environment, "LOCAL_WORLD_SIZE", default=size),
        environment["MASTER_ADDR"],
        port,
        hosted=environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True",
        attempt=environment.get("TORCHELASTIC_RESTART_COUNT", "0"),
    )


def _of_slurm(environment: Mapping[str, str]) -> Place:
    missing = [name for name in SLURM if name not in environment]
    if missing:
        raise UsageError(f"--ranks slurm: {missing[0]} is not set", hint="Start the command with srun: srun -n 4 eegcli train ...")
    rank, size, job, step = (
        _number(environment, name) for name in ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_JOB_ID", "SLURM_STEP_ID")
    )
    one_node = environment.get("SLURM_STEP_NUM_NODES") == "1"
    address = "127.0.0.1" if one_node else first_host(environment["SLURM_STEP_NODELIST"])
    return Place(
        rank,
        size,
        _number(environment, "SLURM_LOCALID", default=rank),
        _tasks_here(environment, size),
        environment.get("MASTER_ADDR", address),
        # The same for all tasks of a step, another for every step: jobs may share a node.
        _number(environment, "MASTER_PORT", default=PORTS[(31 * job + step) % len(PORTS)]),
        attempt=environment.get("SLURM_RESTART_COUNT", "0"),
    )


def first_host(nodes: str) -> str:
    """The first host of a list as Slurm writes it: ``gpu[03-07,9],fat1`` is gpu03, ``rack[1-2]n[4-5]`` rack1n4."""
    first = re.match(r"(?:[^\[,]|\[[^\]]*\])+", nodes)
    if first is None:
        raise UsageError(f"SLURM_STEP_NODELIST={nodes}: names no host")
    return re.sub(r"\[([^\],-]+)[^\]]*\]", r"\1", first[0])


def _tasks_here(environment: Mapping[str, str], size: int) -> int:
    """Tasks of the step on this node, of a text such as ``2(x3),1``: as many on the first three nodes, one on the fourth."""
    text, node = environment.get("SLURM_STEP_TASKS_PER_NODE", ""), _number(environment, "SLURM_NODEID", default=0)
    parts = [re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part) for part in text.split(",")]
    counts = list(chain.from_iterable(repeat(int(part[1]), int(part[2] or 1)) for part in parts if part is not None))
    return counts[node] if node < len(counts) else size


def _number(environment: Mapping[str, str], name: str, *, default: int | None = None) -> int:
    text = environment.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isdigit():
        raise UsageError(f"{name}={text}: is no number")
    return int(text)
