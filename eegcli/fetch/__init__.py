"""Bring recordings here: from a bucket or a web server, from a local BIDS tree, or simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eegcli import registry
from eegcli.errors import InputError, UsageError
from eegcli.fetch.result import FetchResult
from eegcli.lazy import submodules
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import Plan
from eegcli.settings import FetchSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = ["FetchResult", "default_output", "run"]


def run(settings: FetchSettings, *, reporter: Reporter = PYTHON) -> FetchResult | Plan:
    """Bring a BIDS data set to the output folder.

    Parameters
    ----------
    settings : FetchSettings
        Where from: ``ds005505``, ``hbn:R1``, ``nm000103``, ``s3://…``, ``https://…``, the path of a local BIDS tree,
        or ``demo``; which recordings; and where to.
    reporter : Reporter, optional
        Receives progress and warnings. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    FetchResult or Plan
        What is there now; with `dry_run`, what would be.

    Raises
    ------
    InputError
        If there is no such source, it holds no EEG of what was selected, or the output holds another configuration.
    UnavailableError
        If a server cannot be reached, or the disk is full or read-only.
    """
    output = settings.output or default_output(settings.source)
    if settings.source == "demo":
        from eegcli.fetch.chosen import is_selective
        from eegcli.fetch.demo import fetch_demo, plan_demo

        if is_selective(settings):
            raise UsageError("fetch demo: there is nothing to select from", hint="Choose how many with --subjects.")
        return plan_demo(settings, output) if settings.dry_run else fetch_demo(settings, output, reporter=reporter)

    from eegcli.fetch.elsewhere import fetch_remote, is_remote, plan_remote

    if is_remote(settings.source):
        return plan_remote(settings, output, reporter=reporter) if settings.dry_run else fetch_remote(settings, output, reporter=reporter)

    from eegcli.fetch.local import plan_local, register_local

    source = Path(settings.source).expanduser()
    if not source.exists():
        raise InputError(
            f"no source is named {settings.source!r}, and no folder either",
            hint=f"There are: {', '.join(registry.SOURCES)}; or give the path of a local BIDS data set.",
        )
    return (
        plan_local(source, output, settings, reporter=reporter)
        if settings.dry_run
        else register_local(source, output, settings, reporter=reporter)
    )


def default_output(source: str) -> Path:
    """Where the data set lies if nobody says: in a folder of the source's name."""
    if source == "demo":
        return Path("demo")
    from eegcli.fetch import elsewhere

    return elsewhere.default_output(source) if elsewhere.is_remote(source) else Path(Path(source).resolve().name)
