"""A small simulated data set, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from eegcli import fetch
from eegcli.fetch.demo.head import HeadModel, make_head
from eegcli.reporter import Silent
from eegcli.settings import FetchSettings
from tests.kit.shared import once_for_all_workers
from tests.remote.conftest import nothing_of_the_machine  # noqa: F401 (a fixture)


@pytest.fixture(scope="session")
def head() -> HeadModel:
    """The forward model."""
    return make_head()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four persons with one closed block each, and the four faults."""

    def make(folder: Path) -> None:
        settings = FetchSettings(source="demo", subjects=4, blocks=1, with_faults=True, jobs=1, output=folder / "demo")
        fetch.run(settings, reporter=Silent())

    return once_for_all_workers(tmp_path_factory, "demo-with-faults", make) / "demo"
