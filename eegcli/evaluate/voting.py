"""Voting: every rule beside the chosen one, and accuracy against seconds of EEG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing, head
from eegcli.artifacts.table import from_rows, write_table
from eegcli.errors import counted
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction
from eegcli.evaluate.voted import cannot_learn, voted_by
from eegcli.evaluate.wording import falls_short, interval_text
from eegcli.registry import METRICS
from eegcli.registry.votes import VOTE_RULES
from eegcli.study.groups import place_within
from eegcli.study.sets import TEST

TABLE, FIGURE = "voting.parquet", "voting.png"
FIGURES = ("accuracy", "balanced_accuracy", "majority_rate")
ACCURACY = METRICS["accuracy"]
CI = "ci95"

Repeats = Sequence[Sequence[Prediction]]


def voting(evaluated: Evaluated) -> dict[str, Any] | None:
    """Let the test windows vote by every rule, and by more and more of the windows of each unit.

    Returns
    -------
    dict or None
        ``rule``, the chosen one; ``rules``, the figures of each, or ``why_not``; ``curve``: accuracy with the first 1, 2, 4 ... windows;
        ``weights``, where they were learned; ``said``. None where no unit has more than one window.
    """
    longest = max(int(one.votes.n_windows[one.split[one.votes.first] == TEST].max()) for one in evaluated.predictions)
    if longest < 2:
        return None
    rule = evaluated.settings.vote
    rules = {name: _of_rule(name, evaluated) for name in VOTE_RULES}
    curve = _curve(evaluated, longest)
    write_table(evaluated.output / TABLE, from_rows(curve))
    majority = float(evaluated.metrics["splits"]["test"]["vote"]["majority_rate"])
    draw(evaluated.output / FIGURE, curve, majority=majority, unit=evaluated.unit, title=evaluated.title)
    facts = {"rule": rule, "rules": rules, "curve": curve}
    if learned := [one for one in evaluated.predictions if one.weights is not None]:
        facts["weights"] = [
            {
                "fold": one.fold,
                "seed": one.seed,
                "n_units": one.weights.n_units,
                **dict(zip(one.weights.names, one.weights.coefficient.tolist(), strict=True)),
            }
            for one in learned
            if one.weights is not None
        ]
    return {**facts, "said": _said(facts, evaluated)}


def _of_rule(name: str, evaluated: Evaluated) -> dict[str, Any]:
    """Figures of the test votes by a rule."""
    if (why := cannot_learn(name, evaluated.run, evaluated.cohort)) is not None:
        return {"why_not": why}
    repeats = [
        [one if name == evaluated.settings.vote else voted_by(name, one, evaluated.cohort) for one in repeat]
        for repeat in evaluated.repeats
    ]
    figures = evaluated.summariser.level(repeats, TEST, "vote", only=FIGURES)
    return {key: value for key, value in figures.items() if key not in ("confusion", "intervals")}


def _curve(evaluated: Evaluated, longest: int) -> list[dict[str, Any]]:
    """Rows: accuracy of the test votes with the first 1, 2, 4 ... windows of each unit, in time; units that have fewer vote with all they have."""
    placed = [(one, *_in_time(one, evaluated)) for one in evaluated.predictions]
    rows_of_curve: list[dict[str, Any]] = []
    for n in [*(2**power for power in range(longest.bit_length()) if 2**power < longest), longest]:
        voted, used = {}, []
        for one, place, seconds in placed:
            first = np.flatnonzero(place < n)
            voted[one.fold, one.seed] = voted_by(evaluated.settings.vote, one, evaluated.cohort, first)
            tested = one.split[one.votes.first] == TEST
            used.append(np.bincount(one.member[first], weights=seconds[first], minlength=len(tested))[tested].mean())
        repeats = [[voted[one.fold, one.seed] for one in repeat] for repeat in evaluated.repeats]
        figures = evaluated.summariser.level(repeats, TEST, "vote", only=FIGURES)
        (low, high), made = figures[CI], figures["intervals"][CI]
        short = made["coverage"] if falls_short(made) else math.nan
        accuracy = {"accuracy": figures["accuracy"], "low": float(low), "high": float(high), "coverage": short}
        rows_of_curve.append(
            {
                "n_windows": n,
                "seconds": float(np.mean(used)),
                **accuracy,
                "balanced_accuracy": figures["balanced_accuracy"],
                "n": figures["n"],
                "n_subjects": figures["n_subjects"],
            }
        )
    return rows_of_curve


def _in_time(one: Prediction, evaluated: Evaluated) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Place of each voting window among those of its unit, and the seconds of EEG that it adds to those before it (fewer than its length where they overlap)."""
    windows = evaluated.cohort.windows
    # Of features, older artifacts do not say from how many samples they were made.
    timed = windows.representation == "raw" or windows.n_times != windows.x.shape[-1]
    length = windows.n_times / windows.sfreq if timed else math.nan
    rows = one.rows[one.voting]
    recording = np.unique(windows.table["recording"][rows].astype(str), return_inverse=True)[1]
    onset = windows.table["onset"][rows].astype(np.float64)
    order = np.lexsort((onset, recording, one.member))
    follows = (np.diff(recording[order]) == 0) & (np.diff(one.member[order]) == 0)
    seconds = np.empty(len(rows))
    seconds[order] = np.r_[length, np.where(follows, np.minimum(length, np.diff(onset[order])), length)]
    return place_within(one.member, recording, onset), seconds


