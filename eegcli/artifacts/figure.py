"""Figures: same content, same bytes, whatever the user's matplotlib is set to."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from eegcli.files.atomic import writing

DOTS_PER_INCH = 150
LAYOUT: Literal["constrained"] | None = "constrained"  # no text covers another
CHARACTERS_PER_INCH = 11  # of a title
COLOURS = (
    "#1f4e79",
    "#b85a00",
    "#2f7d4f",
    "#7b3fa0",
    "#8a6d00",
    "#b3202a",
)  # of series, as on pages; told apart by most who see colours otherwise
# What a format would write of itself, or of the time, changes the bytes with every release or call.
_UNSTATED: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def drawing(path: Path, *, width: float, height: float) -> Iterator[Any]:
    """Open an empty matplotlib figure; write it to `path` when the block ends well, in the format of its suffix.

    Parameters
    ----------
    path : Path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    width, height : float
        Inches.

    Yields
    ------
    matplotlib.figure.Figure
        Drawn without a display and without pyplot's list of open figures.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
        # Letters stay letters that can be edited; ids in an SVG are drawn from this word, not by chance.
        matplotlib.rcParams.update({"svg.hashsalt": "eegcli", "svg.fonttype": "none", "pdf.fonttype": 42})
        figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout=LAYOUT)
        yield figure
        with writing(path) as temporary:
            form = path.suffix[1:].lower()
            figure.savefig(temporary, format=form, metadata=_UNSTATED[form])


def head(figure: Any, title: str, **style: Any) -> None:
    """Write the title of a whole figure, in as many lines as it takes: what has to be said of every number must not run out of the picture."""
    figure.suptitle(textwrap.fill(title, round(CHARACTERS_PER_INCH * figure.get_figwidth())), **style)
