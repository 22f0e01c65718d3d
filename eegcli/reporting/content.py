"""Contents of a page: sections of blocks, which the template turns into HTML, and which are looked at without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from eegcli.reporting.charts.chart import AnyChart

Verdict = Literal["ok", "suspect", "broken", "not-judged", ""]


@dataclass(frozen=True)
class Text:
    """Paragraph; with a verdict in its colour.

    Attributes
    ----------
    words : str
    verdict : str
    """

    words: str
    verdict: Verdict = ""
    form: str = field(default="text", init=False)


@dataclass(frozen=True)
class Facts:
    """List of names and values.

    Attributes
    ----------
    rows : tuple of (str, str)
    """

    rows: tuple[tuple[str, str], ...]
    form: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Grid:
    """Table.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of str
    figures : tuple of int
        Columns of numbers, which stand to the right.
    sortable : bool
        A heading sorts the rows.
    details : tuple of Detail
        What each row opens, where there is something; as many as rows, or none.
    filters : tuple of int
        Columns by whose values rows can be chosen.
    links : tuple of str
        Where the first cell of each row leads; as many as rows, or none.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()
    sortable: bool = False
    details: tuple[Any, ...] = ()
    filters: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    form: str = field(default="grid", init=False)


@dataclass(frozen=True)
class Drawn:
    """Charts beside each other.

    Attributes
    ----------
    charts : tuple of Chart
    """

    charts: tuple[AnyChart, ...]
    form: str = field(default="charts", init=False)


@dataclass(frozen=True)
class Code:
    """Commands as they are typed.

    Attributes
    ----------
    words : str
    """

    words: str
    form: str = field(default="code", init=False)


@dataclass(frozen=True)
class Missing:
    """Part that is not there.

    Attributes
    ----------
    why : str
    command : str
        What makes it; empty where nothing does.
    """

    why: str
    command: str = ""
    form: str = field(default="missing", init=False)


Block = Text | Facts | Grid | Drawn | Code | Missing


@dataclass(frozen=True)
class Section:
    """Section of a page.

    Attributes
    ----------
    name : str
        Of the link to it.
    title : str
    blocks : sequence of Block
    """

    name: str
    title: str
    blocks: Sequence[Block]

    @property
    def charts(self) -> list[AnyChart]:
        """Charts of the section, in their order."""
        return [chart for block in self.blocks if isinstance(block, Drawn) for chart in block.charts]


@dataclass(frozen=True)
class Answer:
    """Answer on the first screen.

    Attributes
    ----------
    question : str
    answer : str
        In few words.
    detail : str
        What must stand with it.
    verdict : str
    """

    question: str
    answer: str
    detail: str
    verdict: Verdict = ""
