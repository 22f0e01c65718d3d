"""A reporter that keeps what a stage told it, for tests to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from eegcli.reporter import Silent


class ShownTable(NamedTuple):
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class CapturingReporter(Silent):
    """Keeps notes, warnings and tables in the order in which they came; shows nothing.

    Parameters
    ----------
    heard : callable, optional
        Called with each note at the moment in which it comes.

    Attributes
    ----------
    infos, warnings, debugs : list of str
    messages : list of str
        Notes and warnings together; a warning begins with ``warning: ``.
    tables : list of ShownTable
    """

    def __init__(self, heard: Callable[[str], object] | None = None) -> None:
        self.heard = heard
        self.infos: list[str] = []
        self.warnings: list[str] = []
        self.debugs: list[str] = []
        self.messages: list[str] = []
        self.tables: list[ShownTable] = []

    def info(self, message: str) -> None:
        self.infos.append(message)
        self.messages.append(message)
        if self.heard is not None:
            self.heard(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.messages.append(f"warning: {message}")

    def debug(self, message: str) -> None:
        self.debugs.append(message)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.tables.append(ShownTable(title, columns, rows))
