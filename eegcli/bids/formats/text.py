"""Text inside of recordings, whose encoding is stated wrongly, or not at all."""

from __future__ import annotations

import codecs

NOT_UTF8 = "text in the file is not in UTF-8; it is read as Latin-1"
_ANSI = "cp1252"  # what BrainVision's programs mean by it


def decoded(content: bytes, stated: str = "") -> tuple[str, bool]:
    """Decode a text: as stated, as UTF-8, else as Latin-1, which takes any bytes.

    Parameters
    ----------
    content : bytes
    stated : str
        Encoding that the file names; empty where it names none.

    Returns
    -------
    text : str
    guessed : bool
        True where neither the stated encoding nor UTF-8 fits.
    """
    for encoding in ("utf-8-sig", _known(stated)):
        if encoding:
            try:
                return content.decode(encoding), False
            except UnicodeDecodeError:
                continue
    return content.decode("latin-1"), True


def _known(stated: str) -> str:
    name = stated.strip()
    if name.upper() == "ANSI":
        return _ANSI
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""
