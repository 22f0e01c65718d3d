"""Charts as SVG, in the colours of the page: each is as wide as a phone, so that its letters can be read there."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from functools import singledispatch
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from eegcli.pages.svg import COLOURS, GREY, GRID, INK, band, bar, curve, drawing, line, text, ticks
from eegcli.reporting.charts.chart import Bars, Chart, Floats, Flow, Heads, Matrix, Plot, Series, extent

WIDTH, HEIGHT = 420.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 12.0, 36.0
SIZE, SMALL = 11, 10
LETTER = 5.6  # width of a digit of the small size
PALE = "var(--line)"  # of what must not be believed
HEAD = 132.0  # width of a head
LEVELS = 15  # of the colour of an electrode


@singledispatch
def as_svg(chart: Chart) -> Markup:
    """Draw a chart.

    Raises
    ------
    TypeError
        If there is no such form of chart.
    """
    raise TypeError(f"no drawing of a {type(chart).__name__}")


def _colour(number: int, chart: Chart) -> str:
    return PALE if chart.grey else COLOURS[number % len(COLOURS)]


@as_svg.register
def plot(chart: Plot) -> Markup:
    """Draw series over a number; their names stand above it."""
    low_x, high_x = extent([one.x for one in chart.series], log=chart.x_log)
    edges = [array for one in chart.series for array in (one.y, one.low, one.high)]
    low_y, high_y = chart.y_range or extent([*edges, *([_marked(chart)] if chart.marks else [])], log=chart.y_log)
    names = [(one.name, _colour(index if one.colour is None else one.colour, chart), one.dashed) for index, one in enumerate(chart.series)]
    key, top = _key(names)
    heights = _ticks(low_y, high_y, log=chart.y_log)
    words = _numbers(heights)
    left = max(LEFT, 24 + LETTER * max(map(len, words), default=0))
    across = _scale(low_x, high_x, left, WIDTH - RIGHT, log=chart.x_log)
    up = _scale(low_y, high_y, HEIGHT - BOTTOM + top, TOP + top, log=chart.y_log)
    floor = HEIGHT - BOTTOM + top
    parts = [*key]
    for tick, shown in zip(heights, words, strict=True):
        y = float(up(np.array(tick)))
        parts += [line(left, y, WIDTH - RIGHT, y, stroke=GRID), text(left - 5, y + 4, shown, anchor="end", size=SMALL, fill=GREY)]
    along = _ticks(low_x, high_x, log=chart.x_log)
    for tick, shown in zip(along, _numbers(along), strict=True):
        x = float(across(np.array(tick)))
        parts.append(text(x, floor + 14, shown, anchor="middle", size=SMALL, fill=GREY))
    parts.append(text((left + WIDTH - RIGHT) / 2, floor + 30, chart.x_label, anchor="middle", size=SIZE, fill=GREY))
    parts.append(text(11, (TOP + top + floor) / 2, chart.y_label, anchor="middle", size=SIZE, fill=GREY, turned=True))
    for index, one in enumerate(chart.series):
        parts += _series(one, _colour(index if one.colour is None else one.colour, chart), across, up)
    for mark in chart.marks:
        if mark.axis == "x":
            x = float(across(np.array(mark.value)))
            at_end = x > 0.7 * WIDTH
            parts.append(line(x, TOP + top, x, floor, stroke=INK, dash="4 3"))
            parts.append(text(x + (-4 if at_end else 4), TOP + top + 9, mark.words, anchor="end" if at_end else "start", size=SMALL))
        else:
            y = float(up(np.array(mark.value)))
            parts.append(line(left, y, WIDTH - RIGHT, y, stroke=INK, dash="4 3"))
            parts.append(text(WIDTH - RIGHT, y - 4 if y > TOP + top + 14 else y + 12, mark.words, anchor="end", size=SMALL))
    return drawing(WIDTH, HEIGHT + top, parts, label=chart.alt)


def _marked(chart: Plot) -> Floats:
    return np.array([mark.value for mark in chart.marks if mark.axis == "y"], dtype=np.float64)


def _series(one: Series, colour: str, across: Callable[[Floats], Floats], up: Callable[[Floats], Floats]) -> list[str]:
    x, y = across(one.x), up(one.y)
    parts = []
    if one.low is not None and one.high is not None:
        low, high = up(one.low), up(one.high)
        if one.marked:
            there = np.isfinite(low) & np.isfinite(high)
            parts += [line(a, b, a, c, stroke=colour, width=1.2) for a, b, c in zip(x[there], low[there], high[there], strict=True)]
        else:
            parts.append(band(x, low, high, fill=colour))
    if one.marked or np.isfinite(y).sum() == 1:
        there = np.isfinite(x) & np.isfinite(y)
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.2" fill="{colour}"/>' for a, b in zip(x[there], y[there], strict=True)]
    else:
        parts.append(curve(x, y, stroke=colour, width=1.8, dash="40 30" if one.dashed else ""))
    return parts


def _key(names: list[tuple[str, str, bool]]) -> tuple[list[str], float]:
    """Names of the series in lines above the chart, and the height that they take."""
    if len(names) < 2 and not (names and names[0][0]):
        return [], 0.0
    parts, x, y = [], LEFT, 12.0
    for name, colour, dashed in names:
        shown = textwrap.shorten(name, 40, placeholder="…") if len(name) > 40 else name
        width = 22 + 6.2 * len(shown) + 10
        if x + width > WIDTH and x > LEFT:
            x, y = LEFT, y + 15
        parts += [
            line(x, y - 4, x + 16, y - 4, stroke=colour, width=3, dash="5 3" if dashed else ""),
            text(x + 21, y, shown, size=SIZE),
        ]
        x += width
    return parts, y - 2


def _scale(low: float, high: float, start: float, stop: float, *, log: bool) -> Callable[[Floats], Floats]:
    first, last = (math.log10(low), math.log10(high)) if log else (low, high)

    def at(values: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            places = np.log10(values) if log else np.asarray(values, np.float64)
        share = np.clip((np.where(np.isneginf(places), np.nan, places) - first) / (last - first), 0.0, 1.0)
        result: Floats = start + share * (stop - start)
        return result

    return at


def _ticks(low: float, high: float, *, log: bool, wanted: int = 5) -> list[float]:
    if not log:
        return ticks(low, high, wanted)
    whole = [10.0**power for power in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)]
    if len(whole) >= 2:
        return whole
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [value for power in powers for factor in (1, 2, 5) if low <= (value := factor * 10.0**power) <= high]


def _numbers(values: list[float]) -> list[str]:
    """Numbers of an axis, with as many digits as tell each from the next: a label that is rounded to its neighbour's is a wrong number."""
    steps = np.diff(values)
    finest = math.floor(math.log10(steps.min())) if len(steps) else None
    return [_number(value, finest) for value in values]


