"""The mean map of each segment and band: a picture that shows at a glance whether the maps are those of a head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing
from eegcli.errors import counted
from eegcli.registry import REPRESENTATIONS
from eegcli.representations import Representation

MAX_SEGMENTS = 8  # of those with most windows
_INCHES = 2.1  # of a map


class MeanMaps:
    """Adds up maps while windows are written; of other representations it keeps nothing.

    Parameters
    ----------
    representation : Representation
        Of the windows.
    """

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._counts: dict[str, int] = {}
        self._electrodes: list[NDArray[np.float64]] = []

    def add(self, x: NDArray[np.float32], segment: NDArray[np.object_], electrodes: NDArray[np.float64] | None) -> None:
        """Add a recording's windows (n, n_bands, height, width) of the named segments (n,); those that are not finite do not count.

        `electrodes` are its places on the map, shape (n_channels, 2).
        """
        if not REPRESENTATIONS[self.representation.name].is_map:
            return
        if electrodes is not None:
            self._electrodes.append(electrodes)
        finite = np.isfinite(x).all(axis=(1, 2, 3))
        for name in dict.fromkeys(segment.tolist()):
            chosen = x[finite & (segment == name)]
            self._sums[name] = self._sums.get(name, 0.0) + chosen.sum(axis=0, dtype=np.float64)
            self._counts[name] = self._counts.get(name, 0) + len(chosen)

    def draw(self, folder: Path) -> None:
        """Write the figure, named after the representation, into a folder; without a map there is none."""
        shown = sorted((name for name, count in self._counts.items() if count), key=lambda name: (-self._counts[name], name))[:MAX_SEGMENTS]
        if not shown:
            return
        bands, electrodes = self.representation.bands, self._mean_electrodes()
        with drawing(
            folder / f"{self.representation.name}.png", width=1.25 * _INCHES * len(bands) + 0.4, height=_INCHES * len(shown) + 0.6
        ) as figure:
            figure.suptitle("mean of the maps, each from 0 to 255; nose up")
            axes = figure.subplots(len(shown), len(bands), squeeze=False)
            for axis, band in zip(axes[0], bands, strict=True):
                axis.set_title(f"{band.name} {band.low:g}-{band.high:g} Hz")
            for row, name in zip(axes, shown, strict=True):
                maps = self._sums[name] / self._counts[name]
                for axis, values in zip(row, maps, strict=True):
                    image = _draw_map(axis, values, electrodes)
                    figure.colorbar(image, ax=axis, shrink=0.8).ax.tick_params(labelsize=7)
                row[0].set_ylabel(f"{name}\n{counted(self._counts[name], 'window')}")

    def _mean_electrodes(self) -> NDArray[np.float64] | None:
        """Places of the electrodes: the mean over recordings, where they differ."""
        if not self._electrodes:
            return None
        first = self._electrodes[0]
        if all(np.array_equal(first, other) for other in self._electrodes):
            return first
        mean: NDArray[np.float64] = np.mean(self._electrodes, axis=0)
        return mean


def _draw_map(axis: Any, values: NDArray[np.float64], electrodes: NDArray[np.float64] | None) -> Any:
    """Draw one map with the outline of a head; give the image."""
    from matplotlib.patches import Circle

    from eegcli.representations.topomap import RADIUS, pixels

    _, inside = pixels(len(values))
    edge = RADIUS * (1 + 1 / (len(inside) - 1))  # the outermost pixels are centred on the edge of the map
    low, high = float(values[inside].min()), float(values[inside].max())
    image = axis.imshow(
        np.where(inside, values, np.nan), extent=(-edge, edge, -edge, edge), cmap="viridis", vmin=low, vmax=high if high > low else low + 1
    )
    axis.add_patch(Circle((0, 0), RADIUS, fill=False, linewidth=1.2))
    axis.plot([-0.09, 0, 0.09], [0.492, 0.58, 0.492], color="black", linewidth=1.2)  # the nose
    for side in (-1, 1):
        axis.plot([side * x for x in (0.494, 0.53, 0.545, 0.53, 0.494)], [0.08, 0.09, 0.0, -0.09, -0.08], color="black", linewidth=1.2)
    if electrodes is not None:
        axis.plot(electrodes[:, 0], electrodes[:, 1], ".", color="black", markersize=2.5)
    axis.set(xlim=(-0.58, 0.58), ylim=(-0.55, 0.61), aspect="equal", xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)
    return image
