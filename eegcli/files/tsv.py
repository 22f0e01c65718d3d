"""Tab-separated tables of BIDS: text cells, missing ones as None, and the line each row stands on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError, counted, listed
from eegcli.files.text import read_text

_MISSING = ("", "n/a", "nan")
_DIGITS = 15  # more of them are the name of something: a number in double precision would not keep them
_OTHERS = {",": "commas", ";": "semicolons", "|": "bars"}  # what stands between cells in tables that are no TSV

_Row = tuple[int, list[str], bool]  # line; cells as they stand there, without quotes; whether the first one had some


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
        Line of the file each row begins on, from 1.
    remarks : tuple of str
        What was mended while reading, without the file's name.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str | None]]
    lines: list[int]
    remarks: tuple[str, ...] = ()

    def column(self, name: str) -> list[str | None]:
        """All cells of one column."""
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def read_sheet(path: Path) -> Sheet:
    """Read a TSV file as people and programs write it.

    Cells may stand in double quotes (a quote within is doubled, or has a backslash before it), and then hold tabs and line breaks.
    UTF-8, UTF-16 and Latin-1 are read, lines end with LF, CRLF or CR; empty lines and tabs at the end of lines are skipped, and so are
    a column without a name and the row numbers that R and pandas write first. In a file named ``.csv`` commas or semicolons separate cells.

    Raises
    ------
    InputError
        If it cannot be read, is empty, is separated by something else, repeats a column, leaves a quote open, or has a row of another width.
    """
    text = read_text(path)
    content = re.sub(r"\r\n?", "\n", text.content.removeprefix("\ufeff"))
    separator = _separator(path, content)
    # Cells without quotes are split at once: tables of a hundred thousand events have none.
    table = list(_quoted(path, content, separator) if '"' in content else _plain(content, separator))
    if not table:
        raise InputError(f"{path}: empty")
    names, rows, remarks = _fitted(path, [cell.strip() for cell in table[0][1]], table[1:])
    if len(set(names)) < len(names):
        raise InputError(f"{path}: a column stands there twice ({', '.join(names)})")
    cells: list[list[str | None]] = [[_cell(cell) for cell in row] for row in rows.values()]
    return Sheet(path, tuple(names), cells, list(rows), (*text.remarks, *remarks))


def _separator(path: Path, content: str) -> str:
    lines = [line for line in content.split("\n") if line.strip()][:20]
    header = re.sub(r'"[^"]*"', "", lines[0]) if lines else ""
    if "\t" in header:
        return "\t"
    counts = {mark: header.count(mark) for mark in _OTHERS if header.count(mark)}
    if not counts:
        if (
            len(lines) > 1
            and len(header.split()) > 1
            and all("\t" not in line and len(line.split()) == len(header.split()) for line in lines)
        ):
            raise InputError(f"{path}: its columns are separated by spaces, not by tabs", hint="Save it as tab-separated text.")
        return "\t"
    mark = max(counts, key=lambda mark: counts[mark])
    if path.suffix.lower() == ".csv":
        return mark
    if all(line.count(mark) >= counts[mark] and "\t" not in line for line in lines):
        raise InputError(f"{path}: its columns are separated by {_OTHERS[mark]}, not by tabs", hint="Save it as tab-separated text.")
    return "\t"


def _plain(content: str, separator: str) -> Iterator[_Row]:
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line.split(separator), False


def _quoted(path: Path, content: str, separator: str) -> Iterator[_Row]:
    """Split text in which some cells stand in quotes; a quote that is not closed, or closed in the midst of a cell, is an error."""
    mark = re.escape(separator)
    end = rf"[ ]*(?={mark}|\n|\Z)"
    cell = re.compile(rf'[ ]*"([^"]*(?:""[^"]*)*)"{end}|[ ]*"((?:[^"\\]|\\.)*)"{end}|([^{mark}\n]*)', re.DOTALL)
    place, line, width = 0, 1, 0
    while place <= len(content):
        begin, first, breaks, marked = place, line, False, False
        cells: list[str] = []
        while True:
            match = cell.match(content, place)
            assert match is not None  # the last alternative fits everything
            doubled, escaped, bare = match.groups()
            if bare is not None and bare.lstrip(" ").startswith('"'):
                raise InputError(
                    f"{path}, line {line}: a quote opens a cell ({bare.strip()[:20]}) and does not close it",
                    hint='A cell that begins with a quote ends with one; a quote within it is doubled ("").',
                )
            inside = doubled.replace('""', '"') if doubled is not None else escaped.replace('\\"', '"') if escaped is not None else bare
            breaks = breaks or "\n" in inside
            line += inside.count("\n")
            marked = marked or (not cells and bare is None)
            cells.append(inside)
            place = match.end()
            if content[place : place + 1] != separator:
                break
            place += 1
        # Two lone quotes would swallow the rows between them, and could leave a row of the right width.
        if breaks and width and all(raw.count(separator) + 1 == width for raw in content[begin:place].split("\n")):
            raise InputError(
                f"{path}, line {first}: a quote opens there and closes in line {line}; the lines between look like rows",
                hint='A quote that is meant as such stands in quotes and is doubled ("""").',
            )
        width = width or len(cells)
        place, line = place + 1, line + 1
        if any(text.strip() for text in cells):
            yield first, cells, marked


