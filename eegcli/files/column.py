"""The type of a column: numbers or text, never decided in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eegcli.errors import listed
from eegcli.files.tsv import number

# What people write for a missing value, beside BIDS' `n/a`: it counts as missing in a column that holds numbers else, and is text in others.
_WORDS = "na n.a. n.a #n/a <na> nd n.d. null none nil missing unknown unkn unk - -- --- – — . .. ? ??"
MISSING_WORDS = frozenset((*_WORDS.split(), "not available", "not known"))
_CAP = re.compile(r"(?:>|>=|≥)\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*\+")  # 89+ and >89: BIDS writes ages so that could identify a person
_COMMA = re.compile(r"[+-]?\d+,\d+")
_CODE = re.compile(r"0\d+|\d{16,}")


@dataclass(frozen=True)
class Column:
    """Cells of a column, as numbers where they are numbers.

    Attributes
    ----------
    values : list
        All numbers or None, or all text or None.
    remarks : tuple of str
        What was decided, with the cell and its line, without the column's name.
    """

    values: list[int | float | None] | list[str | None]
    remarks: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """True if the cells are no numbers."""
        return any(isinstance(value, str) for value in self.values) or all(value is None for value in self.values)


def read_column(cells: Sequence[str | None], lines: Sequence[int]) -> Column:
    """Decide whether the cells of a column are numbers, and say what does not follow from every cell.

    Parameters
    ----------
    cells : sequence of (str or None)
    lines : sequence of int
        Where each stands.

    Returns
    -------
    Column
        Numbers where every cell is one, a word for a missing value, a cap such as ``89+`` (read as 89), or has a decimal comma; else text.
    """
    filled = [(cell, line) for cell, line in zip(cells, lines, strict=True) if cell is not None]
    plain = {cell: number(cell) for cell in {cell for cell, _ in filled}}
    n_plain = sum(plain[cell] is not None for cell, _ in filled)
    odd = [(cell, line) for cell, line in filled if plain[cell] is None]
    missing = [item for item in odd if item[0].lower() in MISSING_WORDS]
    caps = [item for item in odd if _CAP.fullmatch(item[0])]
    commas = [item for item in odd if _COMMA.fullmatch(item[0])]
    told = {*missing, *caps, *commas}
    unread = [item for item in odd if item not in told]
    # 1,234 may be a thousand or a little more than one: only other cells can tell.
    if commas and all(len(cell.partition(",")[2]) == 3 and not cell.lstrip("+-").startswith("0") for cell, _ in commas):
        unread += commas
    codes = [cell for cell, _ in unread if _CODE.fullmatch(cell)]
    if codes and len({len(cell) for cell, _ in filled}) == 1:
        return Column(list(cells))  # 001 to 120: names that all see as such
    # Grades (1+, 2+, 3+) are no caps: a cap is the only one, or rare among numbers; of two digits where there is no number beside it.
    n_read, limits = n_plain + len(commas), {_cap(cell) for cell, _ in caps}
    capped = n_read >= len(caps) or (len(limits) == 1 and (n_read > 0 or min(limits) >= 10))
    if not unread and n_read + len(caps) > 0 and capped:
        values = {**plain, **{cell: None for cell, _ in missing}, **{cell: _cap(cell) for cell, _ in caps}}
        values |= {cell: float(cell.replace(",", ".")) for cell, _ in commas}
        read = [None if cell is None else values[cell] for cell in cells]
        whole = all(isinstance(value, int) for value in read if value is not None)
        remarks = [f"{_where(missing)} {_s(missing, 'counts', 'count')} as missing"] if missing else []
        remarks += [f"{_where(caps)} {_s(caps, 'is', 'are')} read as {listed(sorted({f'{_cap(c):g}' for c, _ in caps}))}"] if caps else []
        remarks += (
            [f"{_where(commas)} {_s(commas, 'has', 'have')} a decimal comma, and {_s(commas, 'is', 'are')} read with a point"]
            if commas
            else []
        )
        return Column([None if v is None else v if whole else float(v) for v in read], tuple(remarks))
    wrong = unread or caps
    if n_plain >= 2 and 2 * n_plain >= len(filled) - len(missing) and wrong:
        return Column(
            list(cells), (f"is text, since {_where(wrong)} {_s(wrong, 'is no number', 'are no numbers')} (write a number, or n/a)",)
        )
    return Column(list(cells))


def _cap(cell: str) -> int | float:
    match = _CAP.fullmatch(cell)
    assert match is not None
    return number(match.group(1) or match.group(2)) or 0


def _where(items: Iterable[tuple[str, int]]) -> str:
    first: dict[str, int] = {}
    for cell, line in items:
        first.setdefault(cell, line)
    return listed([f"{cell!r} (line {line})" for cell, line in first.items()], 3, count=True)


def _s(items: Sequence[tuple[str, int]], one: str, several: str) -> str:
    return one if len({cell for cell, _ in items}) == 1 else several
