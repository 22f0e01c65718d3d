"""Fixtures that folders share which train networks; a folder's `conftest.py` imports what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.kit.cohorts import loud_windows

MakeWindows = Callable[..., Path]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread: test processes run beside each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_windows(tmp_path: Path) -> MakeWindows:
    """Windows of a small cohort (`loud_windows`), below the test's own folder."""
    return lambda name="small-windows", **wishes: loud_windows(tmp_path / name, **wishes)
