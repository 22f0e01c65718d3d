"""Dialect of a table of text: what separates its cells, what stands before decimals, and whether its first row is a header."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError, listed
from eegcli.importing.axes import MIN_SAMPLES

_OWN = {".csv": ",", ".tsv": "\t"}
_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 1 << 16  # characters


@dataclass(frozen=True)
class Dialect:
    """Dialect of a table of text.

    Attributes
    ----------
    separator, decimal : str
        One character each.
    n_columns : int
    has_header : bool
    """

    separator: str
    decimal: str
    n_columns: int
    has_header: bool


def dialect_of(path: Path) -> Dialect:
    """Dialect of a table, read from its beginning.

    Raises
    ------
    InputError
        If nobody can tell whether its first row is a header.
    """
    with path.open("r", encoding="utf-8-sig", errors="replace") as stream:  # a spreadsheet's mark of the encoding is no part of a name
        header, beginning = stream.readline(), stream.read(_LOOKED_AT)
    own = _OWN[path.suffix.lower()]
    # Where something else can separate, a comma between two digits stands before decimals.
    separators = re.sub(r"(?<=\d),(?=\d)", "", header) if ";" in header or "\t" in header else header
    separator = max((own, *_SEPARATORS), key=separators.count)  # its own, where as many are others
    number = rf"(?:^|{separator})[+-]?\d*,\d+(?:[eE][+-]?\d+)?(?={separator}|$)"
    decimal = "," if separator != "," and re.search(number, header + beginning, re.MULTILINE) else "."
    cells = [cell.strip().strip('"') for cell in header.rstrip("\r\n").split(separator)]
    return Dialect(separator, decimal, len(cells), _is_header(cells, decimal, path))


def _is_header(cells: list[str], decimal: str, path: Path) -> bool:
    """Test that the first row holds names. Numbers are names where they count columns or go on in time, as pandas and MNE write them."""
    numbers = [value for cell in cells if (value := _number(cell, decimal)) is not None]
    if not numbers:
        return True
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    rising, whole = all(step > 0 for step in steps), all(value.is_integer() for value in numbers)
    if len(numbers) == len(cells):
        counts = len(numbers) > 2 and whole and set(steps) == {1.0}
        return counts or (len(numbers) >= MIN_SAMPLES and rising)
    if rising and (whole or len(numbers) >= MIN_SAMPLES):
        return True
    raise InputError(
        f"{path}: its first row holds numbers and texts ({listed(cells, 4)}): nobody can tell whether it is a header",
        hint="Write the names of the columns in its first row.",
    )


def _number(text: str, decimal: str) -> float | None:
    try:
        return float(text.replace(decimal, "."))
    except ValueError:
        return None
