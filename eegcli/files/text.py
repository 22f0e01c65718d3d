"""Text of small files as people and spreadsheets write it: UTF-8, or another encoding that can be told."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from eegcli.errors import InputError

# Marks at the begin of a file; UTF-32's begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


_POINTER = b"/annex/objects/"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
_FETCH = "Fetch it with `datalad get` or `eegcli fetch`."


@dataclass(frozen=True)
class Text:
    """Text of a file, and what has to be said of its encoding.

    Attributes
    ----------
    content : str
    remarks : tuple of str
        Without the file's name; empty for UTF-8, and where a mark at the file's begin names the encoding.
    """

    content: str
    remarks: tuple[str, ...] = ()


def read_text(path: Path) -> Text:
    """Read a small file in whatever encoding it is.

    Raises
    ------
    InputError
        If it cannot be read, or is no text.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise InputError(f"{path}: not fetched (a link to nowhere)", hint=_FETCH) from error
        raise InputError(f"{path}: not found") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if raw.startswith(_POINTER):
        raise InputError(f"{path}: not fetched (a pointer of git-annex)", hint=_FETCH)
    if raw.startswith(_WORKBOOKS):
        raise InputError(f"{path}: is a workbook of a spreadsheet, or an archive, under another name", hint="Save it as text.")
    try:
        return decode(raw)
    except ValueError as error:
        raise InputError(f"{path}: is no text, or damaged", hint="Fetch it again, or save it as UTF-8.") from error


def decode(raw: bytes) -> Text:
    """Decode the bytes of a text.

    Without a mark: UTF-8; else Windows-1252, which holds Latin-1 and is what spreadsheets write. Text in which every other byte
    is zero is UTF-16 without its mark.

    Raises
    ------
    ValueError
        If it is in none of these, or holds zeros, as damaged files do.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return Text(raw.decode(encoding))
    if b"\0" in raw:
        even, odd = raw[::2].count(0), raw[1::2].count(0)
        if min(even, odd) > 0 or max(even, odd) < 0.25 * len(raw):
            raise ValueError("holds zeros")
        wide = "utf-16-le" if odd >= even else "utf-16-be"
        return Text(raw.decode(wide), ("is UTF-16 without a byte-order mark; save it as UTF-8",))
    try:
        return Text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    try:
        return Text(raw.decode("cp1252"), ("is not UTF-8: it is read as Windows-1252 (Latin-1); save it as UTF-8",))
    except UnicodeDecodeError:
        return Text(raw.decode("latin-1"), ("is not UTF-8: it is read as Latin-1; save it as UTF-8",))
