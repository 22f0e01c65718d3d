"""The source `demo` of `fetch`: recognised without importing the simulation."""

from __future__ import annotations

from pathlib import Path

from eegcli.errors import UsageError
from eegcli.fetch.result import FetchResult
from eegcli.reporter import Reporter
from eegcli.result import DryRun
from eegcli.settings import FetchSettings

NAME = "demo"


def recognises(text: str) -> bool:
    """True for ``demo``."""
    return text == NAME


def default_output(text: str) -> Path:
    """Folder of the simulated data set if nobody says."""
    return Path(text)


def dry_run(settings: FetchSettings, output: Path, *, reporter: Reporter) -> DryRun:
    """Estimate what would be simulated; nothing is computed.

    Raises
    ------
    UsageError
        If something is selected, or the settings ask for nobody.
    """
    from eegcli.fetch.demo import dry_run_demo

    _require_no_selection(settings)
    return dry_run_demo(settings, output)


def fetch(settings: FetchSettings, output: Path, *, reporter: Reporter) -> FetchResult:
    """Simulate the cohort.

    Raises
    ------
    UsageError
        If something is selected, or the settings ask for nobody.
    InputError
        If `output` holds another configuration.
    """
    from eegcli.fetch.demo import fetch_demo

    _require_no_selection(settings)
    return fetch_demo(settings, output, reporter=reporter)


def _require_no_selection(settings: FetchSettings) -> None:
    from eegcli.fetch.chosen import is_selective

    if is_selective(settings):
        raise UsageError("fetch demo: there is nothing to select from", hint="Choose how many with --subjects.")
