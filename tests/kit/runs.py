"""Runs of the tests of this folder: small, quick, and their bytes."""

from __future__ import annotations

from pathlib import Path

from eegcli import train
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings
from tests.kit import files

QUICK = {"no_baseline": True, "epochs": 2, "batch_size": 24, "threads": 1, "device": "cpu"}


def run(windows: Path, name: str = "run", reporter: Silent | None = None, **wishes):
    settings = TrainSettings(windows=windows, output=windows.with_name(name), **(QUICK | wishes))
    return train.run(settings, reporter=reporter or Silent())


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file of a run; its settings name the place of the windows, and differ."""
    return files.contents(folder, without=("settings.json", "done.json"))
