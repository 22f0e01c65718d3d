"""Terminal: bars on a terminal and timestamped lines elsewhere, on standard error; and the log file."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from typing import Any, TextIO, TypeVar

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 10.0  # a batch log is read afterwards: one line per step would bury the rest


class TerminalReporter:
    """The Reporter of the command line."""

    def __init__(self, *, verbose: bool = False, quiet: bool = False, color: bool = True, log_file: Path | None = None) -> None:
        self.verbose, self.quiet = verbose, quiet
        self.terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.color = color and self.terminal and not os.environ.get("NO_COLOR")
        self._log: TextIO | None = log_file.open("a", encoding="utf-8", errors="backslashreplace") if log_file else None
        self._bar: Any = None

    def progress(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass `items` on and show how far the work is."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        if self.quiet:
            yield from items
        elif self.terminal:
            yield from self._bar_progress(items, label, total)
        else:
            yield from self._line_progress(items, label, total)

    def info(self, message: str) -> None:
        """Print a note that every user wants to know."""
        self._write_log("INFO", message)
        if not self.quiet:
            self._say(message)

    def warn(self, message: str) -> None:
        """Print a warning of something that may spoil the result."""
        self._write_log("WARNING", message)
        self._say(f"warning: {message}", style="yellow")

    def debug(self, message: str) -> None:
        """Print a debug message, for the log file or `-v`."""
        self._write_log("DEBUG", message)
        if self.verbose:
            self._say(message, style="dim")

    def error(self, message: str, hint: str | None = None) -> None:
        """Print an error and its hint: what went wrong, and what to do, one line each."""
        self._write_log("ERROR", f"{message} {hint or ''}".strip())
        line = " ".join(message.split()).rstrip(".")
        self._say(f"error: {line}. {' '.join(hint.split())}" if hint else f"error: {line}", style="bold red")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a small table; plain aligned columns, so that a log file reads like a terminal."""
        lines = table_lines(columns, rows)
        self._write_log("INFO", "\n".join([title, *lines]))
        if not self.quiet:
            self._raw("\n".join(["", self._styled(title, "bold"), *lines, ""]))

    def close(self) -> None:
        """Close the log file."""
        if self._log:
            self._log.close()

    def _say(self, message: str, style: str = "") -> None:
        stamp = "" if self.terminal else time.strftime("%Y-%m-%d %H:%M:%S ")
        self._raw(stamp + self._styled(message, style))

    def _styled(self, text: str, style: str) -> str:
        codes = {"bold": "1", "dim": "2", "yellow": "33", "bold red": "1;31"}
        return f"\033[{codes[style]}m{text}\033[0m" if self.color and style else text

    def _raw(self, text: str) -> None:
        if not (getattr(sys.stderr, "encoding", None) or "utf-8").lower().startswith("utf"):
            text = text.replace("─", "-")  # else each would be shown as an escape
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def _write_log(self, level: str, message: str) -> None:
        if self._log:
            print(time.strftime("%Y-%m-%dT%H:%M:%S%z"), level, message, file=self._log, flush=True)

    def _bar_progress(self, items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
        if self._bar is not None:  # a bar within a bar would fight for the line
            yield from items
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True, no_color=not self.color)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(elapsed_when_finished=True))
        with Progress(*columns, console=console, transient=True) as self._bar:
            task = self._bar.add_task(label, total=total)
            try:
                for item in items:
                    yield item
                    self._bar.advance(task)
            finally:
                bar, self._bar = self._bar, None
                bar.refresh()

    def _line_progress(self, items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
        start = last = time.monotonic()
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - last >= SECONDS_BETWEEN_LINES:
                left = f", {(now - start) / done * (total - done):.0f} s left" if total else ""
                self._say(f"{label}: {done}{f' of {total}' if total else ''}{left}")
                last = now


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns: text to the left, figures to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    numeric = [bool(cells) and all(_is_figure(row[i]) for row in cells) for i in range(len(columns))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(row, widths, numeric, strict=True)
        ).rstrip()

    return [line(list(columns)), "  ".join("─" * width for width in widths), *(line(row) for row in cells)]


def _is_figure(cell: str) -> bool:
    return not cell or cell[0] in "-+.0123456789–[" or cell == "n/a"
