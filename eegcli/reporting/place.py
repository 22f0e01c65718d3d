"""Place of a page of runs that are named, or found: written there, and told."""

from __future__ import annotations

from pathlib import Path

from eegcli.errors import UnavailableError
from eegcli.reporter import Reporter
from eegcli.reporting.html import Page, write_html


def place(page: Page, output: Path, reporter: Reporter) -> Path:
    """Write a page into its place, whose folder is made if needed, and tell where it lies.

    Raises
    ------
    UnavailableError
        If it cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_html(output, page)
    except OSError as error:
        raise UnavailableError(
            f"{output}: cannot be written ({error.strerror or error})", hint="Name another place with --output."
        ) from error
    reporter.info(f"Report: {output}")
    return output
