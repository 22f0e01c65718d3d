"""Charts as data: what is drawn, how it is read, what limits it. Their numbers as a table follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, list[str] | list[float]]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Chart of any form: its words.

    Attributes
    ----------
    name : str
        Of its files, unique on a page.
    title : str
    how : str
        How it is read, for somebody who has never seen one.
    caveat : str
        What it does not show.
    alt : str
        What it shows, for those who cannot see it.
    grey : bool
        True for a chart that must not be believed, drawn pale.
    """

    name: str
    title: str
    how: str
    caveat: str
    alt: str
    grey: bool = False


@dataclass(frozen=True)
class Series:
    """Points of one name, joined by a line or each marked.

    Attributes
    ----------
    name : str
    x, y : ndarray of float64, shape (n,)
    low, high : ndarray of float64, shape (n,), optional
        Pointwise interval.
    marked : bool
        Points are marked, in place of a line.
    dashed : bool
    colour : int, optional
        Number of the colour, from 0; left out: the place among the series.
    """

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    marked: bool = False
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True)
class Mark:
    """A value that is marked by a line across the chart: chance, the kept epoch.

    Attributes
    ----------
    value : float
    words : str
    axis : {'x', 'y'}
        On which the value lies.
    """

    value: float
    words: str
    axis: str = "y"


@dataclass(frozen=True, kw_only=True)
class Plot(Chart):
    """Chart of series over a number.

    Attributes
    ----------
    x_label, y_label : str
        With the unit.
    series : tuple of Series
    marks : tuple of Mark
    x_log, y_log : bool
    y_range : tuple of float, optional
        Lower and upper end; left out: those of the values.
    """

    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    x_log: bool = False
    y_log: bool = False
    y_range: tuple[float, float] | None = None

    def columns(self) -> Columns:
        """Numbers of the chart, a row per point."""
        has_interval = any(one.low is not None for one in self.series)
        parts: list[tuple[str, Floats, Floats, Floats, Floats]] = []
        for one in self.series:
            gap = np.full(len(one.x), np.nan)
            parts.append((one.name, one.x, one.y, gap if one.low is None else one.low, gap if one.high is None else one.high))
        names = [name for name, x, *_ in parts for _ in range(len(x))]
        _, *values = zip(*parts, strict=True) if parts else ((), (), (), (), ())
        x, y, low, high = ([float(number) for piece in pieces for number in piece] for pieces in values)
        found: Columns = {"series": names, self.x_label: x, self.y_label if self.y_label != self.x_label else "y": y}
        return found | ({"low": low, "high": high} if has_interval else {})


@dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """Chart of a bar per row and series, from the left.

    Attributes
    ----------
    label : str
        Of the values, with the unit.
    rows : tuple of str
    series : dict of str to ndarray, shape (n_rows,)
    low, high : ndarray, shape (n_rows,), optional
        Interval of the first series.
    marks : tuple of Mark
        On the axis of the values.
    stacked : bool
        Series stand behind each other, not below.
    origin : float
        Value at which bars begin.
    """

    label: str
    rows: tuple[str, ...]
    series: dict[str, Floats]
    low: Floats | None = None
    high: Floats | None = None
    marks: tuple[Mark, ...] = ()
    stacked: bool = False
    origin: float = 0.0

    def columns(self) -> Columns:
        """Numbers of the chart, a row per row."""
        found: Columns = {"": list(self.rows)} | {name: [float(value) for value in values] for name, values in self.series.items()}
        if self.low is not None and self.high is not None:
            found |= {"low": [float(value) for value in self.low], "high": [float(value) for value in self.high]}
        return found


@dataclass(frozen=True, kw_only=True)
class Heads(Chart):
    """Chart of the head seen from above, nose up: a disc per electrode, a head per name.

    Attributes
    ----------
    label : str
        Of the values, with the unit.
    ch_names : tuple of str
    places : ndarray of float64, shape (n_channels, 2)
        To the right and to the nose, 1 on the equator; NaN where unknown.
    values : dict of str to ndarray, shape (n_channels,)
    """

    label: str
    ch_names: tuple[str, ...]
    places: Floats
    values: dict[str, Floats]

    @property
    def signed(self) -> bool:
        """True where values lie on both sides of 0."""
        everything = np.concatenate(list(self.values.values()))
        return bool((everything < 0).any() and (everything > 0).any())

    def columns(self) -> Columns:
        """Numbers of the chart, a row per channel."""
        return {"channel": list(self.ch_names)} | {name: [float(value) for value in values] for name, values in self.values.items()}


@dataclass(frozen=True, kw_only=True)
class Matrix(Chart):
    """Chart of counts: true classes down, predicted ones across.

    Attributes
    ----------
    classes : tuple of str
    counts : dict of str to ndarray of int, shape (n_classes, n_classes)
        By what is counted.
    """

    classes: tuple[str, ...]
    counts: dict[str, NDArray[np.int64]]

    def columns(self) -> Columns:
        """Numbers of the chart, a row per cell."""
        cells = [(of, true, said) for of in self.counts for true in self.classes for said in self.classes]
        of, true, said = (list(column) for column in zip(*cells, strict=True))
        return {"of": of, "true": true, "predicted": said, "n": [float(n) for counts in self.counts.values() for n in counts.ravel()]}


@dataclass(frozen=True)
class Stage:
    """A stage of a flow: what is left, and what went before it.

    Attributes
    ----------
    name : str
    counts : tuple of str
        Counts in words: ``24 recordings``, ``24 subjects``.
    lost : tuple of (str, float)
        Reason and number of what did not come so far.
    of : str
        What was lost: ``recordings``.
    n : float
        Number of what is left, for the table.
    """

    name: str
    counts: tuple[str, ...]
    lost: tuple[tuple[str, float], ...] = ()
    of: str = ""
    n: float = float("nan")


@dataclass(frozen=True, kw_only=True)
class Flow(Chart):
    """Chart of a cohort from the data set to the votes: a box per stage, losses beside it.

    Attributes
    ----------
    stages : tuple of Stage
    """

    stages: tuple[Stage, ...]

    def columns(self) -> Columns:
        """Numbers of the chart, a row per stage and per reason of a loss."""
        rows: list[tuple[str, str, float]] = []
        for stage in self.stages:
            rows += [(stage.name, f"left out: {reason}", float(n)) for reason, n in stage.lost]
            rows.append((stage.name, "; ".join(stage.counts), stage.n))
        names, what, n = (list(column) for column in zip(*rows, strict=True))
        return {"stage": names, "what": what, "n": n}


AnyChart = Plot | Bars | Heads | Matrix | Flow


def extent(values: Sequence[Floats | None], *, log: bool = False) -> tuple[float, float]:
    """Lowest and highest finite value (of a logarithmic axis: above 0); 0 to 1 where there is none."""
    joined = np.concatenate([np.asarray(one, np.float64).ravel() for one in values if one is not None] or [np.empty(0)])
    there = joined[np.isfinite(joined) & ((joined > 0) | (not log))]
    if not there.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(there.min()), float(there.max())
    if high > low:
        return low, high
    return (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
