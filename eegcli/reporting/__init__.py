"""Report runs: one self-contained page that tells it all, made of the artifacts alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eegcli.errors import EegcliError
from eegcli.lazy import submodules
from eegcli.reporter import Reporter

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

FILE = "report.html"


def write(path: Path, reporter: Reporter, *, output: Path | None = None) -> Path:
    """Write the page of a run; one that is there and was made of the same artifacts stays.

    Parameters
    ----------
    path : Path
        The run.
    reporter : Reporter
        Told where the page lies.
    output : Path, optional
        Place of the page; left out, it lies at the run's root.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError, ArtifactError
        If the run cannot be opened.
    UnavailableError
        If the page cannot be written.
    """
    from eegcli.reporting.html import digest_in, write_html
    from eegcli.reporting.material import digest_of_material, gather
    from eegcli.reporting.one import page_of

    place = output or path / FILE
    if digest_in(place) != digest_of_material(path):
        write_html(place, page_of(gather(path)))
    reporter.info(f"Report: {place}")
    return place


def write_or_warn(path: Path, reporter: Reporter) -> None:
    """Write the page of a run at the end of a stage, whose result stands whether or not there is a page: a folder may be read-only."""
    try:
        write(path, reporter)
    except (EegcliError, OSError) as error:
        reporter.warn(f"no report: {error}; `eegcli report {path} --output FILE` writes it elsewhere")
