"""Signals in memory, and a way to run the stage on a small tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eegcli import preprocess
from eegcli.reporter import Silent
from eegcli.settings import PreprocessSettings


class Heard(Silent):
    """A report that remembers what it was told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.debugs: list[str] = []
        self.infos: list[str] = []
        self.tables: list[list[list[str]]] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def info(self, message: str) -> None:
        self.infos.append(message)

    def debug(self, message: str) -> None:
        self.debugs.append(message)

    def table(self, title: str, columns: Any, rows: Any) -> None:
        self.tables.append(rows)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def run(tmp_path, heard) -> Callable[..., Any]:
    def run(bids: Path, output: str = "out", **settings: Any) -> Any:
        settings = {"jobs": 1, **settings}
        return preprocess.run(PreprocessSettings(bids=bids, output=tmp_path / output, **settings), reporter=heard)

    return run
