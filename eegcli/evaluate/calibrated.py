"""Calibration of the test set: reliability, its error with an interval over subjects, and what a temperature of the validation subjects mends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing, head
from eegcli.artifacts.table import from_rows, write_table
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.levels import select
from eegcli.evaluate.prediction import Prediction
from eegcli.evaluate.wording import votes_of
from eegcli.stats import calibration as stats
from eegcli.study.sets import TEST, VALIDATION

TABLE, FIGURE = "calibration.parquet", "calibration.png"
STATES = {"before": ("as they are", "#0072B2"), "after": ("at the temperature", "#D55E00")}

Levels = Literal["window", "vote"]
Cases = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]


def calibration(evaluated: Evaluated) -> dict[str, Any]:
    """Say how far the probabilities of the test set can be believed, as they are and at the temperature of the validation set.

    Returns
    -------
    dict
        ``window`` and ``vote``: ``temperatures`` of the networks, fitted at that level on ``n_fitted_on`` subjects of their validation sets; ``before`` and ``after``: ``ece`` with ``ece_ci95``, ``brier``,
        ``log_loss``. ``n_bins``, ``said``. ``after`` is null, and ``why_not`` says why, where a network has no validation set, as for other windows, or one that sets the temperature no end.
    """
    facts: dict[str, Any] = {"n_bins": stats.N_BINS}
    rows: list[dict[str, Any]] = []
    shown: dict[str, dict[str, stats.Reliability]] = {}
    levels: tuple[Levels, ...] = ("window", "vote")
    for level in levels:
        temperatures = {(one.fold, one.seed): _temperature(one, level) for one in evaluated.predictions}
        why_not = _why_not(temperatures.values())
        fitted = why_not is None
        of_level: dict[str, Any] = {
            "why_not": why_not,
            "temperatures": list(temperatures.values()) if fitted else None,
            "n_fitted_on": [len(np.unique(_cases(one, VALIDATION, level)[2])) for one in evaluated.predictions] if fitted else None,
        }
        shown[level] = {}
        for state in STATES:
            if state == "after" and not fitted:
                of_level[state] = None
                continue
            repeats = [
                _below([_at(one, level, temperatures[one.fold, one.seed] if state == "after" else 1.0) for one in repeat])
                for repeat in evaluated.repeats
            ]
            of_level[state] = _scores(repeats, evaluated)
            found = stats.reliability(*_below(repeats))
            shown[level][state] = found
            rows += _rows(found, level, state)
        facts[level] = of_level
    write_table(evaluated.output / TABLE, from_rows(rows))
    names = {"window": "windows", "vote": votes_of(evaluated.unit)}
    draw(
        evaluated.output / FIGURE,
        {names[level]: shown[level] for level in levels},
        {names[level]: facts[level] for level in levels},
        title=evaluated.title,
    )
    return {**facts, "said": [_said(facts, evaluated)]}


def _cases(one: Prediction, split: int, level: Levels) -> Cases:
    rows, outputs, _ = select(one, split, level)
    return one.truth[rows].astype(np.int64), outputs, one.subject[rows]


def _at(one: Prediction, level: Levels, temperature: float) -> Cases:
    truth, outputs, subject = _cases(one, TEST, level)
    return truth, outputs if temperature == 1.0 else stats.tempered(outputs, temperature), subject


def _temperature(one: Prediction, level: Levels) -> float:
    truth, outputs, _ = _cases(one, VALIDATION, level)
    return stats.fit_temperature(truth, outputs)


def _why_not(temperatures: Iterable[float]) -> str | None:
    """Reason for which the temperatures of the networks cannot be used; None where all can."""
    values = np.array([*temperatures])
    reasons = [
        (np.isnan(values).any(), "there are no validation subjects here"),
        ((values == 0).any(), "those of the validation set are all right, or nearly"),
        (np.isinf(values).any(), "what is said of the validation set is no better than chance, which no temperature mends"),
    ]
    return "; ".join(why for applies, why in reasons if applies) or None


def _below(parts: Sequence[Cases]) -> Cases:
    truth, outputs, subject = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return truth, outputs, subject


def _scores(repeats: Sequence[Cases], evaluated: Evaluated) -> dict[str, Any]:
    of_repeats = [(stats.calibration_error(t, p), stats.brier(t, p), stats.log_loss(t, p)) for t, p, _ in repeats]
    ece, brier, log_loss = np.mean(of_repeats, axis=0).tolist()
    interval = stats.error_interval(repeats, resamples=evaluated.settings.resamples, seed=evaluated.settings.seed)
    return {"ece": ece, "ece_ci95": interval, "brier": brier, "log_loss": log_loss}


def _rows(found: stats.Reliability, level: str, state: str) -> list[dict[str, Any]]:
    return [
        {
            "level": level,
            "state": state,
            "low": float(found.edges[index]),
            "high": float(found.edges[index + 1]),
            "n": int(found.n[index]),
            "n_subjects": int(found.n_subjects[index]),
            "confidence": float(found.confidence[index]),
            "accuracy": float(found.accuracy[index]),
        }
        for index in range(stats.N_BINS)
    ]


def draw(path: Path, levels: Mapping[str, Mapping[str, stats.Reliability]], facts: Mapping[str, Mapping[str, Any]], *, title: str) -> None:
    """Draw a reliability diagram per level: accuracy against confidence, the area of a point for how many cases have that confidence.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    levels : mapping of str to mapping of {"before", "after"} to Reliability
        By name as it is to be read.
    facts : mapping of str to mapping
        ``ece`` and ``ece_ci95`` of either state, by the same names.
    title : str
        Title of the whole figure.
    """
    with drawing(path, width=4.4 * len(levels), height=4.8) as figure:
        head(figure, title, fontsize=10)
        axes = figure.subplots(1, len(levels), squeeze=False, sharey=True)[0]
        for axis, (name, states) in zip(axes, levels.items(), strict=True):
            axis.plot((0, 100), (0, 100), color="0.6", linewidth=1, zorder=1, label="calibrated")
            for state, found in states.items():
                words, colour = STATES[state]
                full = found.n > 0
                confidence, accuracy = 100 * found.confidence[full], 100 * found.accuracy[full]
                axis.plot(confidence, accuracy, color=colour, linewidth=1.2, zorder=2, label=words)
                area = 6 + 200 * found.n[full] / found.n.sum()
                axis.scatter(confidence, accuracy, s=area, color=colour, alpha=0.8, linewidths=0, zorder=3, clip_on=False)
            told = [f"{STATES[state][0]}: ECE {_error(facts[name][state])}" for state in states]
            axis.set_title("\n".join([name, *told]), fontsize=9)
            axis.set(ylim=(-3, 103), xlim=(0, 100), xticks=range(0, 101, 20), yticks=range(0, 101, 20))
            axis.set_xlabel("confidence: probability of the predicted class (%)")
        axes[0].set_ylabel("right (%); area of a point: share of the cases")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _error(scores: Mapping[str, Any]) -> str:
    low, high = scores["ece_ci95"]
    return f"{scores['ece']:.3f}" + (f" [{low:.3f}, {high:.3f}]" if math.isfinite(low) else "")


def _said(facts: Mapping[str, Any], evaluated: Evaluated) -> str:
    told = []
    for level, name in (("window", "windows"), ("vote", "votes")):
        found = facts[level]
        text = f"{name} {_error(found['before'])}"
        if found["after"] is not None:
            values = found["temperatures"]
            warmth = f"{values[0]:.2f}" if len(values) == 1 else f"{min(values):.2f} to {max(values):.2f}"
            text += f", and {_error(found['after'])} at a temperature of {warmth}"
        told.append(text)
    without: dict[str, list[str]] = {}
    for level, name in (("window", "windows"), ("vote", "votes")):
        if (why := facts[level]["why_not"]) is not None:
            without.setdefault(why, []).append(name)
    how = "".join(f"; no temperature of {' and '.join(names)}: {why}" for why, names in without.items())
    n_subjects = evaluated.metrics["splits"]["test"]["window"]["n_subjects"]
    few = (
        "; of fewer than 20 subjects, such intervals hold the error in 87 % of simulated cohorts or more, in place of 95"
        if 1 < n_subjects < 20
        else ""
    )
    return f"expected calibration error of the test set: {'; '.join(told)}{how}{few}"
