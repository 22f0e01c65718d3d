"""Wording of figures: in the table on the terminal, and in the titles of a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.errors import counted
from eegcli.registry import METRICS, MetricEntry, headline_metric, metrics_of
from eegcli.registry.metrics import Interval
from eegcli.reporter import Reporter
from eegcli.stats.intervals.measured import HOLDS
from eegcli.stats.intervals.of_metrics import NONE
from eegcli.study.sets import SETS
from eegcli.study.target import Kind

_TOLD = "test"  # the set that is a result
_LEVELS, _HARD = ("windows", "votes"), "hard votes"
_DIGITS = 3  # of the largest figure in the unit of the target


def tell(figures: Mapping[str, Any], *, title: str, several_folds: bool = False, reporter: Reporter) -> None:
    """Show the table of the test set, say and warn of what limits it, and set the other sets beside it.

    How the intervals were made, hard votes, and all figures of the other sets are details.

    Parameters
    ----------
    figures : mapping
        ``kind``, ``unit`` and ``splits`` of metrics.json; the test set is among them.
    title : str
        What was asked of whom, and what has to stand beside every figure.
    several_folds : bool
        Whether AUC are of several folds.
    reporter : Reporter
        Shows it.
    """
    voters, kind, splits = votes_of(figures["unit"]), figures["kind"], figures["splits"]
    rows = {split: _rows(splits[split]) for split in SETS if split in splits}
    entries = shown_entries([level for levels in rows.values() for level in levels.values()], kind)
    head = ["set", "of", *(heading for heading, *_ in _columns(entries)), "n", "subjects"]
    cells = {split: [[split, name, *_cells(level, entries)] for name, level in levels.items()] for split, levels in rows.items()}
    reporter.table(f"{title}; {voters}; CI over subjects", head, [row for row in cells[_TOLD] if row[1] != _HARD])
    vote = splits[_TOLD]["vote"]
    if undefined := _undefined(vote, kind):
        reporter.warn(f"{_TOLD}: not defined for {voters}: {', '.join(undefined)}")
    if vote["n_subjects"] < 2:
        who = "one subject" if vote["n_subjects"] else "nobody knows whose the windows are"
        reporter.warn(f"{_TOLD}: {who}, so that no interval can be given")
    tested = {f"{_TOLD} {name}": level for name, level in rows[_TOLD].items() if name != _HARD}
    for sentence in [*limits(tested, entries), *_folds_ranked_together(splits), *_gain(splits, voters), *_beside(rows, kind)]:
        reporter.info(sentence)
    for row in [row for split, of_split in cells.items() for row in of_split if split != _TOLD or row[1] == _HARD]:
        reporter.debug(
            "; ".join([f"{row[0]} {row[1]}", *(f"{name} {cell}" for name, cell in zip(head[2:], row[2:], strict=True) if cell != "-")])
        )
    for sentence in [*methods(tested, entries), *([auc_over_folds(splits)] if several_folds else [])]:
        reporter.debug(sentence)


def shown_entries(levels: Sequence[Mapping[str, Any]], kind: Kind) -> dict[str, MetricEntry]:
    """Metrics that stand in a table of levels: a column that no row has a figure for was not asked for, or is not in an evaluation of before."""
    return {name: entry for name, entry in aligned(levels, kind).items() if entry.heading and any(name in level for level in levels)}


def _rows(levels: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    named = {"windows": levels["window"], "votes": levels["vote"]}
    return named | ({_HARD: levels["vote"]["hard"]} if "hard" in levels["vote"] else {})


def _beside(rows: Mapping[str, Mapping[str, Mapping[str, Any]]], kind: Kind) -> list[str]:
    """Say what the sets that are no result show: how much better the network knows those it learnt from."""
    name = headline_metric(kind)
    entry = METRICS[name]
    unit = f" {entry.unit}" if entry.unit == "%" else ""
    parts = [
        f"{split} {' and '.join(f'{entry.text(levels[of][name])}{unit} of {of}' for of in _LEVELS)}"
        for split, levels in rows.items()
        if split != _TOLD
    ]
    return [f"no results, but beside the test set ({METRICS[name].heading}): {'; '.join(parts)}"] if parts else []


def _folds_ranked_together(splits: Mapping[str, Any]) -> list[str]:
    """Remark that stands with an AUC wherever folds lack a class."""
    lacking = _n_lacking(splits)
    if not lacking:
        return []
    return [
        f"AUC: {counted(lacking, 'fold')} without a subject of some class cannot be ranked alone, and {'is' if lacking == 1 else 'are'} ranked together"
    ]


def _n_lacking(splits: Mapping[str, Any]) -> int:
    return max(int(level.get("auc_folds_pooled") or 0) for level in (splits[_TOLD]["window"], splits[_TOLD]["vote"]))


def auc_over_folds(splits: Mapping[str, Any]) -> str:
    """Phrase what the AUC of several folds is: within folds; that of one ranking never stands without this remark."""
    levels = [(name, splits[_TOLD][name]) for name in ("window", "vote")]
    if not any("auc_pooled" in level for _, level in levels):  # an evaluation of before
        return "AUC is pooled over folds: it ranks probabilities of different networks, and may be far from 0.5 where nothing was learnt"
    auc = METRICS["auc"]
    pooled = ", ".join(f"{name}s {auc.text(level.get('auc_pooled'))}" for name, level in levels)
    return f"AUC is that within folds, averaged by their subjects; in one ranking ({pooled}) probabilities of different networks stand against each other"


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


def interval_cell(level: Mapping[str, Any], interval: Interval, entry: MetricEntry) -> str:
    """An interval of a level; in brackets the coverage that was measured, where that is less than it should be."""
    text = interval_text(level.get(interval.key) or (None,), entry)
    made = (level.get("intervals") or {}).get(interval.key, {})
    return text if text == "-" or not falls_short(made) else f"{text} [{made['coverage']:.0f} %]"


def methods(levels: Mapping[str, Mapping[str, Any]], entries: Mapping[str, MetricEntry]) -> list[str]:
    """Say how the intervals of a table were made.

    Parameters
    ----------
    levels : mapping of str to mapping
        Figures by what they are called: ``test windows``.
    entries : mapping of str to MetricEntry
        Metrics of the table.

    Returns
    -------
    list of str
        Sentences.
    """
    found: dict[str, list[str]] = {}
    for made, what in _intervals(levels, entries):
        found.setdefault(made["method"], []).append(what)
    return [
        f"no CI of {', '.join(whose)}: {method.removeprefix(NONE)}" if method.startswith(NONE) else f"CI of {', '.join(whose)}: {method}"
        for method, whose in found.items()
    ]


def limits(levels: Mapping[str, Mapping[str, Any]], entries: Mapping[str, MetricEntry]) -> list[str]:
    """Say what limits the intervals of a table: networks that are taken as given, and what those in brackets cover. Arguments as of `methods`."""
    if any("intervals" not in level for level in levels.values()):
        return [
            "CI of an earlier version: percentile bootstrap over subjects, which covers 86 to 93 % at 20 subjects or fewer; "
            "evaluate again with --force"
        ]
    found = [*_intervals(levels, entries)]
    given = dict.fromkeys(made["given"] for made, _ in found if "given" in made)
    said = [f"CI over subjects, {one}: networks of folds share subjects, so that no such interval covers what it says" for one in given]
    short = [f"[{made['coverage']:.0f} %] of the {what} ({made['simulated']})" for made, what in found if falls_short(made)]
    said += [f"in brackets how many of such intervals held the truth in simulation: {'; '.join(short)}"] if short else []
    return ["; ".join(said)] if said else []


def _intervals(levels: Mapping[str, Mapping[str, Any]], entries: Mapping[str, MetricEntry]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Intervals of a table: how each was made, and what it is of."""
    for name, level in levels.items():
        for metric, entry in entries.items():
            if entry.interval is not None and entry.interval.heading and entry.interval.key in level.get("intervals", {}):
                yield level["intervals"][entry.interval.key], f"{metric if entry.unit == '%' else entry.heading} of {name}"