def _fitted(path: Path, header: list[str], rows: list[_Row]) -> tuple[list[str], dict[int, list[str]], list[str]]:
    """Bring header and rows to one width: row numbers, tabs at the end and columns without a name are left out."""
    remarks: list[str] = []
    named = len(header)
    while named and not header[named - 1]:
        named -= 1
    table = {line: cells for line, cells, _ in rows}
    if table and all(len(cells) == len(header) + 1 for cells in table.values()) and any(cells[-1].strip() for cells in table.values()):
        numbered = _are_numbers_of_rows([cells[0] for cells in table.values()])
        # Unquoted, they could as well be the first column, and the name of the last one be missing.
        if numbered and (all(marked for *_, marked in rows) or all(cells[1].strip().startswith("sub-") for cells in table.values())):
            table = {line: cells[1:] for line, cells in table.items()}
            remarks.append("has row numbers without a name in the header, as R writes them: they are left out")
        elif len(table) > 1:
            raise InputError(
                f"{path}: every row has one cell more than the header has names",
                hint="Name every column; row numbers are left out by row.names=FALSE in R, index=False in pandas.",
            )
    for line, cells in table.items():
        while len(cells) > len(header) and not cells[-1].strip():  # tabs at the end of a line
            cells.pop()
        if named <= len(cells) < len(header):  # or of the header
            cells += [""] * (len(header) - len(cells))
        if len(cells) != len(header):
            raise InputError(f"{path}, line {line}: {counted(len(cells), 'column')}, but the header has {len(header)}")
    kept = [index for index, name in enumerate(header) if name]
    for index in set(range(len(header))) - set(kept):
        column = [cells[index].strip() for cells in table.values()]
        if any(column) and not (index == 0 and _are_numbers_of_rows(column)):
            remarks.append(f"has no name for column {index + 1} ({listed([text for text in column if text], 2)}): it is left out")
    if len(kept) < len(header):
        table = {line: [cells[index] for index in kept] for line, cells in table.items()}
    return [header[index] for index in kept], table, remarks


def _are_numbers_of_rows(cells: Sequence[str]) -> bool:
    first = cells[0].strip() if cells else ""
    return first in ("0", "1") and [text.strip() for text in cells] == [str(int(first) + index) for index in range(len(cells))]


def _cell(text: str) -> str | None:
    text = text.strip()
    return None if text.lower() in _MISSING else text


def numbers(cells: Sequence[str | None]) -> list[int | float | None] | None:
    """Convert cells to numbers, whole ones to int; None if any of them is something else.

    Codes such as ``007`` are names, not numbers.
    """
    values = [None if cell is None else number(cell) for cell in cells]
    if all(value is None for value in values) or any(value is None and cell is not None for value, cell in zip(values, cells, strict=True)):
        return None
    if all(isinstance(value, int) for value in values if value is not None):
        return values
    return [None if value is None else float(value) for value in values]


def number(cell: str) -> int | float | None:
    """Convert a cell to a number, a whole one to int; None if it is none, or a code: ``007``, or longer than a number is exact."""
    digits = cell.lstrip("+-")
    if digits.isdecimal() and digits.isascii():
        is_code = (len(digits) > 1 and digits.startswith("0")) or len(digits) > _DIGITS
        return None if is_code or len(cell) - len(digits) > 1 else int(cell)
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None
