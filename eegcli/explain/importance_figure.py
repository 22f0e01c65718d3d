"""The figure of an importance: what the output of each class loses without each part of a window; grey where it failed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.explain.figure import FAILED, GREY, draw_bars

_INCHES_PER_PART = 0.2


def importance_figure(path: Path, explanation: Explanation, method: str, *, title: str) -> None:
    """Draw the importance of each part per class as bars.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    explanation : Explanation
        With this method among its methods.
    method : str
        Name of the method.
    title : str
        Of the whole figure: the run, and of which windows it speaks.
    """
    result, grey = explanation.methods[method], method in explanation.failed
    parts = result.parts.tolist()
    with drawing(path, width=max(9.0, 1.5 + _INCHES_PER_PART * len(parts)), height=4.5) as figure:
        head(figure, f"{FAILED if grey else ''}{title}", color=GREY if grey else "black")
        axis = figure.subplots()
        draw_bars(axis, explanation.classes, parts, np.asarray(result.importance), grey=grey)
        axis.axhline(0, color="0.3", linewidth=0.8)
        axis.set_title(f"{method}: output of the class that is lost without a part", loc="left")
        axis.set_ylabel(explanation.units_of(method))
        axis.legend(title="true class", frameon=False)
