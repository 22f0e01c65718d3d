"""Bring recordings here: simulated, or registered from a local BIDS tree."""

from __future__ import annotations

from pathlib import Path

from eegcli import registry
from eegcli.errors import InputError
from eegcli.fetch.result import FetchResult
from eegcli.report import Report
from eegcli.result import Plan
from eegcli.settings import FetchSettings

__all__ = ["FetchResult", "run"]


def run(settings: FetchSettings, *, report: Report) -> FetchResult | Plan:
    """Bring a BIDS data set to the output folder.

    Parameters
    ----------
    settings : FetchSettings
        Where from: the name of a source, or the path of a local BIDS tree; and where to.
    report : Report
        Receives progress and warnings.

    Returns
    -------
    FetchResult or Plan
        What is there now; with `dry_run`, what would be.

    Raises
    ------
    InputError
        If there is no such source, the local tree is no BIDS data set with EEG, or the output holds another configuration.
    """
    if settings.source == "demo":
        from eegcli.fetch.demo import fetch_demo, plan_demo

        output = settings.output or Path("demo")
        return plan_demo(settings, output) if settings.dry_run else fetch_demo(settings, output, report=report)

    from eegcli.fetch.local import plan_local, register_local

    source = Path(settings.source).expanduser()
    if not source.exists():
        raise InputError(
            f"no source is named {settings.source!r}, and no folder either",
            hint=f"There are: {', '.join(sorted(registry.SOURCES))}; or give the path of a local BIDS data set.",
        )
    output = settings.output or Path(source.resolve().name)
    return plan_local(source, output) if settings.dry_run else register_local(source, output, force=settings.force, report=report)
