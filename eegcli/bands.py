"""Frequency bands: the named sets of bands, each with its edge rule in its name, and bands as users write them.

The sets differ on purpose: an artifact holds what its stage has always computed, and a beta from 13 to 30 Hz is another figure than
one from 14 to 25 Hz. ``HALF_OPEN``: the lower edge belongs to the band, the upper one does not, so that neighbours share no frequency
and shares sum to 1. ``CLOSED``: both edges belong to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
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


# Shares of explanations (Hz). Together they are the analysed range: below it lies drift, above it the low-pass of most recipes,
# where a network's gradient is left to chance.
EXPLAIN_HALF_OPEN: Mapping[str, tuple[float, float]] = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
}
# Features of the baseline of log band power (Hz): beta in two halves, one for each side of 20 Hz.
BASELINE_HALF_OPEN: Mapping[str, tuple[float, float]] = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "low beta": (13.0, 20.0),
    "high beta": (20.0, 30.0),
}
# Filter bank of the tangent-space baseline (Hz): alpha and beta in two halves each, since their topographies differ.
FILTER_BANK_HALF_OPEN: Mapping[str, tuple[float, float]] = {
    "1-4": (1.0, 4.0),
    "4-8": (4.0, 8.0),
    "8-10": (8.0, 10.0),
    "10-13": (10.0, 13.0),
    "13-18": (13.0, 18.0),
    "18-25": (18.0, 25.0),
}
# The one band of the tangent-space baseline (Hz): above drift and below mains.
BROAD_HALF_OPEN: Mapping[str, tuple[float, float]] = {"1-45": (1.0, 45.0)}
# Representations with bands. As Truong, Makeig & Delorme 2021 (arXiv:2105.04762) computed them; their text has beta from 13 Hz.
PAPER_CLOSED = (Band("theta", 4.0, 7.0), Band("alpha", 7.0, 13.0), Band("beta", 14.0, 25.0))


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
    return tuple(bands) or PAPER_CLOSED
