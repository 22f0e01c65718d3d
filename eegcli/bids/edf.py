"""EDF and BDF headers: the sex written there, the channels' units, the length the file ought to have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Sex = Literal["F", "M"]
_FIXED = 256  # bytes before the channels' part
_PER_CHANNEL = 256


@dataclass(frozen=True)
class EdfHeader:
    """EDF or BDF header: the parts that MNE does not hand on.

    Attributes
    ----------
    sex : str or None
        F or M as written in the EDF+ patient field.
    units : tuple of str
        Physical dimension of each channel, annotation channels left out; may be empty text.
    expected_bytes : int or None
        Size of a whole file with this header; None if the number of records is not given.
    """

    sex: Sex | None
    units: tuple[str, ...]
    expected_bytes: int | None


def read_edf_header(path: Path) -> EdfHeader | None:
    """Read the header; None if it is no EDF or BDF header.

    Notes
    -----
    Layout: Kemp & Olivan 2003, Clin. Neurophysiol. 114:1755, doi:10.1016/S1388-2457(03)00123-8.
    """
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        try:
            n_channels = int(fixed[252:256])
            header_bytes, n_records = int(fixed[184:192]), int(fixed[236:244])
        except ValueError:
            return None
        rest = file.read(_PER_CHANNEL * n_channels)
    if len(rest) < _PER_CHANNEL * n_channels:
        return None
    fields = fixed[8:88].decode("latin-1").split(" ")  # code, sex, birth date, name
    labels = _cells(rest, 0, 16, n_channels)
    units = _cells(rest, 96 * n_channels, 8, n_channels)
    try:
        samples = sum(int(cell) for cell in _cells(rest, 216 * n_channels, 8, n_channels))
    except ValueError:
        return None
    width = 3 if fixed[:1] == b"\xff" else 2
    return EdfHeader(
        sex="F" if fields[1:2] == ["F"] else "M" if fields[1:2] == ["M"] else None,
        units=tuple(unit for label, unit in zip(labels, units, strict=True) if label not in ("EDF Annotations", "BDF Annotations")),
        expected_bytes=header_bytes + n_records * samples * width if n_records >= 0 else None,
    )


def _cells(block: bytes, start: int, width: int, n: int) -> list[str]:
    return [block[start + width * index : start + width * (index + 1)].decode("latin-1").strip() for index in range(n)]
