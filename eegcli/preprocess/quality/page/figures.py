"""Drawings of quality.html: histograms, bars, traces and spectra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from eegcli.errors import counted
from eegcli.pages.svg import (
    ACCENT,
    AFTER,
    BEFORE,
    GREY,
    GRID,
    INK,
    PALE,
    band,
    bar,
    curve,
    drawing,
    line,
    nice,
    text,
    ticks,
)

MAX_POINTS = 800  # of a trace: twice as many as it has pixels
LANES = 1.0  # a trace is cut off where it leaves its own lane by more than this many lanes
DECADES = 5.0  # of a spectrum below its highest median
MAX_BINS = 24


def histogram(values: np.ndarray, median: float, marked: Sequence[tuple[float, str]], *, label: str) -> Markup:
    """Draw the number of recordings by value; the marked ones are triangles below.

    Parameters
    ----------
    values : ndarray, shape (n_recordings,)
        Finite, and not all the same.
    median : float
        Drawn as a line.
    marked : sequence of (float, str)
        Value and name.
    label : str
        For those who cannot see it.
    """
    width, height, left, right, top, bottom = 250.0, 130.0, 30.0, 8.0, 8.0, 30.0
    edges = _edges(values)
    counts, _ = np.histogram(values, edges)
    most = int(counts.max())
    across = (width - left - right) / (edges[-1] - edges[0])
    up = (height - top - bottom) / (1.05 * most)

    def at(value: float) -> float:
        return float(left + (value - edges[0]) * across)

    floor = height - bottom
    heights = sorted({0, *(round(tick) for tick in ticks(0, most, 3) if float(tick).is_integer())})
    parts = [line(left, floor - tick * up, width - right, floor - tick * up, stroke=GRID) for tick in heights]
    parts += [text(left - 4, floor - tick * up + 3, str(tick), anchor="end", size=9, fill=GREY) for tick in heights]
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            words = f"{low:.4g} to {high:.4g}: {counted(count, 'recording')}"
            parts.append(bar(at(low) + 0.5, floor - count * up, (high - low) * across - 1, count * up, fill=PALE, words=words))
    parts.append(line(at(median), top, at(median), floor, stroke=INK, dash="3 2"))
    for tick in ticks(edges[0], edges[-1], 4):
        parts.append(text(at(tick), height - 6, f"{tick:g}", anchor="middle", size=9, fill=GREY))
    for value, name in marked:
        x = at(min(max(value, edges[0]), edges[-1]))
        words = text(0, 0, name).partition(">")[2].partition("<")[0]
        parts.append(
            f'<path d="M{x:.1f} {floor + 2:.1f}l-4 8h8z" fill="{ACCENT}" fill-opacity=".75"><title>{words}: {value:.4g}</title></path>'
        )
    return drawing(width, height, parts, label=label)


def _edges(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.round(values)).all())
    wanted = min(MAX_BINS, max(8, int(np.sqrt(len(values)) * 1.5)))
    step = nice((high - low) / wanted)
    if whole:
        step = max(1.0, step)
        if step == 1.0:  # counts stand in the middle of their bars
            return np.arange(low - 0.5, high + 1.0)
    first, last = int(np.floor(low / step)), int(np.floor(high / step)) + 1
    return np.arange(first, last + 1) * step


def bars(names: Sequence[str], values: Sequence[float], counts: Sequence[int], *, label: str) -> Markup:
    """A bar per name, the names below."""
    step, left, top, bottom, high = 24.0, 40.0, 10.0, 58.0, 130.0
    width, floor = left + step * max(len(names), 12) + 10, high - 0.0
    height = floor + bottom
    most = max(values)
    up = (floor - top) / most
    heights = ticks(0, most, 4)
    parts = [line(left, floor - tick * up, width - 8, floor - tick * up, stroke=GRID) for tick in heights]
    parts += [text(left - 4, floor - tick * up + 3, f"{tick:g} %", anchor="end", size=9, fill=GREY) for tick in heights]
    for index, (name, value, count) in enumerate(zip(names, values, counts, strict=True)):
        x = left + step * index + 4
        parts.append(bar(x, floor - value * up, step - 8, value * up, words=f"{name}: bad in {count} ({value:.3g} %)"))
        parts.append(text(x + step / 2 - 1, floor + 6, name[:9], anchor="end", size=9, turned=True))
    return drawing(width, height, parts, label=label)


def traces(
    before: np.ndarray, after: np.ndarray, ch_names: Sequence[str], sfreq: float, *, onset: float, name: str
) -> tuple[Markup, Markup]:
    """Stacked channels before and after, in the same scale.

    Parameters
    ----------
    before, after : ndarray, shape (n_traces, n_samples), µV
    ch_names : sequence of str
    sfreq : float, Hz
    onset : float, s
        Of the first sample, for the axis.
    name : str
        The recording.
    """
    after = after - np.nanmean(after, axis=1, keepdims=True) if after.size else after
    # Wide enough for the cleaned signal, and for most of what it was.
    lane = nice(max(4 * _typical(after), 2 * _typical(before), 1e-3))
    drawn = (
        _stack(
            part, ch_names, sfreq, lane, onset=onset, colour=colour, label=f"{name}, {word} cleaning: {counted(len(ch_names), 'channel')}"
        )
        for part, colour, word in ((before, BEFORE, "before"), (after, AFTER, "after"))
    )
    return next(drawn), next(drawn)


def _typical(data: np.ndarray) -> float:
    deviations = np.nanstd(data, axis=1) if data.size else np.zeros(1)
    return float(np.nanmedian(deviations)) if np.isfinite(deviations).any() else 0.0


def _stack(data: np.ndarray, ch_names: Sequence[str], sfreq: float, lane: float, *, onset: float, colour: str, label: str) -> Markup:
    width, left, right, top, bottom = 420.0, 34.0, 34.0, 16.0, 24.0
    step = 16.0 if len(ch_names) > 8 else 28.0
    height = top + step * max(len(ch_names), 1) + bottom
    floor, seconds = height - bottom, data.shape[1] / sfreq
    across = (width - left - right) / max(seconds, 1e-9)
    parts = []
    last = int(np.floor(onset + seconds))
    for second in range(int(np.ceil(onset)), last + 1):
        x = left + (second - onset) * across
        words = f"{second} s" if second == last else f"{second}"
        parts += [line(x, top, x, floor, stroke=GRID), text(x, floor + 13, words, anchor="middle", size=9, fill=GREY)]
    for row, (channel, trace) in enumerate(zip(ch_names, data, strict=True)):
        middle = top + step * (row + 0.5)
        times, values = thinned(trace)
        limit = lane * (0.5 + LANES)
        parts.append(text(left - 5, middle + 3, channel[:6], anchor="end", size=9))
        parts.append(curve(left + times / sfreq * across, middle - np.clip(values, -limit, limit) / lane * step, stroke=colour, width=0.7))
    x, y = width - right + 8, top + step
    parts += [line(x, y, x, y + step, stroke=INK, width=1.5), text(x + 4, y + step / 2 + 3, f"{lane:g}", size=9)]
    parts.append(text(x + 4, y + step / 2 + 13, "µV", size=9))
    return drawing(width, height, parts, label=label)


def thinned(trace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Downsample a trace for drawing, so that it looks the same: the lowest and the highest value of each short stretch, in their order.

    Returns
    -------
    samples, values : ndarray, shape (n_points,)
    """
    if len(trace) <= MAX_POINTS:
        return np.arange(len(trace)), trace
    per = -(-len(trace) // (MAX_POINTS // 2))
    stretches = np.pad(np.nan_to_num(trace), (0, -len(trace) % per), mode="edge").reshape(-1, per)
    extremes = np.stack([stretches.argmin(axis=1), stretches.argmax(axis=1)])
    samples = np.unique(extremes + per * np.arange(len(stretches)))
    samples = samples[samples < len(trace)]
    return samples, trace[samples]


def spectra(frequencies: np.ndarray, before: np.ndarray, after: np.ndarray, *, name: str) -> Markup:
    """Power spectral densities before and after: median over channels, the middle 80 %, and the highest.

    Parameters
    ----------
    frequencies : ndarray, shape (n_freqs,), Hz
    before, after : ndarray, shape (4, n_freqs), µV²/Hz
        Quantiles over channels: 10 %, 50 %, 90 %, highest.
    name : str
        The recording.
    """
    width, height, left, right, top, bottom = 300.0, 300.0, 44.0, 8.0, 16.0, 34.0
    shown = frequencies > 0  # the mean was removed
    frequencies, before, after = frequencies[shown], before[:, shown], after[:, shown]
    levels = np.concatenate([before[1], after[1]])
    positive = levels[np.isfinite(levels) & (levels > 0)]
    if not positive.size:
        return drawing(width, 30, [text(left, 20, "no power at any frequency", fill=GREY)], label=f"{name}: no spectrum")
    peaks = np.concatenate([before[3], after[3]])
    ceiling = float(np.ceil(np.log10(np.nanmax(peaks))))
    lowest = max(float(np.floor(np.log10(positive.min()))), float(np.log10(positive.max())) - DECADES)
    floor = min(float(np.floor(lowest)), ceiling - 1)
    x = left + frequencies / frequencies[-1] * (width - left - right)

    def at(power: np.ndarray) -> np.ndarray:
        log = np.log10(np.maximum(power, 1e-30))
        heights: np.ndarray = np.clip((log - floor) / (ceiling - floor), 0, 1)
        return height - bottom - heights * (height - top - bottom)

    parts = []
    for exponent in range(int(floor), int(ceiling) + 1):
        y = float(at(np.array(10.0**exponent)))
        parts += [line(left, y, width - right, y, stroke=GRID), text(left - 5, y + 3, _power(exponent), anchor="end", size=9, fill=GREY)]
    for tick in ticks(0, float(frequencies[-1]), 5):
        place = left + tick / float(frequencies[-1]) * (width - left - right)
        parts.append(text(place, height - bottom + 13, f"{tick:g}", anchor="middle", size=9, fill=GREY))
    parts.append(text((left + width - right) / 2, height - 6, "frequency (Hz)", anchor="middle", size=9, fill=GREY))
    parts.append(text(11, (top + height - bottom) / 2, "µV²/Hz", anchor="middle", size=9, fill=GREY, turned=True))
    for row, (power, colour, word) in enumerate(((before, BEFORE, "before"), (after, AFTER, "after"))):
        parts.append(band(x, at(power[0]), at(power[2]), fill=colour))
        parts.append(curve(x, _above(floor, power[3], at(power[3])), stroke=colour, width=0.7, dash="30 20"))
        parts.append(curve(x, _above(floor, power[1], at(power[1])), stroke=colour, width=1.6))
        parts.append(text(width - right - 6, top + 12 + 13 * row, word, anchor="end", size=10, fill=colour))
    return drawing(width, height, parts, label=f"{name}: power spectral density before and after cleaning")


def _above(floor: float, power: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Heights, but none where the power is missing or too small to be drawn."""
    return np.where(np.nan_to_num(power) >= 10.0**floor, heights, np.nan)


def _power(exponent: int) -> str:
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"
