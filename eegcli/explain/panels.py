"""Panels of the figures of explanations: spectra with the names of bands, and maps of channels by bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.bands import EXPLAIN_HALF_OPEN

Floats = NDArray[np.float64]
INCHES_PER_CHANNEL = 0.2


def mark_bands(axis: Any, highest: float) -> None:
    """Shade every other band up to a frequency (Hz), and write their names."""
    for index, (name, (low, high)) in enumerate(EXPLAIN_HALF_OPEN.items()):
        high = min(high, highest)
        if low >= high:
            continue
        if index % 2:
            axis.axvspan(low, high, color="0.94", zorder=0, linewidth=0)
        axis.text((low + high) / 2, 1.0, name, transform=axis.get_xaxis_transform(), ha="center", va="top", color="0.4", fontsize=8)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.1 * (high - low))  # room for the names
    axis.margins(x=0)


def labels_of(axis: Any, title: str, x: str, y: str) -> None:
    """Title on the left, and names of both axes."""
    axis.set_title(title, loc="left")
    axis.set(xlabel=x, ylabel=y)


def channel_map(
    figure: Any,
    axis: Any,
    values: Floats,
    ch_names: Sequence[str],
    columns: Sequence[str],
    title: str,
    unit: str,
    *,
    significant: Any = None,
) -> None:
    """Draw values (n_channels, n_columns) as colours, zero white; a dot where `significant`.

    Parameters
    ----------
    figure, axis : matplotlib's
    values : ndarray, shape (n_channels, n_columns)
    ch_names, columns : sequence of str
    title, unit : str
    significant : ndarray of bool, shape (n_channels, n_columns), optional
    """
    largest = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    image = axis.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    axis.set_xticks(range(len(columns)), columns, fontsize=8)
    axis.set_yticks(range(len(ch_names)), ch_names, fontsize=6 if len(ch_names) > 32 else 8)
    axis.set_title(title, loc="left")
    for spine in axis.spines.values():
        spine.set_visible(False)
    if significant is not None:
        channel, column = np.nonzero(significant)
        axis.plot(column, channel, ".", color="black", markersize=4)
    figure.colorbar(image, ax=axis, label=unit, shrink=0.8)
