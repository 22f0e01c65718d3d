"""Tables of the catalogue: a TSV file beside the code, each row as an object."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from eegcli.files.tsv import read_sheet

Row = TypeVar("Row")


def read_rows(name: str, kind: type[Row]) -> tuple[Row, ...]:
    """Read every row of a table, in its order.

    Parameters
    ----------
    name : str
        Of the file, such as ``quirks.tsv``.
    kind : type
        Dataclass whose fields are the columns; ``n/a`` is None, and columns that are whole numbers are declared ``int``.
    """
    sheet = read_sheet(Path(__file__).parent / name)
    whole = {column for column, hint in kind.__annotations__.items() if str(hint).startswith("int")}

    def cell(column: str, value: str | None) -> Any:
        return int(value) if value is not None and column in whole else value

    return tuple(kind(**{column: cell(column, value) for column, value in zip(sheet.columns, row, strict=True)}) for row in sheet.rows)