def _number(value: float, finest: int | None) -> str:
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    digits = 4 if finest is None else max(power - finest + 1, 1)
    if -4 < power < 6:
        return f"{float(f'{value:.{digits}g}'):.{max(digits, 12)}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{float(mantissa):.{max(digits, 12)}g}e{int(exponent)}"


@as_svg.register
def bars(chart: Bars) -> Markup:
    """Draw a bar per row and series, each row's name above its bars where it is long."""
    names = [(name, _colour(index, chart), False) for index, name in enumerate(chart.series)]
    key, top = _key(names) if len(chart.series) > 1 else ([], 0.0)
    label_width = min(max((len(row) for row in chart.rows), default=0), 16) * 6.2 + 10
    left = max(label_width, 30.0)
    series = list(chart.series.values())
    summed = [np.sum(series, axis=0)] if chart.stacked and series else series
    low, high = extent([*summed, chart.low, chart.high, np.array([chart.origin, *(mark.value for mark in chart.marks)])])
    across = _scale(low, high, left, WIDTH - RIGHT - 8, log=False)
    thick = 14.0 if chart.stacked or len(series) == 1 else max(7.0, 18.0 / len(series))
    step = thick * (1 if chart.stacked else max(len(series), 1)) + 8
    above = TOP + top + 12 * bool(chart.marks)
    floor = above + step * len(chart.rows)
    parts = [*key]
    along = _ticks(low, high, log=False)
    for tick, words in zip(along, _numbers(along), strict=True):
        x = float(across(np.array(tick)))
        parts += [line(x, above, x, floor, stroke=GRID), text(x, floor + 14, words, anchor="middle", size=SMALL, fill=GREY)]
    begin = float(across(np.array(chart.origin)))
    for row, name in enumerate(chart.rows):
        y = above + step * row + 4
        shown = name if len(name) <= 16 else f"{name[:15]}…"
        title = f"<title>{escape(name)}</title>" if shown != name else ""
        parts.append(text(left - 6, y + (step - 8) / 2 + 4, shown, anchor="end", size=SMALL).replace("</text>", f"{title}</text>"))
        reached = begin
        for index, (of, values) in enumerate(chart.series.items()):
            if not np.isfinite(values[row]):
                continue
            end = float(across(np.array(values[row])))
            place = y if chart.stacked else y + thick * index
            start = reached if chart.stacked else begin
            stop = reached + end - begin if chart.stacked else end
            words = f"{name}{', ' * bool(of)}{of}: {values[row]:.4g}"
            parts.append(bar(min(start, stop), place, abs(stop - start), thick - 1, fill=_colour(index, chart), words=words))
            reached = stop
        if chart.low is not None and chart.high is not None and np.isfinite(chart.low[row]) and np.isfinite(chart.high[row]):
            ends = across(np.array([chart.low[row], chart.high[row]]))
            parts.append(line(float(ends[0]), y + thick / 2, float(ends[1]), y + thick / 2, stroke=INK, width=1.4))
    for mark in chart.marks:
        x = float(across(np.array(mark.value)))
        parts += [
            line(x, above, x, floor, stroke=INK, dash="4 3"),
            text(x, above - 3, mark.words, anchor="end" if x > WIDTH / 2 else "start", size=SMALL),
        ]
    parts.append(text((left + WIDTH - RIGHT) / 2, floor + 30, chart.label, anchor="middle", size=SIZE, fill=GREY))
    return drawing(WIDTH, floor + 36, parts, label=chart.alt)


