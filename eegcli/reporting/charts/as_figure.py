"""Charts as figures of matplotlib: PNG, SVG and PDF in one style, with their numbers as Parquet beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.figure import COLOURS, drawing
from eegcli.artifacts.table import column, write_table
from eegcli.reporting.charts.chart import AnyChart, Bars, Chart, Flow, Heads, Matrix, Plot

SUFFIXES = (".png", ".svg", ".pdf")
WIDTH = 3.5  # inches: a column of a journal
GREY = "#b0b0b0"


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
        The PNG of each chart.
    """
    for chart in charts:
        for suffix in SUFFIXES:
            with drawing(folder / f"{chart.name}{suffix}", width=_width(chart), height=_height(chart)) as figure:
                draw(chart, figure)
        columns = {
            name or "row": column(values) if values and isinstance(values[0], str) else np.array(values, dtype=np.float64)
            for name, values in chart.columns().items()
        }
        write_table(folder / f"{chart.name}.parquet", columns)
        yield folder / f"{chart.name}.png"


def _width(chart: AnyChart) -> float:
    if isinstance(chart, Heads):
        return 1.6 * min(len(chart.values), 4) + 0.6
    return WIDTH * 1.5 if isinstance(chart, (Flow, Matrix)) else WIDTH


def _height(chart: AnyChart) -> float:
    if isinstance(chart, Bars):
        return 0.9 + 0.17 * len(chart.rows) * (1 if chart.stacked else max(1, len(chart.series) / 1.5))
    if isinstance(chart, Heads):
        return 1.9 * -(-len(chart.values) // 4) + 0.4
    return 0.9 * len(chart.stages) if isinstance(chart, Flow) else 2.6


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
        axes.plot(one.x, one.y, color=colour, label=one.name, linewidth=1.2, **style)
    for mark in chart.marks:
        (axes.axvline if mark.axis == "x" else axes.axhline)(mark.value, color="#444", linewidth=0.7, linestyle=":", label=mark.words)
    if chart.x_log:
        axes.set_xscale("log")
    if chart.y_log:
        axes.set_yscale("log")
    if chart.y_range:
        axes.set_ylim(*chart.y_range)
    axes.set(xlabel=chart.x_label, ylabel=chart.y_label)
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
        axes.barh(places + offset, values - chart.origin, thick, left=left, color=_colour(index, chart), label=name)
        left = left + np.nan_to_num(values) if chart.stacked else left
    if chart.low is not None and chart.high is not None:
        axes.hlines(places, chart.low, chart.high, color="#222", linewidth=0.8)
    for mark in chart.marks:
        axes.axvline(mark.value, color="#444", linewidth=0.7, linestyle=":", label=mark.words)
    axes.set_yticks(places, [name if len(name) < 36 else f"{name[:35]}…" for name in chart.rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel(chart.label)
    if len(chart.series) + len(chart.marks) > 1:
        figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=7)


@draw.register
def heads(chart: Heads, figure: Any) -> None:
    """Draw heads seen from above."""
    per_row = min(len(chart.values), 4)
    grid = figure.subplots(-(-len(chart.values) // per_row), per_row, squeeze=False).ravel()
    everything = np.concatenate(list(chart.values.values()))
    most = float(np.nanmax(np.abs(everything))) or 1.0
    limits = {"vmin": -most, "vmax": most} if chart.signed else {"vmin": float(np.nanmin(everything)), "vmax": most}
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
        axes.set_title(name, fontsize=8)
    figure.colorbar(drawn, ax=list(grid), shrink=0.7, label=chart.label)


@draw.register
def matrix(chart: Matrix, figure: Any) -> None:
    """Draw counts as shaded cells."""
    n = len(chart.classes)
    for axes, (of, counts) in zip(figure.subplots(1, len(chart.counts), squeeze=False)[0], chart.counts.items(), strict=True):
        axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1.6)
        for row, true in np.ndindex(n, n):
            axes.text(true, row, f"{counts[row, true]:,}", ha="center", va="center")
        axes.set(title=of, xlabel="predicted", ylabel="true")
        axes.set_xticks(range(n), chart.classes)
        axes.set_yticks(range(n), chart.classes)


@draw.register
def flow(chart: Flow, figure: Any) -> None:
    """Draw boxes from top to bottom."""
    axes = figure.subplots()
    axes.set(xlim=(0, 2), ylim=(-len(chart.stages), 0.2))
    axes.axis("off")
    for row, stage in enumerate(chart.stages):
        words = "\n".join([stage.name, *stage.counts])
        axes.text(0.5, -row - 0.35, words, ha="center", va="center", fontsize=7, bbox={"boxstyle": "round", "fc": "#f6f7f9", "ec": "#777"})
        if row:
            axes.annotate("", (0.5, -row - 0.05), (0.5, -row + 0.12), arrowprops={"arrowstyle": "->", "color": "#777"})
        lost = "\n".join(f"{n:,.0f} {stage.of}: {reason}" for reason, n in stage.lost)
        axes.text(1.0, -row + 0.02, lost, va="center", fontsize=6.5, color=COLOURS[5])
