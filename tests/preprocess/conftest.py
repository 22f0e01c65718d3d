"""Signals in memory, and a way to run the stage on a small tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eegcli import preprocess
from eegcli.settings import PreprocessSettings
from tests.kit.reporters import CapturingReporter


@pytest.fixture
def heard() -> CapturingReporter:
    return CapturingReporter()


@pytest.fixture
def run(tmp_path, heard) -> Callable[..., Any]:
    def run(bids: Path, output: str = "out", **settings: Any) -> Any:
        settings = {"jobs": 1, **settings}
        return preprocess.run(PreprocessSettings(bids=bids, output=tmp_path / output, **settings), reporter=heard)

    return run
