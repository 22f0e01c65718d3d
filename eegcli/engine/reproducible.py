"""Reproducibility of a training: what is promised of its bits, and under which conditions."""

from __future__ import annotations

from typing import Any

import torch

# With the same of all these, the same command gives the same weights to the bit; with another of any, the same up to the order of sums.
CONDITIONS = ("settings", "windows", "machine", "torch", "device", "threads", "ranks")


def reproducible(device: torch.device, threads: int, ranks: int) -> dict[str, Any]:
    """Promise as metrics.json says it; versions and the machine stand in provenance.json, which is outside the promise of equal bytes.

    Parameters
    ----------
    device : torch.device
        Device on which it was trained.
    threads, ranks : int
        Threads of each process, and how many processes trained together.
    """
    return {
        "bitwise": device.type in ("cpu", "cuda"),  # of Apple's GPUs torch promises nothing
        "with_the_same": list(CONDITIONS),
        "device": device.type,
        "threads": threads,
        "ranks": ranks,
        "deterministic_algorithms": device.type != "mps",
    }
