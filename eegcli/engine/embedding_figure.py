"""Figure of embeddings: two principal components, a point per group of windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing, head
from eegcli.stats.components import Components

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")  # Okabe & Ito 2008
FAINT = 0.25


def draw_embeddings(
    path: Path,
    components: Components,
    points: NDArray[np.float32],
    values: NDArray[np.float64],
    *,
    classes: Sequence[str],
    faint: NDArray[np.bool_],
    name: str,
    title: str,
) -> None:
    """Draw where groups of windows lie among two principal components.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    components : Components
        Two.
    points : ndarray of float32, shape (n, n_features)
        Mean vector of each group.
    values : ndarray, shape (n,)
        Index of the class of each, or its number; NaN where nobody knows it.
    classes : sequence of str
        Names of the classes; none for numbers.
    faint : ndarray of bool, shape (n,)
        Mark groups that the network learnt from: they are drawn small and pale.
    name : str
        What the values are.
    title : str
    """
    x, y = components(points).T
    with drawing(path, width=6.5, height=5.2) as figure:
        head(figure, title, fontsize=9)
        axis = figure.subplots()
        if classes:
            for number, label in enumerate(classes):
                colour = COLOURS[number % len(COLOURS)]
                own = values == number
                axis.plot(x[own & faint], y[own & faint], ".", color=colour, alpha=FAINT, markersize=5)
                axis.plot(x[own & ~faint], y[own & ~faint], "o", color=colour, markersize=5, label=label)
        else:
            drawn = axis.scatter(x[~faint], y[~faint], c=values[~faint], cmap="viridis", s=24)
            axis.scatter(x[faint], y[faint], c=values[faint], cmap="viridis", norm=drawn.norm, s=6, alpha=FAINT)
            figure.colorbar(drawn, ax=axis, label=name)
        unknown = np.isnan(values)
        axis.plot(x[unknown], y[unknown], "x", color="0.5", markersize=4)
        axis.set(
            **{
                f"{side}label": f"component {number} ({100 * components.shares[number - 1]:.1f} % of the variance)"
                for side, number in (("x", 1), ("y", 2))
            }
        )
        if classes:
            axis.legend(title=name, frameon=False, fontsize=8)
