"""Runs of the tests of this folder: small, quick, and their bytes."""

from __future__ import annotations

from pathlib import Path

from eegcli import train
from eegcli.reporter import Silent
from eegcli.settings import TrainSettings

QUICK = {"epochs": 2, "batch_size": 24, "threads": 1, "device": "cpu"}


def run(windows: Path, name: str = "run", reporter: Silent | None = None, **wishes):
    settings = TrainSettings(windows=windows, output=windows.with_name(name), **(QUICK | wishes))
    return train.run(settings, reporter=reporter or Silent())


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Content of every file that is inside the promise of equal bytes."""
    outside = {"provenance.json", "settings.json", "done.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in outside
    }


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, message: str) -> None:
        self.said.append(message)

    def warn(self, message: str) -> None:
        self.said.append(f"warning: {message}")
