"""Wording of figures: in the table on the terminal, and in the titles of a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.errors import counted
from eegcli.registry import METRICS, MetricEntry, metrics_of
from eegcli.reporter import Reporter
from eegcli.study.sets import SETS
from eegcli.study.target import Kind

_DIGITS = 3  # of the largest figure in the unit of the target


def tell(figures: Mapping[str, Any], *, title: str, reporter: Reporter) -> None:
    """Show the table of all sets and levels, and warn of what limits it.

    Parameters
    ----------
    figures : mapping
        ``kind``, ``unit`` and ``splits`` of metrics.json.
    title : str
        What was asked of whom, and what has to stand beside every figure.
    reporter : Reporter
        Shows it.
    """
    voters, kind = votes_of(figures["unit"]), figures["kind"]
    rows: list[tuple[str, str, Mapping[str, Any]]] = []
    for split in [name for name in SETS if name in figures["splits"]]:
        levels = figures["splits"][split]
        named = {"windows": levels["window"], "votes": levels["vote"]}
        if "hard" in levels["vote"]:
            named["hard votes"] = levels["vote"]["hard"]
        rows += [(split, name, level) for name, level in named.items()]
        vote = levels["vote"]
        if undefined := _undefined(vote, kind):
            reporter.warn(f"{split}: not defined for {voters}: {', '.join(undefined)}")
        if vote["n_subjects"] < 2:
            who = "one subject" if vote["n_subjects"] else "nobody knows whose the windows are"
            reporter.warn(f"{split}: {who}, so that no interval can be given")
    # A column that no row has a figure for was not asked for, or is not in an evaluation of before.
    entries = {
        name: entry for name, entry in aligned((level for *_, level in rows), kind).items() if any(name in level for *_, level in rows)
    }
    head = ["set", "of", *(heading for heading, *_ in _columns(entries)), "n", "subjects"]
    reporter.table(
        f"{title}; {voters}; CI by resampling subjects", head, [[split, name, *_cells(level, entries)] for split, name, level in rows]
    )


def auc_over_folds(figures: Mapping[str, Any]) -> str:
    """Phrase what the AUC of several folds is: within folds; that of one ranking never stands without this remark."""
    levels = [(name, (figures["splits"].get("test") or {}).get(name) or {}) for name in ("window", "vote")]
    if not any("auc_pooled" in level for _, level in levels):  # an evaluation of before
        return "AUC is pooled over folds: it ranks probabilities of different networks, and may be far from 0.5 where nothing was learnt"
    auc = METRICS["auc"]
    pooled = ", ".join(f"{name}s {auc.text(level.get('auc_pooled'))}" for name, level in levels)
    lacking = max(int(level.get("auc_folds_pooled") or 0) for _, level in levels)
    said = f"AUC is that within folds, averaged by their subjects; in one ranking ({pooled}) probabilities of different networks stand against each other"
    if lacking:
        said += f"; {counted(lacking, 'fold')} without a subject of some class cannot be ranked alone, and {'is' if lacking == 1 else 'are'} ranked together"
    return said


def aligned(levels: Iterable[Mapping[str, Any]], kind: Kind) -> dict[str, MetricEntry]:
    """Metrics of a kind whose figures stand below each other: those in the unit of the target have one number of decimals.

    Parameters
    ----------
    levels : iterable of mapping
        Figures of the rows, by the names of metrics and of their intervals.
    kind : {"classification", "regression"}

    Returns
    -------
    dict of str to MetricEntry
        As `registry.metrics_of` has them; so many decimals that the largest figure has three digits, and none where it has more.
    """
    entries = metrics_of(kind)
    of_target = [name for name, entry in entries.items() if entry.unit == "target" and entry.heading]
    keys = [*of_target, *(interval.key for name in of_target if (interval := entries[name].interval) and interval.heading)]
    found = [np.atleast_1d(np.asarray(level[key], dtype=float)) for level in levels for key in keys if level.get(key) is not None]
    sizes = np.abs(np.concatenate(found)) if found else np.empty(0)
    largest = float(sizes[np.isfinite(sizes)].max(initial=0))
    if not largest:
        return entries
    leading = int(f"{largest:.{_DIGITS - 1}e}".partition("e")[2])  # of the rounded figure: 9.996 is written 10.0
    return entries | {name: replace(entries[name], format=f".{max(0, _DIGITS - 1 - leading)}f") for name in of_target}


def interval_text(bounds: Sequence[float | None], entry: MetricEntry) -> str:
    """An interval in the format of its metric; a dash where it is not defined."""
    if any(bound is None or not math.isfinite(bound) for bound in bounds):
        return "-"
    low, high = (entry.text(bound) for bound in bounds)
    return f"{low}-{high}" if entry.unit == "%" else f"{low} to {high}"


def counts(level: Mapping[str, Any], what: str) -> str:
    """Phrase a count: ``15,925 windows of 197 subjects``."""
    n, n_subjects = level["n"], level["n_subjects"]
    if n == n_subjects:
        return counted(n, "subject")
    return counted(n, what) + (f" of {counted(n_subjects, 'subject')}" if n_subjects else "")


def votes_of(unit: str) -> str:
    """Phrase the group that votes."""
    return f"votes of {unit}s"


def _columns(entries: Mapping[str, MetricEntry]) -> Iterator[tuple[str, str, MetricEntry]]:
    """Columns of the table: heading, name in metrics.json (of a metric, or of an interval), and the metric."""
    for name, entry in entries.items():
        if entry.heading:
            yield entry.heading, name, entry
            if entry.interval and entry.interval.heading:
                yield entry.interval.heading, entry.interval.key, entry
                if entry.interval.wilson:
                    yield "Wilson", entry.interval.wilson, entry


def _undefined(level: Mapping[str, Any], kind: Kind) -> list[str]:
    """Phrase the metrics of the table that are not defined, each with its reason: ``AUC (a class does not occur)``."""
    missing = [entry for name, entry in metrics_of(kind).items() if entry.heading and name in level and level[name] is None]
    return [f"{entry.heading} ({entry.undefined})" if entry.undefined else entry.heading for entry in missing]


def _cells(level: Mapping[str, Any], entries: Mapping[str, MetricEntry]) -> list[str]:
    cells = []
    for _, name, entry in _columns(entries):
        value = level.get(name)
        cells.append(interval_text(value, entry) if isinstance(value, Sequence) else entry.text(value))
    return [*cells, f"{level['n']:,}", f"{level['n_subjects']:,}"]
