"""Learning curve: how well the same test subjects are predicted by networks that learnt from more and more subjects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing, head
from eegcli.artifacts.run import Run
from eegcli.artifacts.table import from_rows, write_table
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.levels import Summariser
from eegcli.evaluate.prediction import Prediction, predict
from eegcli.evaluate.voted import voted_by
from eegcli.registry import METRICS, headline_metric
from eegcli.registry.votes import VOTE_RULES
from eegcli.stats.paired import paired_interval
from eegcli.study.sets import SETS, TEST, VALIDATION

TABLE = "learning_curve.parquet"


BESIDE = {"classification": "majority_rate", "regression": "baseline_mae"}  # the constant answer in the headline metric


def learning_curve(evaluated: Evaluated) -> dict[str, Any] | None:
    """Predict the test set by networks of each size, draw it, and say whether more subjects still help.

    Returns
    -------
    dict or None
        ``metric``; ``last_step``: the gain of the last size over the one before, mean over test subjects, with its interval; ``said``.
        None where there is one size.
    """
    if len(evaluated.runs) == 1:
        return None
    rows, facts = _curve(evaluated)
    write(evaluated.output, rows)
    kind = evaluated.cohort.target.kind
    constant = float(evaluated.metrics["splits"]["test"]["window"].get(BESIDE[kind], math.nan))
    draw(evaluated.output / "learning_curve.png", rows, facts, constant=constant, title=evaluated.title)
    return facts


def _curve(evaluated: Evaluated) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows, one per size and level (``window``, ``vote``): ``n_subjects`` (mean over folds), the headline metric, ``low`` and ``high``; and the facts."""
    runs, cohort, summariser = evaluated.runs, evaluated.cohort, evaluated.summariser
    metric = headline_metric(summariser.target.kind)
    vote = evaluated.settings.vote
    needed = (VALIDATION, TEST) if VOTE_RULES[vote].learns else (TEST,)
    tested = replace(cohort, splits=tuple(np.where(np.isin(split, needed), split, -1) for split in cohort.splits))
    rows, of_subjects = [], []
    for run in runs:
        if run is runs[-1]:
            predictions = list(evaluated.predictions)
        else:
            predictions = [
                one if vote == "mean" else voted_by(vote, one, cohort)
                for one in predict(
                    run,
                    tested,
                    evaluated.unit,
                    vote_windows=evaluated.settings.vote_windows,
                    device=evaluated.device,
                    reporter=evaluated.reporter,
                )
            ]
        seeds = sorted({one.seed for one in predictions})
        figures = summariser.summarise([[one for one in predictions if one.seed == seed] for seed in seeds])[SETS[TEST]]
        n_subjects = n_trained_on(run)
        for level in ("window", "vote"):
            low, high = _interval(figures[level], metric)
            rows.append({"n_subjects": n_subjects, "level": level, metric: figures[level][metric], "low": low, "high": high})
        of_subjects.append(_by_subject(predictions, summariser.target.kind))
    last_step, said = _last_step(rows, of_subjects, summariser)
    return rows, {"metric": metric, "last_step": last_step, "said": [said]}


