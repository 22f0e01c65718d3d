"""The figure of an evaluation: what was predicted for whom, windows beside votes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.figure import drawing, head
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.wording import aligned, counts, interval_cell, votes_of
from eegcli.registry import METRICS, MetricEntry
from eegcli.study.sets import TEST

_NAME_WIDTH, _NAME_LINES = 22, 3  # of a class: characters of a line, lines
_CHARACTER, _LINE = 0.078, 0.15  # inches, of the letters of names and titles
_MANY_CLASSES = 6  # from here on, cells have no room for a percentage beside the count


def test_set(evaluated: Evaluated) -> None:
    """Draw the test set: confusion matrices of classes, or predicted against true numbers."""
    levels, predictions, target, unit, title = (
        evaluated.metrics["splits"]["test"],
        evaluated.predictions,
        evaluated.cohort.target,
        evaluated.unit,
        evaluated.title,
    )
    named = {"windows": levels["window"], votes_of(unit): levels["vote"]}
    if target.kind == "classification":
        confusion_figure(evaluated.output / "confusion.png", named, target.classes, title=title)
        return
    windows = [(p.truth[p.split == TEST], p.outputs[p.split == TEST, 0]) for p in predictions]
    voters = [(p.votes.first, p.split[p.votes.first] == TEST, p) for p in predictions]
    votes = [(p.truth[first[mask]], p.voted[mask, 0]) for first, mask, p in voters]
    points = {
        name: tuple(np.concatenate(parts) for parts in zip(*pairs, strict=True))
        for name, pairs in zip(named, (windows, votes), strict=True)
    }
    scatter_figure(evaluated.output / "scatter.png", named, points, target=target.column, title=title)


def confusion_figure(path: Path, levels: Mapping[str, Mapping[str, Any]], classes: Sequence[str], *, title: str) -> None:
    """Draw one confusion matrix per level, side by side.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    levels : mapping of str to mapping
        By name as it is to be read (``windows``, ``votes of subjects``): the figures of `stats.summary.summarise`.
    classes : sequence of str
        Names, in the order of the matrix.
    title : str
        Of the whole figure: the split, and what has to be said of every number.
    """
    size = 3.4 + 0.35 * max(0, len(classes) - 3)
    names = [_wrapped(name) for name in classes]
    longest = _CHARACTER * max(len(line) for name in names for line in name.split("\n"))
    upright = longest > size / len(names)  # wider than its column
    below = longest if upright else _LINE * max(name.count("\n") for name in names)
    each = size + 0.6 + longest
    with drawing(path, width=0.6 + each * len(levels), height=size + 1.3 + below) as figure:
        head(figure, title)
        axes = figure.subplots(1, len(levels), squeeze=False)[0]
        for axis, (name, level) in zip(axes, levels.items(), strict=True):
            image = _draw_matrix(axis, np.asarray(level["confusion"], dtype=float), names, upright=upright)
            what = textwrap.fill(f"{name}: {_shown(level, 'accuracy')} % right{_between(level, 'accuracy')}", round(each / _CHARACTER))
            axis.set_title(
                f"{what}\nbalanced {_shown(level, 'balanced_accuracy')} %, majority {_shown(level, 'majority_rate')} %\n{counts(level, name.split()[0].removesuffix('s'))}"
            )
        figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")


def _wrapped(name: str) -> str:
    """Name of a class in lines that have room beside a matrix; one that would take more than three of them is cut short."""
    lines = textwrap.wrap(name, _NAME_WIDTH)
    return (
        "\n".join(lines if len(lines) <= _NAME_LINES else [*lines[: _NAME_LINES - 1], f"{lines[_NAME_LINES - 1][: _NAME_WIDTH - 1]}…"])
        or name
    )


def _draw_matrix(axis: Any, matrix: np.ndarray, classes: Sequence[str], *, upright: bool) -> Any:
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    few = len(classes) < _MANY_CLASSES
    for row, column in np.ndindex(*matrix.shape):
        count = f"{matrix[row, column]:,.0f}" if float(matrix[row, column]).is_integer() else f"{matrix[row, column]:,.1f}"
        axis.text(
            column,
            row,
            f"{count}\n{shares[row, column]:.0%}" if few else count,
            ha="center",
            va="center",
            fontsize=11 if few else 7,
            color="white" if shares[row, column] > 0.55 else "black",
        )
    axis.set_xticks(range(len(classes)), classes, rotation=90 if upright else 0)
    axis.set_yticks(range(len(classes)), classes)
    axis.set(xlabel="predicted", ylabel="true")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return image


def scatter_figure(
    path: Path, levels: Mapping[str, Mapping[str, Any]], points: Mapping[str, tuple[np.ndarray, ...]], *, target: str, title: str
) -> None:
    """Draw predicted against true values per level, side by side.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    levels : mapping of str to mapping
        By name as it is to be read: the figures of `stats.summary.summarise`.
    points : mapping of str to (truth, predicted)
        By the same names.
    target : str
        Name of what is predicted.
    title : str
        Title of the whole figure.
    """
    values = np.concatenate([part for pair in points.values() for part in pair])
    margin = 0.05 * (float(np.ptp(values)) or 1.0)
    limits = (float(values.min()) - margin, float(values.max()) + margin)
    entries = aligned(levels.values(), "regression")
    with drawing(path, width=4.2 * len(levels), height=5.0) as figure:
        head(figure, title)
        axes = figure.subplots(1, len(levels), squeeze=False)[0]
        for axis, (name, level) in zip(axes, levels.items(), strict=True):
            truth, predicted = points[name]
            axis.plot(limits, limits, color="0.6", linewidth=1, zorder=1)
            axis.scatter(truth, predicted, s=14 if len(truth) < 1000 else 3, alpha=0.5, linewidths=0, rasterized=True, zorder=2)
            axis.set(xlim=limits, ylim=limits, box_aspect=1, xlabel=f"true {target}", ylabel=f"predicted {target}")
            axis.set_title(
                f"{name}: MAE {_shown(level, 'mae', entries)}{_between(level, 'mae', entries)}\n"
                f"mean predictor {_shown(level, 'baseline_mae', entries)}, {counts(level, name.split()[0].removesuffix('s'))}"
            )


def _shown(level: Mapping[str, Any], name: str, entries: Mapping[str, MetricEntry] = METRICS) -> str:
    return entries[name].text(level[name])


def _between(level: Mapping[str, Any], name: str, entries: Mapping[str, MetricEntry] = METRICS) -> str:
    interval = entries[name].interval
    cell = "-" if interval is None else interval_cell(level, interval, entries[name])
    return f" (95 % CI {cell})" if cell != "-" else ""
