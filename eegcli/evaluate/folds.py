"""The figure of cross-validation: how well the test set of each fold is predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.figure import drawing, head
from eegcli.evaluate.evaluated import Evaluated
from eegcli.registry import METRICS, MetricEntry, headline_metric
from eegcli.study.target import Kind

BESIDE = {"classification": ("majority_rate", "most frequent class"), "regression": ("baseline_mae", "mean of the training set")}
_MANY = 16  # folds: from here on, not every one has its number


def per_fold(evaluated: Evaluated) -> None:
    """Draw the test windows of each fold, where there are several."""
    if len(evaluated.cohort.splits) > 1:
        draw(evaluated.output / "folds.png", evaluated.metrics["folds"], evaluated.cohort.target.kind, title=evaluated.title)


def draw(path: Path, folds: Sequence[Mapping[str, Any]], kind: Kind, *, title: str) -> None:
    """Draw the headline metric of the test windows of each fold, with what a constant prediction has there.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    folds : sequence of mapping
        ``folds`` of metrics.json: ``fold``, ``seed`` and ``splits`` of each network.
    kind : {"classification", "regression"}
        Kind of target.
    title : str
        Title: what was asked, and what has to be said of every number.
    """
    name, (beside, words) = headline_metric(kind), BESIDE[kind]
    entry = METRICS[name]
    numbers = sorted({one["fold"] for one in folds})
    values = {number: [_value(one, name, entry) for one in folds if one["fold"] == number] for number in numbers}
    constant = [float(np.mean([_value(one, beside, entry) for one in folds if one["fold"] == number])) for number in numbers]
    means = [float(np.mean(values[number])) for number in numbers]
    several = max(map(len, values.values())) > 1
    width = min(max(6.0, 1.2 + 0.26 * len(numbers)), 14.0)
    with drawing(path, width=width, height=3.8) as figure:
        head(figure, title, fontsize=10)
        axis = figure.subplots()
        axis.bar(numbers, means, width=0.72, color="#0072B2", label="network of the fold" + " (mean of seeds)" * several)
        if several:
            for number in numbers:
                axis.plot(
                    [number] * len(values[number]),
                    values[number],
                    ".",
                    color="black",
                    markersize=4,
                    label="seed" if number == numbers[0] else None,
                )
        axis.hlines(constant, np.array(numbers) - 0.36, np.array(numbers) + 0.36, color="#E69F00", linewidth=2, label=words)
        mean = float(np.mean(means))
        axis.axhline(
            mean, color="0.35", linewidth=1, linestyle="--", label=f"mean of folds: {mean:{entry.format}}{' %' * (entry.unit == '%')}"
        )
        axis.set(xlabel="fold", ylabel=_label(name, entry), xlim=(numbers[0] - 0.8, numbers[-1] + 0.8))
        axis.set_ylim(0, 100 if entry.unit == "%" else None)
        step = max(1, math.ceil(len(numbers) / _MANY))
        axis.set_xticks(numbers[::step])
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)


def _value(one: Mapping[str, Any], name: str, entry: MetricEntry) -> float:
    value = float(one["splits"]["test"]["window"][name])
    return 100 * value if entry.unit == "%" else value


def _label(name: str, entry: MetricEntry) -> str:
    words = entry.heading if entry.unit == "target" else name.replace("_", " ")
    return f"{words} of test windows" + (" (%)" if entry.unit == "%" else "")
