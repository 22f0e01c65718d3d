"""Ranks: processes that train together, started as torchrun does it, without its two seconds."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

from tests.kit.preloaded import Process


def start(commands: Path, size: int, *arguments: object, cwd: Path, others: tuple[object, ...] | None = None) -> list[Process]:
    """Start ranks; what each prints goes to ``rank-N.txt`` in `cwd`. `others` are the arguments of all but the first, where they are not the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = []
    for rank in range(size):
        place = {
            "RANK": rank,
            "LOCAL_RANK": rank,
            "WORLD_SIZE": size,
            "LOCAL_WORLD_SIZE": size,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, {name: str(value) for name, value in place.items()}))
            out = stack.enter_context((cwd / f"rank-{rank}.txt").open("wb"))
            given = arguments if others is None or rank == 0 else others
            ranks.append(Process(commands, *given, cwd=cwd, stdout=out.fileno()))
    return ranks


def run(commands: Path, size: int, *arguments: object, cwd: Path, others: tuple[object, ...] | None = None) -> list[int]:
    """Run ranks to their end; their exit codes."""
    return [rank.wait() for rank in start(commands, size, *arguments, cwd=cwd, others=others)]


def said(cwd: Path, rank: int) -> str:
    """Text that a rank printed on standard output."""
    return (cwd / f"rank-{rank}.txt").read_text()
