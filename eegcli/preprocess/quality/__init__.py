"""Figures of quality: how they are read from recordings.parquet, and which recordings stand out by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eegcli.artifacts.table import Table, n_rows
from eegcli.lazy import submodules
from eegcli.registry import QualityFigure, quality_figures

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

NORMAL_IQR = 1.349  # interquartile range of a normal distribution, in standard deviations


def channels_of(table: Table, *columns: str) -> list[frozenset[str]]:
    """Per recording, the channels that comma-separated columns name."""
    texts = [table.get(name, np.full(n_rows(table), None, dtype=object)) for name in columns]
    return [
        frozenset(name for text in row if isinstance(text, str) for name in text.split(",") if name) for row in zip(*texts, strict=True)
    ]


def _number(table: Table, name: str, factor: float = 1.0) -> np.ndarray:
    column = table.get(name)
    return np.full(n_rows(table), np.nan) if column is None else factor * np.asarray(column, float)


def values_of(figure: QualityFigure, table: Table) -> np.ndarray:
    """Work a figure out for each recording.

    Parameters
    ----------
    figure : QualityFigure
    table : Table
        Of a recordings artifact.

    Returns
    -------
    ndarray of float64, shape (n_recordings,)
        NaN where missing.
    """
    first = figure.columns[0]
    if figure.how == "channels":
        return np.where(np.isnan(_number(table, "seconds")), np.nan, [len(names) for names in channels_of(table, *figure.columns)])
    if figure.how == "number":
        return _number(table, first)
    percent, seconds = _number(table, first, 100.0), _number(table, "seconds")
    if figure.how == "percent of time":
        np.divide(percent, seconds, out=(shares := np.full(len(seconds), np.nan)), where=seconds > 0)
        return shares
    return percent


@dataclass(frozen=True)
class Ranking:
    """Rank of each recording within the cohort.

    Attributes
    ----------
    figures : tuple of QualityFigure
        Those of which any recording has a value.
    values : ndarray, shape (n_figures, n_recordings)
    medians : ndarray, shape (n_figures,)
    deviation : ndarray, shape (n_recordings,)
        Of the figure in which a recording is worst: distance from the cohort's median towards the bad end, in robust
        standard deviations (interquartile range / 1.349, or the figure's least spread); 0 where it is better, NaN where it failed.
    worst_figure : ndarray of int, shape (n_recordings,)
        Which figure that is.
    order : tuple of int
        Recordings that are kept, the worst first.
    """

    figures: tuple[QualityFigure, ...]
    values: np.ndarray
    medians: np.ndarray
    deviation: np.ndarray
    worst_figure: np.ndarray
    order: tuple[int, ...]


def stand(table: Table) -> Ranking:
    """Rank the recordings of a cohort by their figures of quality, the worst first.

    Parameters
    ----------
    table : Table
        Of a recordings artifact. A recording without `seconds` failed.

    Returns
    -------
    Ranking
    """
    kept = ~np.isnan(_number(table, "seconds"))
    columns = [(figure, values_of(figure, table)) for figure in quality_figures()]
    there = [(figure, column) for figure, column in columns if np.isfinite(column[kept]).any()]
    figures = tuple(figure for figure, _ in there)
    values = np.array([column for _, column in there]).reshape(len(there), n_rows(table))
    medians = np.array([np.nanmedian(column) for column in values])
    excess = np.zeros_like(values)
    for row, (figure, column) in enumerate(there):
        if figure.worse:
            low, high = np.nanpercentile(column, [25, 75])
            towards = 1 if figure.worse == "high" else -1
            excess[row] = np.nan_to_num(towards * (column - medians[row]) / max((high - low) / NORMAL_IQR, figure.spread))
    worst = excess.argmax(axis=0) if len(there) else np.zeros(n_rows(table), int)
    deviation = np.where(kept, np.maximum(excess.max(axis=0, initial=0.0), 0.0), np.nan)
    order = sorted(np.flatnonzero(kept).tolist(), key=lambda row: (-deviation[row], row))
    return Ranking(figures, values, medians, deviation, worst, tuple(order))


def number(value: float) -> str:
    """Format a figure of quality: three digits, none of them after the point from 100 on."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
