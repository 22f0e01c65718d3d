"""Drawings as SVG text: equal content is equal bytes, whatever is installed, and nothing of it is a picture of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from markupsafe import Markup

# Colours of the style, which knows light and dark.
INK, GREY, GRID = "var(--ink)", "var(--soft)", "var(--grid)"
BEFORE, AFTER, ACCENT, PALE = "var(--before)", "var(--after)", "var(--accent)", "var(--pale)"
COLOURS = tuple(f"var(--c{number})" for number in range(1, 7))


def drawing(width: float, height: float, parts: Sequence[str], *, label: str) -> Markup:
    """A drawing that scales with the page; `label` is read aloud where it cannot be seen."""
    body = "".join(parts)
    return Markup(  # noqa: S704 - made here; all text in it went through `text` or `escape`
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}" style="max-width:{width:g}px">{body}</svg>'
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", size: float = 10, fill: str = INK, turned: bool = False) -> str:
    """Words at a place."""
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}"{turn}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = GREY, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width:g}"{dashes}/>'


def bar(x: float, y: float, width: float, height: float, *, fill: str = AFTER, words: str = "") -> str:
    """A filled rectangle; `words` show where the mouse rests on it."""
    title = f"<title>{escape(words)}</title>" if words else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" fill="{fill}">{title}</rect>'


def curve(x: np.ndarray, y: np.ndarray, *, stroke: str, width: float = 1, dash: str = "") -> str:
    """A line through points; a gap where a value is missing."""
    if not np.isfinite(y).any():
        return ""
    there = np.isfinite(y)
    # Tenths of a unit, each point relative to the last: a third of the bytes of plain coordinates.
    points = np.stack([np.round(10 * x), np.round(10 * np.where(there, y, 0.0))]).astype(int)
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).reshape(-1, 2)
    runs = [points[:, start:stop] for start, stop in edges]
    path = "".join(f"M{run[0, 0]} {run[1, 0]}l{_moves(run)}" for run in runs)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path transform="scale(.1)" d="{path}" fill="none" stroke="{stroke}" stroke-width="{10 * width:g}"{dashes}/>'


def _moves(points: np.ndarray) -> str:
    steps = np.diff(points, axis=1).T.tolist()
    return " ".join(f"{right}{down}" if down < 0 else f"{right} {down}" for right, down in steps) or "0 0"


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, *, fill: str) -> str:
    """The area between two lines."""
    there = np.isfinite(low) & np.isfinite(high)
    if not there.any():
        return ""
    forth = [f"{a:.1f},{b:.1f}" for a, b in zip(x[there], high[there], strict=True)]
    back = [f"{a:.1f},{b:.1f}" for a, b in zip(x[there][::-1], low[there][::-1], strict=True)]
    return f'<polygon points="{" ".join([*forth, *back])}" fill="{fill}" fill-opacity="0.18"/>'


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from `low` to `high`: steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    step = nice((high - low) / wanted)
    return [number * step for number in range(int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9)) + 1)]


def nice(value: float) -> float:
    """Round a value up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** int(np.floor(np.log10(value)))
    return next(float(factor * power) for factor in (1, 2, 5, 10) if factor * power >= value * (1 - 1e-9))
