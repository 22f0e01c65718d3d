"""How a stage talks while it works: it tells a Report, and never prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Reporter(Protocol):
    """Receives progress, notes and tables; the command line renders them on standard error."""

    def progress(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass `items` on, one by one, and show how far the work is."""
        ...

    def info(self, message: str) -> None:
        """Say something that every user wants to know."""
        ...

    def warn(self, message: str) -> None:
        """Say something that may spoil the result."""
        ...

    def debug(self, message: str) -> None:
        """Say something for the log file (`-v` shows it)."""
        ...

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a small table of already formatted cells."""
        ...


class Silent:
    """A Reporter that says nothing: for notebooks, workers and tests."""

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
