"""One Slurm for all tests of a run, on whichever of its processes they are."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import cluster
from tests.kit.shared import one_for_all_workers

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slurm)
            item.add_marker(pytest.mark.exhaustive)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of a running Slurm: the first process that needs it starts it, the last one ends it."""
    if reason := cluster.missing():
        pytest.skip(reason)

    def start() -> str:
        # Not below pytest's own folder, which only its owner may enter: munge asks for more.
        folder = Path(tempfile.mkdtemp(prefix="eegcli-slurm-"))
        try:
            cluster.start(folder)
        except BaseException:
            cluster.stop(folder)
            raise
        return str(folder)

    def stop(folder: str) -> None:
        cluster.stop(Path(folder))
        shutil.rmtree(folder, ignore_errors=True)

    with one_for_all_workers(tmp_path_factory, "slurm", start, stop) as folder:
        yield {"SLURM_CONF": f"{folder}/slurm.conf"}


@pytest.fixture
def environment(slurm: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Environment of a user at a login node: Slurm's commands and `eegcli`."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "eegcli").write_text(f'#!/bin/sh\nexec {sys.executable} -m eegcli "$@"\n')
    (commands / "eegcli").chmod(0o755)
    values = {
        **slurm,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ}
