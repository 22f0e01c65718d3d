"""HTML of a page: contents to one self-contained text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.files.atomic import write_text
from eegcli.pages.document import render
from eegcli.reporting.charts.as_svg import as_svg
from eegcli.reporting.charts.chart import AnyChart
from eegcli.reporting.content import Answer, Section

MAX_ROWS = 60  # of a chart's numbers on the page; all of them are written by --figures
DIGEST = re.compile(r'<meta name="eegcli-digest" content="([^"]*)">')
HEAD_BYTES = 2000  # in which the digest stands


@dataclass(frozen=True)
class Page:
    """Contents of a page.

    Attributes
    ----------
    title, subtitle : str
    marks : tuple of str
        What must stand beside every figure, at the top.
    answers : tuple of Answer
    sections : tuple of Section
    digest : str
        Of what it was made of.
    """

    title: str
    subtitle: str
    marks: tuple[str, ...]
    answers: tuple[Answer, ...]
    sections: Sequence[Section]
    digest: str = ""


def html_of(page: Page) -> str:
    """Render a page: equal contents are equal text; what comes from data is escaped."""
    return render(
        __name__.rpartition(".")[0],
        "page.html.j2",
        page=page,
        draw=as_svg,
        numbers=numbers,
        interactive=any(_interactive(one) for one in page.sections),
    )


def _interactive(section: Section) -> bool:
    return any(block.form == "grid" and (block.sortable or block.filters) for block in section.blocks)  # type: ignore[union-attr]


def numbers(chart: AnyChart) -> tuple[list[str], list[list[str]], int]:
    """Numbers of a chart as cells: headings, rows, and how many more there are."""
    columns = chart.columns()
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    every = -(-len(rows) // MAX_ROWS) or 1
    shown = rows[::every]
    return list(columns), [[_cell(value) for value in row] for row in shown], len(rows) - len(shown)


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return "–" if value != value else f"{value:.4g}"


def write_html(path: Path, page: Page) -> None:
    """Write a page; another one of that name is replaced."""
    write_text(path, html_of(page))


def digest_in(path: Path) -> str | None:
    """Digest that a page states of what it was made of; None where there is no page of ours."""
    try:
        with path.open(encoding="utf-8") as file:
            found = DIGEST.search(file.read(HEAD_BYTES))
    except (OSError, UnicodeDecodeError):
        return None
    return found.group(1) if found else None
