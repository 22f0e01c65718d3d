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


@contextmanager
def drawing(path: Path, *, width: float, height: float) -> Iterator[Any]:
    """Open an empty matplotlib figure; write it to `path` as PNG when the block ends well.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
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
        figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout=LAYOUT)
        yield figure
        with writing(path) as temporary:
            # matplotlib's own name and version would change the bytes with every release
            figure.savefig(temporary, format="png", metadata={"Software": None})


def head(figure: Any, title: str, **style: Any) -> None:
    """Write the title of a whole figure, in as many lines as it takes: what has to be said of every number must not run out of the picture."""
    figure.suptitle(textwrap.fill(title, round(CHARACTERS_PER_INCH * figure.get_figwidth())), **style)
