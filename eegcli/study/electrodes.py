"""Electrodes of a recording: where each lies on the head, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.study.sphere import known

DIGITISED, IN_FILE, TEMPLATE, UNKNOWN = "digitised", "file", "template", "unknown"
SOURCES = (DIGITISED, IN_FILE, TEMPLATE, UNKNOWN)


@dataclass(frozen=True)
class Electrodes:
    """Positions of the electrodes behind some channels.

    Attributes
    ----------
    positions : ndarray of float64, shape (n_channels, 3), m
        In head coordinates (x through the ears to the right, y to the nose); NaN where unknown.
    sources : tuple of str
        Of each position: ``digitised`` on this head, ``file`` for one that a file states without having measured it, ``template`` by the
        channel's name, ``unknown``.
    centre : tuple of float, m
        Centre of the sphere that stands for the head.
    """

    positions: NDArray[np.float64]
    sources: tuple[str, ...]
    centre: tuple[float, ...]

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors from the centre of the head, shape (n_channels, 3); NaN where unknown."""
        vectors = self.positions - np.array(self.centre)
        directions: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return directions

    @property
    def known(self) -> NDArray[np.bool_]:
        """Mask of the channels whose position is known, shape (n_channels,)."""
        return known(self.positions)

    @property
    def source(self) -> str:
        """The best source of any of them, in one word."""
        return next((source for source in SOURCES if source in self.sources), UNKNOWN)

    def take(self, rows: Sequence[int]) -> Electrodes:
        """Select channels, in this order."""
        rows = list(rows)
        return Electrodes(self.positions[rows], tuple(self.sources[row] for row in rows), self.centre)


def unknown_electrodes(n_channels: int) -> Electrodes:
    """Electrodes of which nothing is known."""
    return Electrodes(np.full((n_channels, 3), np.nan), (UNKNOWN,) * n_channels, (0.0, 0.0, 0.0))
