"""Tab-separated tables of BIDS: text cells, missing ones as None, and the line each row stands on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError

_MISSING = ("", "n/a", "nan")


@dataclass(frozen=True)
class Sheet:
    """Table read from a TSV file: text cells, and the line of each row.

    Attributes
    ----------
    path : Path
    columns : tuple of str
    rows : list of list of (str or None)
        Cells, stripped; None where BIDS says ``n/a`` or the cell is empty.
    lines : list of int
        Line of the file each row stands on, from 1.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str | None]]
    lines: list[int]

    def column(self, name: str) -> list[str | None]:
        """All cells of one column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def read_sheet(path: Path) -> Sheet:
    """Read a TSV file; a byte-order mark and trailing empty lines are skipped.

    Raises
    ------
    InputError
        If it cannot be read, is empty, repeats a column or has a row of another width.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="latin-1")  # what spreadsheets write; a micro sign is the usual reason
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not numbered:
        raise InputError(f"{path}: empty")
    columns = tuple(cell.strip() for cell in numbered[0][1].split("\t"))
    if len(set(columns)) < len(columns):
        raise InputError(f"{path}: a column stands there twice ({', '.join(columns)})")
    rows: list[list[str | None]] = []
    for number, line in numbered[1:]:
        cells = [_cell(cell) for cell in line.split("\t")]
        while len(cells) > len(columns) and cells[-1] is None:  # tabs at the end of a line
            cells.pop()
        if len(cells) != len(columns):
            raise InputError(f"{path}, line {number}: {len(cells)} columns, but the header has {len(columns)}")
        rows.append(cells)
    return Sheet(path, columns, rows, [number for number, _ in numbered[1:]])


def _cell(text: str) -> str | None:
    text = text.strip()
    return None if text.lower() in _MISSING else text


def numbers(cells: Sequence[str | None]) -> list[int | float | None] | None:
    """Convert cells to numbers, whole ones to int; None if any of them is something else.

    Codes such as ``007`` are names, not numbers.
    """
    result: list[int | float | None] = []
    for cell in cells:
        if cell is None:
            result.append(None)
            continue
        if len(cell.lstrip("+-")) > 1 and cell.lstrip("+-").startswith("0") and cell.lstrip("+-").isdigit():
            return None
        try:
            value = float(cell)
        except ValueError:
            return None
        if not math.isfinite(value) or "_" in cell:
            return None
        result.append(value)
    if all(value is None for value in result):
        return None
    if all(cell is None or cell.lstrip("+-").isdigit() for cell in cells):
        return [None if value is None else int(value) for value in result]
    return result
