"""Fetch a BIDS data set: from a bucket or a web server, from a local BIDS tree, or simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eegcli import registry
from eegcli.errors import InputError, UsageError
from eegcli.fetch.fetcher import Fetcher
from eegcli.fetch.result import FetchResult
from eegcli.files.block import releasing
from eegcli.lazy import submodules
from eegcli.reporter import PYTHON, Reporter
from eegcli.result import DryRun
from eegcli.settings import FetchSettings

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

__all__ = ["FetchResult", "default_output", "run"]

NAMED = "eegcli.fetch.named"  # makes a data set of a folder whose names a pattern explains
DOWNLOAD = "eegcli.fetch.elsewhere"  # brings every source whose files a server lists


@releasing()
def run(settings: FetchSettings, *, reporter: Reporter = PYTHON) -> FetchResult | DryRun:
    """Fetch a BIDS data set into the output folder.

    Parameters
    ----------
    settings : FetchSettings
        Where from: ``ds005505``, ``hbn:R1``, ``nm000103``, ``s3://…``, ``https://…``, the path of a local BIDS tree,
        or ``demo``; which recordings; and where to.
    reporter : Reporter, optional
        Receives progress and warnings. Left out: Python's `warnings` and `logging`.

    Returns
    -------
    FetchResult or DryRun
        What is there now; with `dry_run`, what would be.

    Raises
    ------
    InputError
        If there is no such source, it holds no EEG of what was selected, or the output holds another configuration.
    UnavailableError
        If a server cannot be reached, or the disk is full or read-only.
    """
    fetcher = _fetcher_for(settings)
    output = settings.output or fetcher.default_output(settings.source)
    bring = fetcher.dry_run if settings.dry_run else fetcher.fetch
    return bring(settings, output, reporter=reporter)


def default_output(source: str) -> Path:
    """Derive the output folder of a data set: it has the source's name.

    Raises
    ------
    InputError
        If there is no such source.
    """
    return _fetcher_of(source).default_output(source)


def _fetcher_for(settings: FetchSettings) -> Fetcher:
    if settings.pattern is not None:
        named: Fetcher = registry.load(NAMED)
        return named
    for name in ("participants", "task_label"):
        if getattr(settings, name) is not None:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} goes with --pattern", hint="It says what file names do not, where they are no BIDS names.")
    return _fetcher_of(settings.source)


def _fetcher_of(source: str) -> Fetcher:
    name = registry.source_name(source)
    if name is None:
        raise InputError(
            f"no source is named {source!r}, and no folder either",
            hint=f"There are: {', '.join(registry.source_words())}; or give the path of a local BIDS data set.",
        )
    fetcher: Fetcher = registry.load(registry.SOURCES[name].fetcher or DOWNLOAD)
    return fetcher
