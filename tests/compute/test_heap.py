"""Heap: what is freed stays with the process for a while, and goes back to the system afterwards."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from eegcli.compute import heap
from eegcli.compute.heap import kept_heap

GLIBC = hasattr(ctypes.CDLL(None), "mallopt") and Path("/proc/self/status").exists()
SIZE = 24 * 2**20  # below what glibc keeps on its heap


def held() -> int:
    """Anonymous memory of this process, bytes."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(lines["RssAnon"].split()[0]) * 1024


def faults() -> int:
    """Pages that the system has given to this process."""
    return int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[7])


@pytest.mark.skipif(not GLIBC, reason="glibc alone has these options")
def test_memory_that_was_freed_is_there_for_the_next_array_and_goes_back_at_the_end():
    before = held()
    with kept_heap():
        for _ in range(4):
            np.ones(SIZE // 8)
        first = faults()
        for _ in range(4):
            np.ones(SIZE // 8)
        assert faults() - first < 4 * SIZE / 4096 / 2  # of as many pages as all arrays have
    assert held() - before < SIZE / 2


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: object())
    with kept_heap():
        pass
