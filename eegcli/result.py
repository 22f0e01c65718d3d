"""Results of stages: where the artifact lies, what to tell a script, and what failed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from eegcli.errors import counted


@dataclass(frozen=True)
class Failure:
    """Failure of one item (a recording, a subject).

    Attributes
    ----------
    name : str
        The recording's BIDS stem, or the subject.
    error : str
        One line for the reader.
    cause : str
        A short name by which failures are counted, e.g. ``not fetched``.
    """

    name: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """Base of every stage's result; classes derived from it say ``repr=False``, too, and have its repr of one line.

    Attributes
    ----------
    output : Path
        The artifact; its path is the one line on standard output.
    n_items : int
        How many items there were to do, for `--max-failures`.
    failures : tuple of Failure
        The items that failed; the rest is written.
    """

    output: Path
    n_items: int = 0
    failures: tuple[Failure, ...] = ()

    def data(self) -> dict[str, Any]:
        """Data of `--json`: every field but the failures."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("failures", "n_items")}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}

    def __repr__(self) -> str:
        words = [f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in self._short()]
        words += [counted(len(self.failures), "failure")] * bool(self.failures)
        return f"{type(self).__name__}: {self.output}" + (f" ({', '.join(words)})" if words else "")

    def _short(self) -> list[tuple[str, int | str]]:
        """Fields that fit a line: counts and names; figures and tables are looked at by themselves."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self) if f.name not in ("output", "n_items", "failures"))
        return [(name, value) for name, value in values if isinstance(value, (int, str))]


@dataclass(frozen=True, kw_only=True, repr=False)
class DryRun(Result):
    """Result of a `--dry-run`: nothing is written.

    Attributes
    ----------
    summary : dict
        Figures for scripts (`data` of `--json`) and, line by line, for people.
    shown : tuple of str
        Names in `summary` of what the stage has shown to people already, as a table.
    """

    summary: dict[str, Any]
    shown: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """The summary itself, beside where the output would lie."""
        return {"output": str(self.output), **self.summary}
