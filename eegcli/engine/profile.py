"""Profile of a training: where the time of a few batches goes, operation by operation."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from eegcli.artifacts.table import from_rows, write_table
from eegcli.engine.feed import Batch
from eegcli.files.atomic import writing
from eegcli.reporter import Reporter

SKIPPED, WATCHED = 3, 10  # batches: the first ones set up what later ones use
TABLE, TRACE = "profile.parquet", "trace.json"
SHOWN = 12  # operations that are shown; the table holds all


def profiled(batches: Iterable[Batch], folder: Path, device: torch.device, reporter: Reporter) -> Iterator[Batch]:
    """Pass batches on and profile what is done with some of them, reading included.

    Parameters
    ----------
    batches : iterable of Batch
        Of one epoch. The first `SKIPPED` are not watched, where there are more.
    folder : Path
        Gets `TRACE` (for chrome://tracing or Perfetto) and `TABLE`, a row per operation.
    device : torch.device
    reporter : Reporter
        Is shown the operations that take most.

    Notes
    -----
    A profiled batch is slower than others, small operations most of all: the shares tell more than the times.
    """
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    running: profile | None = None
    n = 0
    source = iter(batches)
    try:
        while True:
            if running is None and n == SKIPPED:
                running = profile(activities=activities, with_flops=True)
                with _without_kineto():
                    running.start()
            batch = next(source, None)
            if batch is None:
                break
            yield batch
            n += 1
            if running is not None and n == SKIPPED + WATCHED:
                break
    finally:
        if running is not None:
            with _without_kineto():
                running.stop()
    if running is not None and n > SKIPPED:
        _write(running, n - SKIPPED, folder, device, reporter)
    elif n:
        reporter.warn(f"--profile: an epoch of {n} batches is too short for it; it takes more than {SKIPPED}")
    yield from source


def _write(done: profile, n: int, folder: Path, device: torch.device, reporter: Reporter) -> None:
    rows = _rows(done, n, device)
    write_table(folder / TABLE, from_rows(rows))
    with writing(folder / TRACE) as temporary:
        done.export_chrome_trace(str(temporary))
    cells = [
        [row["operation"], f"{row['calls_per_batch']:.3g}", f"{row['ms_per_batch']:.3g}", f"{row['share']:.1%}"] for row in rows[:SHOWN]
    ]
    reporter.table(f"Where the time of a batch goes ({device.type}, mean of {n})", ("operation", "calls", "ms", "share"), cells)


@contextlib.contextmanager
def _without_kineto() -> Iterator[None]:
    """Keep what torch's profiler writes to the terminal on its own (libkineto, in no log of Python) from the user's."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _rows(done: profile, n: int, device: torch.device) -> list[dict[str, Any]]:
    """A row per operation, that which takes most first: times without those of the operations inside it."""
    found = []
    for event in done.key_averages():
        on_device = getattr(event, "self_device_time_total", 0.0) if device.type == "cuda" else 0.0
        found.append(
            {
                "operation": event.key,
                "calls_per_batch": event.count / n,
                "ms_per_batch": (on_device if device.type == "cuda" else event.self_cpu_time_total) / 1000 / n,
                "cpu_ms_per_batch": event.self_cpu_time_total / 1000 / n,
                "gflops": float(event.flops) / 1e9 / n,
            }
        )
    total = sum(row["ms_per_batch"] for row in found)
    for row in found:
        row["share"] = row["ms_per_batch"] / total if total else 0.0
    return sorted(found, key=lambda row: (-row["ms_per_batch"], row["operation"]))
