"""Units of voltage, as headers and channels.tsv spell them, in µV."""

from __future__ import annotations

import re

# The letter µ in headers that were written in one encoding and are read as Latin-1: Shift-JIS, GBK and EUC-JP, UTF-8 (micro sign, Greek
# letter), code page 437; and what stands where a program lost it.
_MICRO = ("\x83\xca", "\xa6\xcc", "\xc2\xb5", "\xce\xbc", "\xe6", "\xb5", "\u03bc", "\ufffd", "?", ".", "_")
_PREFIXES = {
    "": 1e6,
    "k": 1e9,
    "kilo": 1e9,
    "m": 1e3,
    "milli": 1e3,
    "u": 1.0,
    "micro": 1.0,
    "n": 1e-3,
    "nano": 1e-3,
    "p": 1e-6,
    "pico": 1e-6,
}
_UNIT = re.compile(f"({'|'.join(_PREFIXES)})(v|volts?)")


def microvolts(text: str) -> float | None:
    """Convert the name of a unit into microvolts.

    Parameters
    ----------
    text : str
        As written; bytes that are not ASCII as Latin-1 has them, or decoded rightly.

    Returns
    -------
    float or None
        µV that one of the unit is; None for an empty text, and for what is no unit of voltage.

    Examples
    --------
    >>> microvolts("nV"), microvolts("Celsius")
    (0.001, None)
    """
    plain = text.strip().strip("\0")
    for letter in _MICRO:
        plain = plain.replace(letter, "u")
    found = _UNIT.fullmatch(plain.replace(" ", "").lower())
    return _PREFIXES[found[1]] if found else None
