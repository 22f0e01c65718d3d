"""Positions over a cohort: the mean of each channel's, and how far recordings lie from it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from eegcli.epoch.inputs import Pool
from eegcli.reporter import Reporter
from eegcli.study.electrodes import DIGITISED, IN_FILE, SOURCES, UNKNOWN, Electrodes, unknown_electrodes
from eegcli.study.sphere import apart

PLACED = "positions"  # column of recordings.parquet


def any_own(pool: Pool, montage: str) -> bool:
    """Test whether a recording says itself where its electrodes are, and a montage (a name in `registry.MONTAGES`) asks it."""
    return montage in ("auto", "data") and bool({DIGITISED, IN_FILE} & set(_sources(pool)))


def any_kept(pool: Pool) -> bool:
    """Test whether a recording was cleaned since positions are kept."""
    return any(source is not None for source in _sources(pool))


def _sources(pool: Pool) -> list[str | None]:
    return list(pool.table.get(PLACED, ()))


class MeanPositions:
    """Adds up the positions of recordings while their windows are written."""

    def __init__(self, n_channels: int) -> None:
        self._n_channels = n_channels
        self._all: list[Electrodes] = []
        self._counts = Counter[str]()

    def add(self, electrodes: Electrodes | None) -> None:
        """Add the electrodes of one recording; None of one that was cleaned before positions were kept."""
        found = electrodes or unknown_electrodes(self._n_channels)
        self._all.append(found)
        self._counts[found.source] += 1

    def result(self) -> tuple[Electrodes, np.ndarray]:
        """Mean positions and the largest angle (degrees) between a recording's and the mean direction, shape (n_channels,).

        Each recording counts once; one that does not know a channel has no say in its mean. The source of a channel is the least that any
        recording has for it, of those that know it.
        """
        positions = np.array([electrodes.positions for electrodes in self._all])
        centres = np.array([electrodes.centre for electrodes in self._all if electrodes.known.any()]).reshape(-1, 3)
        there = np.isfinite(positions)
        count = there.all(axis=2).sum(axis=0)
        mean = np.where(there, positions, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)[:, np.newaxis]
        centre = centres.mean(axis=0) if len(centres) else np.zeros(3)
        sources = [
            max((one for one in channel if one != UNKNOWN), key=SOURCES.index, default=UNKNOWN)
            for channel in zip(*(electrodes.sources for electrodes in self._all), strict=True)
        ]
        found = Electrodes(mean, tuple(sources), tuple(centre.tolist()))
        spread = np.full(self._n_channels, np.nan)
        for electrodes in self._all:
            spread = np.fmax(spread, apart(electrodes.directions, found.directions))
        return found, spread

    def tell(self, reporter: Reporter) -> None:
        """Say where the positions of the recordings come from; warn where they are of several kinds."""
        if not self._counts:
            return
        said = ", ".join(f"{self._counts[source]} {source}" for source in SOURCES if self._counts[source])
        tell = reporter.warn if len(self._counts) > 1 else reporter.info
        tell(f"positions of electrodes, by recording: {said}")
