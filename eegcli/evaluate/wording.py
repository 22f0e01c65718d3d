"""Wording of figures: in the table on the terminal, and in the titles of a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eegcli.errors import counted
from eegcli.registry import METRICS, MetricEntry, metrics_of
from eegcli.registry.metrics import Interval
from eegcli.reporter import Reporter
from eegcli.stats.intervals.measured import HOLDS
from eegcli.stats.intervals.of_metrics import NONE
from eegcli.study.sets import SETS
from eegcli.study.target import Kind

_TOLD = "test"  # the set of which is said how its intervals were made
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
    reporter.table(f"{title}; {voters}; CI over subjects", head, [[split, name, *_cells(level, entries)] for split, name, level in rows])
    named = {f"{split} {name}": level for split, name, level in rows if split == _TOLD or _TOLD not in figures["splits"]}
    for sentence in [*_gain(figures["splits"], voters), *made_by(named, entries)]:
        reporter.info(sentence)


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


def interval_cell(level: Mapping[str, Any], interval: Interval, entry: MetricEntry) -> str:
    """An interval of a level; in brackets the coverage that was measured, where that is less than it should be."""
    text = interval_text(level.get(interval.key) or (None,), entry)
    made = (level.get("intervals") or {}).get(interval.key, {})
    return text if text == "-" or not _falls_short(made) else f"{text} [{made['coverage']:.0f} %]"


def made_by(levels: Mapping[str, Mapping[str, Any]], entries: Mapping[str, MetricEntry]) -> list[str]:
    """Say how the intervals of a table were made, and what those in brackets cover.

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
    if any("intervals" not in level for level in levels.values()):
        return [
            "CI of an earlier version: percentile bootstrap over subjects, which covers 86 to 93 % at 20 subjects or fewer; "
            "evaluate again with --force"
        ]
    methods: dict[str, list[str]] = {}
    short: dict[str, list[str]] = {}
    given: list[str] = []
    for name, level in levels.items():
        for metric, entry in entries.items():
            if entry.interval is None or not entry.interval.heading or entry.interval.key not in level["intervals"]:
                continue
            made, what = level["intervals"][entry.interval.key], f"{metric if entry.unit == '%' else entry.heading} of {name}"
            methods.setdefault(made["method"], []).append(what)
            if "given" in made:
                given.append(made["given"])
            if _falls_short(made):
                short.setdefault(
                    f"[{made['coverage']:.0f} %]: so many intervals of 95 % held the truth in simulation ({made['simulated']})", []
                ).append(what)
    said = [
        f"no CI of {', '.join(whose)}: {method.removeprefix(NONE)}" if method.startswith(NONE) else f"CI of {', '.join(whose)}: {method}"
        for method, whose in methods.items()
    ]
    if given:
        said.append(f"CI over subjects, {given[0]}: networks of folds share subjects, so that no such interval covers what it says")
    return said + [f"{sentence}: {', '.join(whose)}" for sentence, whose in short.items()]


def _falls_short(made: Mapping[str, Any]) -> bool:
    """True of an interval whose measured coverage is to stand beside it."""
    return "coverage" in made and (made["coverage"] < HOLDS or "given" in made)


def _gain(splits: Mapping[str, Any], voters: str) -> list[str]:
    """Say what the vote gains over windows, in the test set."""
    gain = splits.get(_TOLD, {}).get("vote", {}).get("vote_gain")
    if not gain or gain["ci95"][0] is None or not math.isfinite(gain["ci95"][0]):
        return []
    low, high = gain["ci95"]
    covers = f" [{gain['coverage']:.0f} %]" if _falls_short(gain) else ""
    return [
        f"{_TOLD}: {voters} are right by {100 * gain['value']:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]{covers} more often than windows"
    ]


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
