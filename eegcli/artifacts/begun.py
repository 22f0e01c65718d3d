"""Begun artifacts: folders that hold what is written before anything is computed, and nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path

from eegcli.artifacts.at_work import entering, others
from eegcli.artifacts.contents import PROVENANCE, SETTINGS
from eegcli.errors import EegcliError
from eegcli.files import atomic

# The settings, and what `train` keeps of its inputs.
WRITTEN_FIRST = {SETTINGS, PROVENANCE, "splits.parquet", "labels.parquet", "persons.parquet", "cleaning.json", "network.py"}


def holds_work(path: Path) -> bool:
    """Test that something was computed in the folder of an artifact: what is written first protects nothing, so that a typo can be corrected."""
    return any(item.is_file() and item.name not in WRITTEN_FIRST and not item.name.startswith(".") for item in path.rglob("*"))


def leave_nothing(path: Path) -> None:
    """Remove the folder of an artifact that was refused, unless something was computed there or another process is at work in it."""
    with contextlib.suppress(OSError, EegcliError):  # the error that is told is the refusal
        with entering(path):
            if holds_work(path) or others(path):
                return
            atomic.sweep(path)
            for item in path.rglob("*"):
                if item.name in WRITTEN_FIRST:
                    item.unlink()
        for folder in sorted((item for item in path.rglob("*") if item.is_dir()), reverse=True):
            folder.rmdir()
        path.rmdir()
