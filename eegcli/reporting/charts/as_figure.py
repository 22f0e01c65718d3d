"""Charts as figures of matplotlib: PNG, SVG and PDF in one style, with their numbers as Parquet beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.figure import COLOURS, drawing
from eegcli.artifacts.table import Table, column, write_table
from eegcli.reporting.charts.chart import AnyChart, Bars, Chart, Floats, Flow, Heads, Matrix, Plot, Stage

SUFFIXES = (".png", ".svg", ".pdf")
WIDTH = 3.5  # inches: a column of a journal
GREY = "#b0b0b0"
MARGIN = 0.03  # of an axis, beyond its ends
BOX, LINE = 2.6, 0.135  # of a flow, inches: width of a box, height of a line


def write_figures(folder: Path, charts: Sequence[AnyChart]) -> Iterator[Path]:
    """Write every chart in three formats, and its numbers.

    Parameters
    ----------
    folder : Path
        Made if needed; files of these names are replaced.
    charts : sequence of Chart

    Yields
    ------
    Path
        Files of each chart: PNG, SVG, PDF, Parquet.

    Raises
    ------
    ValueError
        If two charts have one name: one would replace the other.
    """
    names = [chart.name for chart in charts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two charts are named {twice[0]}")
    folder.mkdir(parents=True, exist_ok=True)
    for chart in charts:
        for suffix in SUFFIXES:
            with drawing(folder / f"{chart.name}{suffix}", width=_width(chart), height=_height(chart)) as figure:
                draw(chart, figure)
            yield folder / f"{chart.name}{suffix}"
        write_table(folder / f"{chart.name}.parquet", numbers_of(chart))
        yield folder / f"{chart.name}.parquet"


def numbers_of(chart: AnyChart) -> Table:
    """Numbers of a chart as a table: names as text, the rest as float64."""
    return {
        name or "row": column(values) if values and isinstance(values[0], str) else np.array(values, dtype=np.float64)
        for name, values in chart.columns().items()
    }


def _width(chart: AnyChart) -> float:
    if isinstance(chart, Heads):
        return 1.6 * min(len(chart.values), 4) + 0.6
    return WIDTH * 1.5 if isinstance(chart, (Flow, Matrix)) else WIDTH


def _height(chart: AnyChart) -> float:
    if isinstance(chart, Bars):
        return 0.9 + 0.17 * len(chart.rows) * (1 if chart.stacked else max(1, len(chart.series) / 1.5))
    if isinstance(chart, Heads):
        return 1.9 * -(-len(chart.values) // 4) + 0.4
    return _flow_height(chart) if isinstance(chart, Flow) else 2.6


def _whole(axis: Any, values: Sequence[Floats], *, log: bool = False) -> None:
    """Leave ticks between whole numbers out where all values are whole: there is no epoch 1.5."""
    from matplotlib.ticker import MaxNLocator

    everything = np.concatenate(values) if values else np.empty(0)
    if not log and everything.size and (everything == np.round(everything)).all():
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def _words(name: str) -> str:
    """Name as it is: two dollars would make mathematics of what is between them, and a name that begins with _ would be left out of the key."""
    return f"{' ' * name.startswith('_')}{name}".replace("$", r"\$")


def _colour(number: int, chart: Chart) -> str:
    return GREY if chart.grey else COLOURS[number % len(COLOURS)]


@singledispatch
def draw(chart: Chart, figure: Any) -> None:
    """Draw a chart into a figure of matplotlib.

    Raises
    ------
    TypeError
        If there is no such form of chart.
    """
    raise TypeError(f"no figure of a {type(chart).__name__}")


@draw.register
def plot(chart: Plot, figure: Any) -> None:
    """Draw series over a number."""
    axes = figure.subplots()
    for index, one in enumerate(chart.series):
        colour = _colour(index if one.colour is None else one.colour, chart)
        if one.low is not None and one.high is not None:
            if one.marked:
                axes.vlines(one.x, one.low, one.high, color=colour, linewidth=0.8)
            else:
                axes.fill_between(one.x, one.low, one.high, color=colour, alpha=0.18, linewidth=0)
        style = {"linestyle": "none", "marker": "o", "markersize": 3} if one.marked else {"linestyle": "--" if one.dashed else "-"}
        axes.plot(one.x, one.y, color=colour, label=_words(one.name), linewidth=1.2, **style)
    for mark in chart.marks:
        (axes.axvline if mark.axis == "x" else axes.axhline)(
            mark.value, color="#444", linewidth=0.7, linestyle=":", label=_words(mark.words)
        )
    if chart.x_log:
        axes.set_xscale("log")
    if chart.y_log:
        axes.set_yscale("log")
    if chart.y_range:
        low, high = chart.y_range
        axes.set_ylim(low - MARGIN * (high - low), high + MARGIN * (high - low))  # else points at an end are cut in half
    _whole(axes.xaxis, [one.x for one in chart.series], log=chart.x_log)
    axes.set(xlabel=_words(chart.x_label), ylabel=_words(chart.y_label))
    if len(chart.series) + len(chart.marks) > 1:
        figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=7)


@draw.register
def bars(chart: Bars, figure: Any) -> None:
    """Draw a bar per row and series."""
    axes = figure.subplots()
    places = np.arange(len(chart.rows), dtype=np.float64)
    thick = 0.8 if chart.stacked else 0.8 / max(len(chart.series), 1)
    left = np.full(len(chart.rows), chart.origin)
    for index, (name, values) in enumerate(chart.series.items()):
        offset = 0.0 if chart.stacked else (index - (len(chart.series) - 1) / 2) * thick
        axes.barh(places + offset, values - chart.origin, thick, left=left, color=_colour(index, chart), label=_words(name))
        left = left + np.nan_to_num(values) if chart.stacked else left
    if chart.low is not None and chart.high is not None:
        axes.hlines(places, chart.low, chart.high, color="#222", linewidth=0.8)
    for mark in chart.marks:
        axes.axvline(mark.value, color="#444", linewidth=0.7, linestyle=":", label=_words(mark.words))
    axes.set_yticks(places, [_words(name if len(name) < 36 else f"{name[:35]}…") for name in chart.rows], fontsize=7)
    axes.invert_yaxis()
    _whole(axes.xaxis, list(chart.series.values()))
    axes.set_xlabel(_words(chart.label))
    if len(chart.series) + len(chart.marks) > 1:
        figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=7)


@draw.register
def heads(chart: Heads, figure: Any) -> None:
    """Draw heads seen from above."""
    per_row = min(len(chart.values), 4)
    grid = figure.subplots(-(-len(chart.values) // per_row), per_row, squeeze=False).ravel()
    everything = np.concatenate(list(chart.values.values()))
    there = everything[np.isfinite(everything)]
    most = float(np.abs(there).max(initial=0.0)) or 1.0
    limits = {"vmin": -most, "vmax": most} if chart.signed else {"vmin": float(there.min(initial=most)), "vmax": most}
    colours = "Greys" if chart.grey else "RdBu_r" if chart.signed else "Blues"
    shown = np.isfinite(chart.places).all(axis=1)
    for axes in grid:
        axes.axis("off")
    for axes, (name, values) in zip(grid, chart.values.items(), strict=False):
        axes.plot(np.sin(turn := np.linspace(0, 2 * np.pi, 100)), np.cos(turn), color="#777", linewidth=0.8)
        axes.plot([-0.1, 0, 0.1], [1, 1.12, 1], color="#777", linewidth=0.8)
        drawn = axes.scatter(
            *chart.places[shown].T * 0.92, c=values[shown], s=22, cmap=colours, edgecolors="#777", linewidths=0.3, **limits
        )
        axes.set_aspect("equal")
        axes.set_title(_words(name), fontsize=8)
    figure.colorbar(drawn, ax=list(grid), shrink=0.7, label=_words(chart.label))


@draw.register
def matrix(chart: Matrix, figure: Any) -> None:
    """Draw counts as shaded cells."""
    n, classes = len(chart.classes), [_words(name) for name in chart.classes]
    for axes, (of, counts) in zip(figure.subplots(1, len(chart.counts), squeeze=False)[0], chart.counts.items(), strict=True):
        axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1.6)
        for row, true in np.ndindex(n, n):
            axes.text(true, row, f"{counts[row, true]:,}", ha="center", va="center")
        axes.set(title=_words(of), xlabel="predicted", ylabel="true")
        axes.set_xticks(range(n), classes)
        axes.set_yticks(range(n), classes)


@draw.register
def flow(chart: Flow, figure: Any) -> None:
    """Draw boxes from top to bottom, of one width; what was lost before a box stands beside the arrow to it."""
    from matplotlib.patches import Rectangle

    axes = figure.subplots()
    axes.set(xlim=(0, _width(chart)), ylim=(_flow_height(chart), 0))
    axes.axis("off")
    y = 0.05
    for row, stage in enumerate(chart.stages):
        if row:
            reach = _reach(stage)
            axes.annotate(
                "", (BOX / 2, y + reach), (BOX / 2, y), arrowprops={"arrowstyle": "-|>", "color": "#777", "shrinkA": 0, "shrinkB": 0}
            )
            axes.text(BOX + 0.12, y + reach / 2, "\n".join(_lost(stage)), va="center", fontsize=7, color=COLOURS[5])
            y += reach
        name, counts, height = _name(stage), _counts(stage), _height_of(stage)
        axes.add_patch(Rectangle((0, y), BOX, height, facecolor="#f6f7f9", edgecolor="#777", linewidth=0.8))
        axes.text(0.1, y + 0.06, "\n".join(name), va="top", fontsize=8, weight="bold")
        axes.text(0.1, y + 0.06 + LINE * len(name), "\n".join(counts), va="top", fontsize=7)
        y += height


def _flow_height(chart: Flow) -> float:
    return 0.1 + sum(map(_height_of, chart.stages)) + sum(_reach(stage) for stage in chart.stages[1:])


def _height_of(stage: Stage) -> float:
    return LINE * (len(_name(stage)) + len(_counts(stage))) + 0.1


def _name(stage: Stage) -> list[str]:
    return [_words(line) for line in textwrap.wrap(stage.name, 30)]


def _reach(stage: Stage) -> float:
    return max(0.25, LINE * len(_lost(stage)) + 0.12)


def _counts(stage: Stage) -> list[str]:
    return [_words(line) for count in stage.counts for line in textwrap.wrap(count, 40)]


def _lost(stage: Stage) -> list[str]:
    return [_words(line) for reason, n in stage.lost for line in textwrap.wrap(f"{n:,.0f} {stage.of}: {reason}", 40)]
