"""How figures are said: in the table on the terminal, and in the titles of a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eegcli.evaluate.cohort import SPLITS
from eegcli.reporter import Reporter

SHARES = ("set", "of", "right %", "95 % CI", "Wilson", "balanced %", "AUC", "majority %", "n", "subjects")
NUMBERS = ("set", "of", "MAE", "95 % CI", "R2", "r", "MAE of mean", "n", "subjects")


def tell(figures: Mapping[str, Any], *, title: str, reporter: Reporter) -> None:
    """Show the table of all sets and levels, and warn of what limits it.

    Parameters
    ----------
    figures : mapping
        ``unit`` and ``splits`` of metrics.json.
    title : str
        What was asked of whom, and what has to stand beside every figure.
    reporter : Reporter
        Shows it.
    """
    voters = votes_of(figures["unit"])
    rows: list[list[str]] = []
    for split in [name for name in SPLITS if name in figures["splits"]]:
        levels = figures["splits"][split]
        named = {"windows": levels["window"], "votes": levels["vote"]}
        if "hard" in levels["vote"]:
            named["hard votes"] = levels["vote"]["hard"]
        rows += [[split, name, *(_shares(level) if "accuracy" in level else _numbers(level))] for name, level in named.items()]
        vote = levels["vote"]
        if "accuracy" in vote and vote["balanced_accuracy"] is None:
            reporter.warn(f"{split}: all {voters} are of one class, so that balanced accuracy and AUC are not defined")
        if vote["n_subjects"] < 2:
            reporter.warn(f"{split}: one subject, so that no interval can be given")
    of_classes = "accuracy" in next(iter(figures["splits"].values()))["window"]
    reporter.table(f"{title}; {voters}; CI by resampling subjects", SHARES if of_classes else NUMBERS, rows)


def percent(value: float | None) -> str:
    """A share in percent; a dash where it is not defined."""
    return f"{100 * value:.1f}" if value is not None and math.isfinite(value) else "-"


def interval(bounds: Sequence[float | None], form: str | None = None) -> str:
    """An interval as it is read: of shares in percent, of numbers in the given form; a dash where it is not defined."""
    low, high = bounds
    if low is None or high is None or not math.isfinite(low):
        return "-"
    return f"{100 * low:.1f}-{100 * high:.1f}" if form is None else f"{low:{form}} to {high:{form}}"


def counts(level: Mapping[str, Any], what: str) -> str:
    """How many there are, of how many people: ``15,925 windows of 197 subjects``."""
    n, n_subjects = level["n"], level["n_subjects"]
    return f"{n:,} {what} of {n_subjects:,} subjects" if n != n_subjects else f"{n:,} subjects"


def votes_of(unit: str) -> str:
    """Who votes, as it is read."""
    return f"votes of {unit}s"


def _shares(level: Mapping[str, Any]) -> list[str]:
    area, sure = level.get("auc"), level.get("wilson95")
    return [
        percent(level["accuracy"]),
        interval(level["ci95"]),
        interval(sure) if sure else "-",
        percent(level["balanced_accuracy"]),
        f"{area:.3f}" if area is not None else "-",
        percent(level["majority_rate"]),
        f"{level['n']:,}",
        f"{level['n_subjects']:,}",
    ]


def _numbers(level: Mapping[str, Any]) -> list[str]:
    r2, r = (f"{level[name]:.2f}" if level[name] is not None else "-" for name in ("r2", "r"))
    return [
        f"{level['mae']:.3g}",
        interval(level["ci95"], ".3g"),
        r2,
        r,
        f"{level['baseline_mae']:.3g}",
        f"{level['n']:,}",
        f"{level['n_subjects']:,}",
    ]