def n_trained_on(run: Run) -> float:
    """Number of subjects that the networks of a run learnt from: mean over folds."""
    splits, folds = run.splits, np.unique(run.splits["fold"])
    counts = []
    for fold in folds:
        rows = (splits["fold"] == fold) & (splits["split"].astype(str) == "train")
        counts.append(len(np.unique(run.people.number({name: splits[name][rows] for name in ("dataset", "subject")}))))
    return float(np.mean(counts))


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the table of a curve."""
    write_table(path / TABLE, from_rows(list(rows)))


def draw(path: Path, rows: Sequence[dict[str, Any]], facts: dict[str, Any], *, constant: float, title: str) -> None:
    """Draw a curve: windows and votes, with their intervals, and what a constant answer has.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    rows, facts
        As `learning_curve` gives them.
    constant : float
        Metric of the constant answer for windows; NaN: none.
    title : str
        Title of the whole figure.
    """
    metric = facts["metric"]
    entry = METRICS[metric]
    scale = 100.0 if entry.unit == "%" else 1.0
    with drawing(path, width=6.4, height=4.2) as figure:
        head(figure, title, fontsize=10)
        axis = figure.subplots()
        for level, colour, shift in (("window", "#0072B2", 0.99), ("vote", "#D55E00", 1.01)):
            own = [row for row in rows if row["level"] == level]
            x, y = np.array([[row["n_subjects"] * shift, scale * row[metric]] for row in own]).T
            bounds = scale * np.array([[row["low"], row["high"]] for row in own]).T
            spread = np.nan_to_num(np.abs(bounds - y))
            axis.errorbar(x, y, yerr=spread, color=colour, marker="o", capsize=3, label=f"test {level}s", linewidth=1.6)
        if math.isfinite(constant):
            axis.axhline(scale * constant, color="0.5", linestyle=":", linewidth=1, label="constant answer")
        axis.set(xlabel="training subjects", ylabel=metric.replace("_", " ") + (" (%)" if entry.unit == "%" else ""))
        axis.set_xlim(0, None)
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _interval(figures: dict[str, Any], metric: str) -> tuple[float, float]:
    interval = METRICS[metric].interval
    low, high = figures.get(interval.key, (None, None)) if interval is not None else (None, None)
    return (math.nan, math.nan) if low is None or high is None else (float(low), float(high))


def _by_subject(predictions: Sequence[Prediction], kind: str) -> dict[int, float]:
    """Share of right windows, or mean absolute error below zero, of each test subject; mean over seeds."""
    values: dict[int, list[float]] = {}
    for one in predictions:
        rows = np.flatnonzero(one.split == TEST)
        if kind == "regression":
            good: NDArray[np.float64] = -np.abs(one.outputs[rows, 0] - one.truth[rows])
        else:
            good = (one.outputs[rows].argmax(axis=1) == one.truth[rows]).astype(np.float64)
        for subject in np.unique(one.subject[rows]).tolist():
            values.setdefault(subject, []).append(float(good[one.subject[rows] == subject].mean()))
    return {subject: float(np.mean(found)) for subject, found in values.items()}


def _last_step(
    rows: Sequence[dict[str, Any]], of_subjects: Sequence[dict[int, float]], summariser: Summariser
) -> tuple[dict[str, Any], str]:
    before, after = of_subjects[-2:]
    gains = np.array([after[subject] - before[subject] for subject in sorted(before.keys() & after.keys())])
    low, high = paired_interval(gains, resamples=summariser.resamples, seed=summariser.seed)
    sizes = [row["n_subjects"] for row in rows if row["level"] == "window"][-2:]
    is_class = summariser.target.kind == "classification"
    what, scale, unit = ("accuracy", 100.0, " points") if is_class else ("mean absolute error", -1.0, f" ({summariser.target.column})")
    if math.isnan(low):
        verdict = "too few test subjects, or too much alike, to tell whether that goes on"
    elif low > 0:
        verdict = f"{what} is still {'rising' if is_class else 'falling'}: more subjects would most likely help"
    elif high < 0:
        verdict = f"{what} got worse: look for subjects that do not fit"
    else:
        verdict = "no gain can be told from none: more subjects may or may not help"
    gain = float(gains.mean())
    bounds = sorted((scale * low, scale * high))
    interval = "" if math.isnan(low) else f" [{bounds[0]:+.1f}, {bounds[1]:+.1f}]"
    said = f"from {sizes[0]:g} to {sizes[1]:g} training subjects, {what} per test subject changes by {scale * gain:+.1f}{unit}{interval}: {verdict}"
    return {"n_subjects": sizes, "gain": gain, "ci95": [low, high], "n_test_subjects": len(gains)}, said
