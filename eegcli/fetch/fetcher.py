"""Fetcher protocol: how `fetch` brings a kind of source here."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from eegcli.fetch.result import FetchResult
from eegcli.reporter import Reporter
from eegcli.result import DryRun
from eegcli.settings import FetchSettings


class Fetcher(Protocol):
    """Functions of a module that brings a kind of source; `registry.SOURCES` names those that are not simply downloaded."""

    def default_output(self, text: str) -> Path:
        """Folder of the data set if nobody says."""
        ...

    def dry_run(self, settings: FetchSettings, output: Path, *, reporter: Reporter) -> DryRun:
        """List what would come, and what it takes; nothing is written."""
        ...

    def fetch(self, settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
        """Fetch the data set into `output`; what is there already is kept."""
        ...
