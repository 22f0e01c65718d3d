"""The figure of a comparison: a metric per epoch of all runs, a panel for each set."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.figure import drawing
from eegcli.artifacts.run import OPTIMISTIC
from eegcli.errors import counted
from eegcli.registry import METRICS
from eegcli.stats.compared import SETS, Compared, Curve

# Okabe & Ito's colours, which colour-blind people tell apart, without yellow, which is pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))  # one for each round of colours
TITLES = {"train": "training", "validation": "validation", "test": f"test\n{OPTIMISTIC}"}
_NAME_WIDTH = 28  # characters of a line of the legend


def draw(path: Path, runs: Sequence[Compared], *, title: str) -> None:
    """Draw the curves of all runs: mean over networks, with a band of one standard deviation, and a dot at the kept epoch of a single network.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    runs : sequence of Compared
        Closed forms, which have no epochs, are straight lines.
    title : str
        Title of the whole figure.
    """
    entry = METRICS[runs[0].metric]
    scale, unit = (100.0, " (%)") if entry.unit == "%" else (1.0, "")
    sets = [which for which in SETS if any(which in run.curves for run in runs)]
    last = max((run.epochs or 1 for run in runs), default=1)
    longest = max(len(line) for run in runs for line in _label(run).split("\n"))
    height = max(4.0, 1.4 + 0.2 * sum(1 + _label(run).count("\n") for run in runs))
    marks = dict.fromkeys(mark for run in runs for mark in (run.marked or "").split("; ") if mark and mark != OPTIMISTIC)
    with drawing(path, width=3.3 * len(sets) + 0.9 + 0.075 * longest, height=height) as figure:
        figure.suptitle("\n".join([title, *marks]), fontsize=11)
        axes = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
        for axis, which in zip(axes, sets, strict=True):
            for number, run in enumerate(runs):
                if which in run.curves:
                    _line(axis, run, run.curves[which], number, scale, last)
            axis.set_title(TITLES[which])
            axis.set(xlabel="epoch", xlim=(0.5, last + 0.5))
            axis.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            axis.grid(axis="y", color="0.9", linewidth=0.8)
            axis.set_axisbelow(True)
        majority = {round(run.majority, 6) for run in runs if run.majority is not None}
        if len(majority) == 1 and "validation" in sets:
            axes[sets.index("validation")].axhline(
                scale * majority.pop(), color="0.55", linewidth=1, linestyle=":", label="constant answer"
            )
        axes[0].set_ylabel(f"{runs[0].metric.replace('_', ' ')}{unit}")
        if entry.unit == "%":
            low, high = axes[0].get_ylim()
            axes[0].set_ylim(max(0.0, low), min(102.0, high))
        _key(axes[0], runs)
        handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
        figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False, fontsize=8, handlelength=2.6)


def _line(axis: Any, run: Compared, curve: Curve, number: int, scale: float, last: int) -> None:
    style = {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number // len(COLOURS) % len(LINES)]}
    if run.epochs is None:
        value = scale * float(np.mean([curve.mean[min(epoch, len(curve.mean)) - 1] for epoch in run.kept_epoch]))
        ends = [1, last] if last > 1 else [0.5, 1.5]  # a line, where no network has more than one epoch
        axis.plot(ends, [value, value], linewidth=1.4, label=_label(run), **style)
        return
    epochs, mean = np.arange(1, len(curve.mean) + 1), scale * curve.mean
    marker = "o" if len(epochs) == 1 else None
    axis.plot(epochs, mean, linewidth=1.6, label=_label(run), marker=marker, markersize=4, **style)
    if curve.sd is not None:
        low, high = mean - scale * curve.sd, np.minimum(mean + scale * curve.sd, scale)  # neither an accuracy nor R² exceeds 1
        axis.fill_between(epochs, low, high, color=style["color"], alpha=0.15, linewidth=0)
    elif len(epochs) > 1:
        kept = run.kept_epoch[0]
        axis.plot([kept], [mean[kept - 1]], "o", color=style["color"], markersize=5, markeredgecolor="white", markeredgewidth=0.8, zorder=3)


def _key(axis: Any, runs: Sequence[Compared]) -> None:
    """Add what dots and bands mean to the legend."""
    if any(run.epochs and run.epochs > 1 and run.n_folds * run.n_seeds == 1 for run in runs):
        axis.plot([], [], "o", color="0.4", markersize=5, label="kept epoch")
    if any(run.epochs and run.n_folds * run.n_seeds > 1 for run in runs):
        axis.fill_between([], [], [], color="0.4", alpha=0.25, linewidth=0, label="± SD over networks")


def _label(run: Compared) -> str:
    n = run.n_folds * run.n_seeds
    lines = textwrap.wrap(run.run, _NAME_WIDTH, break_on_hyphens=True) or [run.run]
    return "\n".join(lines) + (f" ({counted(n, 'network')})" if n > 1 else "")
