"""The figures of quality: columns of recordings.parquet, how they are read, and which recordings stand out by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from eegcli.artifacts.table import Table, n_rows
from eegcli.lazy import submodules

if not TYPE_CHECKING:
    __getattr__, __dir__ = submodules(__name__)

# A step puts its figures into `Signal.quality`; a figure that no step has noted is missing in the table.
COLUMNS: dict[str, type] = {
    "flat_channels": str,
    "line_noise_channels": str,
    "uncorrelated_channels": str,
    "correlation_method": str,
    "asr_calibration_seconds": float,
    "asr_fraction_changed": float,
    "asr_dimensions_removed": float,
    "asr_variance_removed": float,
    "seconds_kept": float,
    "amplitude": float,
    "amplitude_max": float,
}
BAD = ("bad_channels", "flat_channels", "line_noise_channels", "uncorrelated_channels")
NORMAL_IQR = 1.349  # interquartile range of a normal distribution, in standard deviations


@dataclass(frozen=True)
class Figure:
    """One figure of quality.

    Attributes
    ----------
    label : str
        As a person reads it, with the unit.
    meaning : str
        One line for a researcher.
    values : callable
        Table of recordings -> ndarray of float, shape (n_recordings,); NaN where missing.
    worse : {'high', 'low', None}
        Which end is bad; None where neither is.
    spread : float
        Least spread of a cohort that counts: differences far below it are no difference in quality.
    """

    label: str
    meaning: str
    values: Callable[[Table], np.ndarray]
    worse: Literal["high", "low"] | None = None
    spread: float = 0.0


def channels_of(table: Table, *columns: str) -> list[frozenset[str]]:
    """Per recording, the channels that comma-separated columns name."""
    texts = [table.get(name, np.full(n_rows(table), None, dtype=object)) for name in columns]
    return [
        frozenset(name for text in row if isinstance(text, str) for name in text.split(",") if name) for row in zip(*texts, strict=True)
    ]


def _number(name: str, factor: float = 1.0) -> Callable[[Table], np.ndarray]:
    def values(table: Table) -> np.ndarray:
        column = table.get(name)
        return np.full(n_rows(table), np.nan) if column is None else factor * np.asarray(column, float)

    return values


def _count(*columns: str) -> Callable[[Table], np.ndarray]:
    def values(table: Table) -> np.ndarray:
        return np.where(np.isnan(_number("seconds")(table)), np.nan, [len(names) for names in channels_of(table, *columns)])

    return values


def _percent_of_time(name: str) -> Callable[[Table], np.ndarray]:
    def values(table: Table) -> np.ndarray:
        seconds = _number("seconds")(table)
        percent: np.ndarray = np.divide(_number(name, 100.0)(table), seconds, out=np.full(len(seconds), np.nan), where=seconds > 0)
        return percent

    return values


FIGURES: tuple[Figure, ...] = (
    Figure("bad channels", "Marked bad in the data set, or found flat, noisy or unlike the others.", _count(*BAD), "high", 1.0),
    Figure("interpolated channels", "Their signal is made of that of other channels.", _count("interpolated"), "high", 1.0),
    Figure("changed by ASR (% of samples)", "Samples that burst repair changed.", _number("asr_fraction_changed", 100), "high", 5.0),
    Figure(
        "variance removed by ASR (%)", "Share of the variance that burst repair took.", _number("asr_variance_removed", 100), "high", 5.0
    ),
    Figure("components removed by ASR", "Mean over the updates of burst repair.", _number("asr_dimensions_removed"), "high", 0.5),
    Figure("calibration of ASR (s)", "Clean time that burst repair learnt from.", _number("asr_calibration_seconds"), "low", 10.0),
    Figure(
        "clean after ASR (% of time)",
        "Time that the window criterion of clean_rawdata would keep.",
        _percent_of_time("seconds_kept"),
        "low",
        5.0,
    ),
    Figure("saturated (% of time)", "Time at which the amplifier was at its limit.", _percent_of_time("clipped_seconds"), "high", 0.5),
    Figure("amplitude (µV)", "Of the cleaned signal: standard deviation within 2 s, median.", _number("amplitude"), "high", 2.0),
    Figure("amplitude of the worst 2 s (µV)", "Of the cleaned signal: what artifacts are left.", _number("amplitude_max"), "high", 10.0),
    Figure("length (s)", "Of the cleaned signal.", _number("seconds")),
)


@dataclass(frozen=True)
class Standing:
    """Rank of each recording within the cohort.

    Attributes
    ----------
    figures : tuple of Figure
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

    figures: tuple[Figure, ...]
    values: np.ndarray
    medians: np.ndarray
    deviation: np.ndarray
    worst_figure: np.ndarray
    order: tuple[int, ...]


def stand(table: Table) -> Standing:
    """Say where each recording stands.

    Parameters
    ----------
    table : Table
        Of a recordings artifact. A recording without `seconds` failed.

    Returns
    -------
    Standing
    """
    kept = ~np.isnan(_number("seconds")(table))
    columns = [(figure, figure.values(table)) for figure in FIGURES]
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
    return Standing(figures, values, medians, deviation, worst, tuple(order))


def number(value: float) -> str:
    """A figure as a person reads it: three digits, none of them after the point from 100 on."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
