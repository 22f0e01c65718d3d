"""Reporters: progress, notes, warnings and tables of a stage while it works; a stage itself never prints."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


class Reporter(Protocol):
    """Receives progress, notes and tables; the command line renders them on standard error."""

    def progress(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass `items` on, one by one, and show how far the work is."""
        ...

    def info(self, message: str) -> None:
        """Report a note that every user wants to know."""
        ...

    def warn(self, message: str) -> None:
        """Report a warning of something that may spoil the result."""
        ...

    def debug(self, message: str) -> None:
        """Report a debug message, for the log file (`-v` shows it)."""
        ...

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a small table of already formatted cells."""
        ...


class Silent:
    """A Reporter that says nothing, warnings included: for workers and tests."""

    def progress(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass `items` on."""
        yield from items

    def info(self, message: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing."""

    def debug(self, message: str) -> None:
        """Say nothing."""

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Say nothing."""


class EegcliWarning(UserWarning):
    """A stage called from Python found something that may spoil its result."""


class PythonReporter:
    """A Reporter that uses Python's own channels: what a stage takes if it is called without one.

    Nothing is printed but warnings, which go to `warnings.warn` as `EegcliWarning`: a result that may be spoilt must not look clean.
    All else goes to the logger ``eegcli`` of `logging`, at the level INFO or DEBUG, so that ``logging.basicConfig(level="INFO")`` shows it.
    """

    def progress(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass `items` on, and log the label."""
        self.info(label if total is None else f"{label} ({total})")
        yield from items

    def info(self, message: str) -> None:
        """Log at the level INFO."""
        self._log("INFO", message)

    def warn(self, message: str) -> None:
        """Warn, at the line that called eegcli."""
        import warnings  # where they are used, as logging below: `--help` needs neither

        warnings.warn(message, EegcliWarning, stacklevel=_caller())

    def debug(self, message: str) -> None:
        """Log at the level DEBUG."""
        self._log("DEBUG", message)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Log a table at the level INFO, a line for each row."""
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (columns, *rows)]
        self.info("\n".join([title, *lines]))

    def _log(self, level: str, message: str) -> None:
        import logging

        logging.getLogger("eegcli").log(getattr(logging, level), message)


PYTHON = PythonReporter()  # the default of every stage


def _caller() -> int:
    """Count the frames from `PythonReporter.warn` up to the first one outside this package (`skip_file_prefixes` needs Python 3.12)."""
    house = (str(Path(__file__).parent), contextlib.__file__)  # a stage is decorated by a context manager
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(house):
        frame, level = frame.f_back, level + 1
    return level