@as_svg.register
def heads(chart: Heads) -> Markup:
    """Draw heads, three in a row; the stronger the colour, the larger the value (orange: below 0)."""
    per_row = 3
    names = list(chart.values)
    n_rows = -(-len(names) // per_row)
    cell = HEAD + 34
    everything = np.abs(np.concatenate(list(chart.values.values())))
    largest = float(np.nanmax(everything)) if np.isfinite(everything).any() else 0.0
    smallest = 0.0 if chart.signed or not largest else float(np.nanmin(everything))
    radius = HEAD / 2 - 8
    known: NDArray[np.bool_] = np.asarray(np.isfinite(chart.places).all(axis=1))
    offsets = np.round(np.where(known[:, None], chart.places, 0.0) * [0.92, -0.92] * radius).astype(int)
    shape = f"head-{escape(chart.name)}"
    parts = [
        f'<defs><g id="{shape}" fill="transparent" stroke="{GREY}"><circle r="{radius:.1f}"/><path d="M-8 {0.6 - radius:.1f}l8 -9l8 9"/><g stroke-width=".5">',
        *(
            f'<circle cx="{at[0]}" cy="{at[1]}" r="6"><title>{escape(channel)}</title></circle>'
            for channel, at, is_known in zip(chart.ch_names, offsets, known, strict=True)
            if is_known
        ),
        "</g></g></defs>",
    ]
    for index, name in enumerate(names):
        x, y = round(WIDTH / per_row * (index % per_row + 0.5)), round(cell * (index // per_row) + 26 + HEAD / 2)
        parts.append(text(x, y - HEAD / 2 - 12, name if len(name) < 24 else f"{name[:23]}…", anchor="middle", size=SIZE))
        values = chart.values[name]
        with np.errstate(invalid="ignore"):
            strength = (np.abs(values) - smallest) / (largest - smallest) if largest > smallest else np.full(len(values), 0.5)
            level = np.where(known & np.isfinite(values), np.round(LEVELS * strength), -1).astype(int)
        parts.append('<g stroke-width="12" stroke-linecap="round">')
        for is_below in (False, True):
            for one in np.unique(level[(level >= 0) & ((values < 0) == is_below)]):
                at = offsets[(level == one) & ((values < 0) == is_below)]
                # Lines of next to no length with round ends are discs: a tenth of the bytes of as many circles.
                parts.append(
                    f'<path d="{"".join(f"M{x + dx} {y + dy}h.1" for dx, dy in at)}" stroke="{_colour(int(is_below), chart)}" '
                    f'stroke-opacity="{0.06 + 0.94 * one / LEVELS:.2f}"/>'
                )
        parts.append(f'</g><use href="#{shape}" x="{x}" y="{y}"/>')
    foot = cell * n_rows + 16
    ends = f"palest {smallest:.3g}, strongest {largest:.3g}" + "; the second colour is below 0" * chart.signed
    parts.append(text(WIDTH / 2, foot, f"{chart.label}: {ends}", anchor="middle", size=SMALL, fill=GREY))
    return drawing(WIDTH, foot + 8, parts, label=chart.alt)


@as_svg.register
def matrix(chart: Matrix) -> Markup:
    """Draw counts as shaded cells, a matrix beside the other."""
    n = len(chart.classes)
    width = (WIDTH - 20) / len(chart.counts)
    cell = min(52.0, (width - 50) / n)
    parts = []
    for index, (of, counts) in enumerate(chart.counts.items()):
        left, top = 20 + width * index + 40, 50.0
        parts.append(text(left + cell * n / 2, 14, of, anchor="middle", size=SIZE))
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        for row in range(n):
            parts.append(text(left - 6, top + cell * (row + 0.5) + 4, chart.classes[row][:7], anchor="end", size=SMALL))
            parts.append(text(left + cell * (row + 0.5), top - 5, chart.classes[row][:7], anchor="middle", size=SMALL))
            for column in range(n):
                x, y = left + cell * column, top + cell * row
                words = f"true {chart.classes[row]}, predicted {chart.classes[column]}: {counts[row, column]:,}"
                shade = bar(x, y, cell - 2, cell - 2, fill=_colour(0, chart), words=words)
                parts.append(shade.replace("<rect", f'<rect fill-opacity="{0.08 + 0.4 * shares[row, column]:.2f}"', 1))
                parts.append(text(x + cell / 2 - 1, y + cell / 2 + 4, f"{counts[row, column]:,}", anchor="middle", size=SIZE))
        parts.append(text(left + cell * n / 2, 28, "predicted", anchor="middle", size=SMALL, fill=GREY))
        parts.append(text(left - 48 if index else 12, top + cell * n / 2, "true", anchor="middle", size=SMALL, fill=GREY, turned=True))
    return drawing(WIDTH, 50 + cell * n + 10, parts, label=chart.alt)


@as_svg.register
def flow(chart: Flow) -> Markup:
    """Draw boxes from top to bottom; what was lost before a box stands beside the arrow to it."""
    box, y = 210.0, 4.0
    parts = []
    for index, stage in enumerate(chart.stages):
        lost = [f"{n:,.0f} {stage.of}: {reason}" for reason, n in stage.lost]
        words = [part for one in lost for part in textwrap.wrap(one, 32)]
        if index:
            reach = max(22.0, 13.0 * len(words) + 10)
            parts += [
                line(box / 2, y, box / 2, y + reach - 5, stroke=GREY),
                f'<path d="M{box / 2 - 4:g} {y + reach - 6:g}l4 6l4 -6z" fill="{GREY}"/>',
            ]
            if words:
                middle = y + reach / 2
                parts.append(line(box / 2, middle, box + 6, middle, stroke=GREY))
                first = middle - 6.5 * (len(words) - 1) + 4
                parts += [text(box + 12, first + 13 * row, part, size=SMALL, fill="var(--bad)") for row, part in enumerate(words)]
            y += reach
        # The name of a data set may be a sentence: bold letters of size 12 need 7.4 units each.
        names = textwrap.wrap(stage.name, 28) or [""]
        lines = [part for count in stage.counts for part in textwrap.wrap(count, 34)]
        height = 24.0 + 15 * (len(names) - 1) + 14 * len(lines)
        parts.append(f'<rect x="0.5" y="{y:.1f}" width="{box:g}" height="{height:g}" rx="5" fill="var(--raised)" stroke="{GREY}"/>')
        for row, part in enumerate(names):
            parts.append(text(10, y + 17 + 15 * row, part, size=12).replace("<text ", '<text font-weight="600" ', 1))
        first = y + 17 + 15 * len(names)
        parts += [text(10, first + 14 * row, part, size=SIZE) for row, part in enumerate(lines)]
        y += height
    return drawing(WIDTH, y + 4, parts, label=chart.alt)