def draw(path: Path, curve: Sequence[Mapping[str, Any]], *, majority: float, unit: str, title: str) -> None:
    """Draw accuracy of votes against seconds of EEG.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    curve : sequence of mapping
        Rows as `voting` gives them.
    majority : float
        Share of the most frequent class.
    unit : str
        What votes.
    title : str
        Title of the whole figure.
    """
    timed = all(math.isfinite(row["seconds"]) for row in curve)
    x = np.array([row["seconds" if timed else "n_windows"] for row in curve], dtype=float)
    y = np.array([100 * row["accuracy"] for row in curve])
    bounds = 100 * np.array([[row["low"], row["high"]] for row in curve]).T
    with drawing(path, width=6.4, height=4.2) as figure:
        head(figure, title, fontsize=10)
        axis = figure.subplots()
        axis.errorbar(
            x,
            y,
            yerr=np.nan_to_num(np.abs(bounds - y)),
            color="#D55E00",
            marker="o",
            capsize=3,
            linewidth=1.6,
            label=f"accuracy of votes, 95 % CI over subjects{_brackets(curve)}",
        )
        axis.axhline(100 * majority, color="0.5", linestyle=":", linewidth=1, label="most frequent class")
        axis.set_xscale("log", base=2)
        axis.set_xticks(x, [f"{value:.3g}" for value in x])
        axis.minorticks_off()
        axis.set(
            xlabel=f"{'seconds of EEG' if timed else 'windows'} per {unit}, from its beginning", ylabel="accuracy (%)", ylim=(None, 102)
        )
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def _brackets(curve: Sequence[Mapping[str, Any]]) -> str:
    """Coverage of the intervals of a curve, as measured, where it is less than it should be."""
    short = [row["coverage"] for row in curve if math.isfinite(row["coverage"])]
    return f"\n[{'-'.join(f'{one:.0f}' for one in sorted({min(short), max(short)}))} % of such held the truth]" if short else ""


def _said(facts: Mapping[str, Any], evaluated: Evaluated) -> list[str]:
    curve = facts["curve"]
    others = [
        f"{name} {ACCURACY.text(found['accuracy'])} ({interval_text(found[CI], ACCURACY)})"
        for name, found in facts["rules"].items()
        if name != facts["rule"] and "why_not" not in found
    ]
    said = [
        f"votes ({facts['rule']}) by other rules are right in %: {', '.join(others)}. A rule that is chosen by these figures is chosen by the test set"
    ]
    first, last = curve[0], curve[-1]
    if math.isfinite(last["seconds"]):
        said.append(
            f"accuracy of votes with the first {first['seconds']:.3g} s of EEG {ACCURACY.text(first['accuracy'])} %, with all ({last['seconds']:.3g} s) "
            f"{ACCURACY.text(last['accuracy'])} % ({counted(last['n_subjects'], 'subject')})"
        )
    return said
