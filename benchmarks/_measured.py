"""Measurements that the workers of the benchmarks share: CPU seconds, memory, and a loop that answers; needs numpy alone."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def yardstick() -> float:
    """CPU seconds of 400 eigen-decompositions of 128 x 128."""
    matrix = np.random.default_rng(0).standard_normal((128, 128))
    matrix += matrix.T
    start = time.process_time()
    for _ in range(400):
        np.linalg.eigh(matrix)
    return time.process_time() - start


def seconds_of(call: Callable[[], object]) -> float:
    """CPU seconds, of the program and of the system on its behalf."""
    gc.collect()
    start = time.process_time()
    call()
    return time.process_time() - start


def memory() -> dict[str, float]:
    """Memory that this process holds (VmRSS) and has held at most (VmHWM), MB; empty where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    # Not the ru_maxrss of getrusage: that one starts at what the parent held.
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    return {name: int(lines[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM")}


def serve(answer: Callable[[str], Any]) -> None:
    """Answer each line of stdin with a line of JSON, until it ends."""
    # Some libraries print: stdout is ours alone.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply = {"value": answer(line.strip())}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(reply), file=answers)
