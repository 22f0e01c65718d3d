"""Frequency bands as users name them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from eegcli.errors import UsageError

_BAND = re.compile(r"^([^\s=,]+)=(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Band:
    """A range of frequencies, both edges included (Hz)."""

    name: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name}={self.low:g}-{self.high:g}"


# As Truong, Makeig & Delorme 2021 (arXiv:2105.04762) computed them; their text has beta from 13 Hz.
PAPER_BANDS = (Band("theta", 4.0, 7.0), Band("alpha", 7.0, 13.0), Band("beta", 14.0, 25.0))


def parse_bands(texts: Sequence[str]) -> tuple[Band, ...]:
    """Read bands written ``NAME=LOW-HIGH``; none means those of the paper.

    Raises
    ------
    UsageError
        If one is not written so, has no width upwards, or two have one name.
    """
    bands = []
    for text in texts:
        match = _BAND.match(text.strip())
        if not match:
            raise UsageError(f"--bands {text}: not NAME=LOW-HIGH in Hz, e.g. theta=4-7")
        band = Band(match.group(1), float(match.group(2)), float(match.group(3)))
        if not (math.isfinite(band.high) and 0 < band.low <= band.high):
            raise UsageError(f"--bands {text}: the lower edge has to be above 0 Hz and not above the upper one")
        bands.append(band)
    names = [band.name for band in bands]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"--bands: {', '.join(twice)} is named twice")
    return tuple(bands) or PAPER_BANDS
