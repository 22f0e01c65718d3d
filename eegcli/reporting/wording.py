"""Wording of figures on a page: an accuracy never stands without its interval, what a constant reaches, and of how many people it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eegcli.errors import counted
from eegcli.registry import METRICS, MetricEntry, headline_metric, metrics_of
from eegcli.registry.metrics import Kind

DASH = "–"


def with_unit(entry: MetricEntry, value: float | None) -> str:
    """A figure with its unit: ``87.3 %``; a dash where it is not defined."""
    text = entry.text(value)
    return DASH if text == "-" else f"{text} %" if entry.unit == "%" else text


def bounds_of(level: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """Interval of a level; None where it is not defined."""
    found = level.get(key)
    if not isinstance(found, Sequence) or len(found) != 2 or any(one is None or not math.isfinite(one) for one in found):
        return None
    return float(found[0]), float(found[1])


def interval_of(level: Mapping[str, Any], entry: MetricEntry) -> str:
    """Interval of a metric in words: ``47.8 to 100.0 %``; empty where there is none."""
    bounds = None if entry.interval is None else bounds_of(level, entry.interval.key)
    if bounds is None:
        return ""
    return f"{entry.text(bounds[0])} to {with_unit(entry, bounds[1])}"


def headline(level: Mapping[str, Any], kind: Kind) -> str:
    """The headline of a level, with its interval: ``87.3 % [78.1 to 93.0 %]``."""
    entry = METRICS[headline_metric(kind)]
    interval = interval_of(level, entry)
    return with_unit(entry, level.get(headline_metric(kind))) + (f" [{interval}]" if interval else " [no interval]")


def beside(level: Mapping[str, Any], kind: Kind) -> list[str]:
    """Figures that stand with a headline: balanced accuracy, what a constant answer reaches (of a number the other metrics of the table)."""
    shown = {name: entry for name, entry in metrics_of(kind).items() if entry.heading and name != headline_metric(kind) and name in level}
    words = {"balanced_accuracy": "balanced accuracy", "majority_rate": "constant answer"}
    return [f"{words.get(name, entry.heading)} {with_unit(entry, level[name])}" for name, entry in shown.items()]


def people(level: Mapping[str, Any]) -> str:
    """Number of people behind a level, in words."""
    n = int(level.get("n_subjects") or 0)
    return counted(n, "subject") if n else "subjects unknown"


def figures_table(levels: Mapping[str, Mapping[str, Any]], kind: Kind) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows of a table of levels.

    Parameters
    ----------
    levels : mapping of str to mapping
        Figures by what they are of: ``test, windows``.
    kind : {"classification", "regression"}
    """
    shown = {name: entry for name, entry in metrics_of(kind).items() if entry.heading and any(name in level for level in levels.values())}
    columns, rows = ["of"], [[what] for what in levels]
    for name, entry in shown.items():
        columns.append(entry.heading)
        for row, level in zip(rows, levels.values(), strict=True):
            row.append(entry.text(level.get(name)).replace("-", DASH) if level.get(name) is None else entry.text(level[name]))
        if entry.interval and entry.interval.heading:
            columns.append(entry.interval.heading)
            for row, level in zip(rows, levels.values(), strict=True):
                row.append(_bracket(level, entry))
    for row, level in zip(rows, levels.values(), strict=True):
        row += [f"{int(level.get('n') or 0):,}", f"{int(level.get('n_subjects') or 0):,}" if level.get("n_subjects") else "unknown"]
    return (*columns, "n", "subjects"), tuple(tuple(row) for row in rows)


def _bracket(level: Mapping[str, Any], entry: MetricEntry) -> str:
    bounds = None if entry.interval is None else bounds_of(level, entry.interval.key)
    return DASH if bounds is None else f"{entry.text(bounds[0])} to {entry.text(bounds[1])}"


def marks_of(marked: str | None, control: str | None, *others: str) -> list[str]:
    """Caveats that stand at the top of a page, each once."""
    found = [*(marked or "").split("; "), control or "", *others]
    return [one for one in dict.fromkeys(found) if one]


def shown(value: Any) -> str:
    """A setting as a person reads it."""
    if value is None or value == [] or value == ():
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    return str(value)