def falls_short(made: Mapping[str, Any]) -> bool:
    """True of an interval whose measured coverage is to stand beside it."""
    return "coverage" in made and (made["coverage"] < HOLDS or "given" in made)


def _gain(splits: Mapping[str, Any], voters: str) -> list[str]:
    """Say what the vote gains over windows, in the test set."""
    gain = splits.get(_TOLD, {}).get("vote", {}).get("vote_gain")
    if not gain or gain["ci95"][0] is None or not math.isfinite(gain["ci95"][0]):
        return []
    low, high = gain["ci95"]
    covers = f" [{gain['coverage']:.0f} %]" if falls_short(gain) else ""
    return [f"{_TOLD}: gain of {voters} over windows {100 * gain['value']:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]{covers}"]


def counts(level: Mapping[str, Any], what: str) -> str:
    """Phrase a count: ``15,925 windows of 197 subjects``."""
    n, n_subjects = level["n"], level["n_subjects"]
    if n == n_subjects:
        return counted(n, "subject")
    return counted(n, what) + (f" of {counted(n_subjects, 'subject')}" if n_subjects else "")


def votes_of(unit: str) -> str:
    """Phrase the group that votes."""
    return f"votes of {unit}s"


def _columns(entries: Mapping[str, MetricEntry]) -> Iterator[tuple[str, str | Interval, MetricEntry]]:
    """Columns of the table: heading, the metric's name or its interval, and the metric."""
    for name, entry in entries.items():
        if entry.heading:
            yield entry.heading, name, entry
            if entry.interval and entry.interval.heading:
                yield entry.interval.heading, entry.interval, entry


def _undefined(level: Mapping[str, Any], kind: Kind) -> list[str]:
    """Phrase the metrics of the table that are not defined, each with its reason: ``AUC (a class does not occur)``."""
    missing = [entry for name, entry in metrics_of(kind).items() if entry.heading and name in level and level[name] is None]
    return [f"{entry.heading} ({entry.undefined})" if entry.undefined else entry.heading for entry in missing]


def _cells(level: Mapping[str, Any], entries: Mapping[str, MetricEntry]) -> list[str]:
    cells = [
        interval_cell(level, of, entry) if isinstance(of, Interval) else entry.text(level.get(of)) for _, of, entry in _columns(entries)
    ]
    return [*cells, f"{level['n']:,}", f"{level['n_subjects']:,}"]
