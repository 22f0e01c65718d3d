"""The figure of a selection: spectra of what was selected, differences between classes over subjects, and their topography."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.explained import Selection
from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.errors import counted
from eegcli.explain.panels import INCHES_PER_CHANNEL, channel_map, labels_of, mark_bands
from eegcli.explain.shares import is_spectrum
from eegcli.registry import EXPLANATIONS
from eegcli.stats.cluster import LEVEL
from eegcli.stats.spectra import in_range


def selection_figure(path: Path, explanation: Explanation, method: str, *, title: str) -> None:
    """Draw spectra, differences over subjects, and the topography of the difference.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    explanation : Explanation
        With this method among its methods.
    method : str
        Name of the method.
    title : str
        Of the whole figure; that the method is biased is added.
    """
    result: Selection = explanation.methods[method]
    entry = EXPLANATIONS.get(method)
    biased = f"; BIASED: {entry.biased}" if entry is not None and entry.biased else ""
    failed = method in getattr(explanation, "failed", ())
    height = max(6.5, 3.5 + INCHES_PER_CHANNEL * 0.8 * len(explanation.ch_names))
    with drawing(path, width=10, height=height) as figure:
        head(figure, title + biased)
        if not is_spectrum(result.spectrum, explanation.freqs):
            _draw_values(figure.subplots(), result)
            return
        panels = figure.subplot_mosaic([["spectra", "map"], ["difference", "map"]])
        colours = [
            f"C{index % 10}" if not failed else str(0.3 + 0.5 * index / max(len(result.labels) - 1, 1))
            for index in range(len(result.labels))
        ]
        _draw_spectra(panels["spectra"], result, explanation, method, colours)
        _draw_difference(panels["difference"], result, explanation, colours)
        shown = len(result.classes) - 1
        label = result.labels[result.classes[shown]]
        channel_map(
            figure,
            panels["map"],
            result.channel_difference[shown],
            explanation.ch_names,
            tuple(EXPLAIN_HALF_OPEN),
            f"{label} less the others; dot: cluster p ≤ {LEVEL:g}",
            "dB",
            significant=result.channel_p[shown] <= LEVEL,
        )


def _draw_spectra(axis: Any, result: Selection, explanation: Explanation, method: str, colours: list[str]) -> None:
    shown, freqs = in_range(explanation.freqs), explanation.freqs
    for index, label in enumerate(result.labels):
        n = int((result.group == index).sum())
        if not n:
            continue
        style = "-" if result.is_class[index] else "-."
        name = f"{label}: {counted(n, 'window')}"
        axis.plot(freqs[shown], result.spectrum[index].mean(axis=0)[shown], style, color=colours[index], label=name)
        if result.is_class[index]:
            axis.plot(freqs[shown], result.reference[index].mean(axis=0)[shown], ":", color=colours[index])
    axis.plot([], [], ":", color="0.4", label="selected from")
    axis.set_ylim(bottom=0)
    labels_of(axis, f"{method}, mean over channels", "frequency (Hz)", explanation.units_of(method))
    mark_bands(axis, float(freqs[shown].max()))
    axis.legend(frameon=False, fontsize=8)


def _draw_difference(axis: Any, result: Selection, explanation: Explanation, colours: list[str]) -> None:
    shown, freqs = in_range(explanation.freqs), explanation.freqs
    classes = range(len(result.classes)) if len(result.classes) > 2 else [len(result.classes) - 1]  # of two one mirrors the other
    for index in classes:
        colour = colours[result.classes[index]]
        axis.plot(
            freqs[shown], result.difference[index][shown], color=colour, label=f"{result.labels[result.classes[index]]} less the others"
        )
        if np.isfinite(result.low[index]).any():
            axis.fill_between(freqs[shown], result.low[index][shown], result.high[index][shown], color=colour, alpha=0.2, linewidth=0)
        found = (result.p[index] <= LEVEL) & shown
        axis.plot(freqs[found], np.zeros(found.sum()), "s", color=colour, markersize=3)
    axis.axhline(0, color="0.5", linewidth=0.8)
    title = "difference over subjects, with its pointwise 95 % interval; squares: cluster p ≤ 0.05"
    labels_of(axis, textwrap.fill(title, 60), "frequency (Hz)", "dB")
    mark_bands(axis, float(freqs[shown].max()))
    axis.legend(frameon=False, fontsize=8)


def _draw_values(axis: Any, result: Selection) -> None:
    for index, label in enumerate(result.labels):
        axis.plot(result.spectrum[index].ravel(), "-" if result.is_class[index] else "-.", color=f"C{index % 10}", label=label)
    labels_of(axis, "mean of what was selected", "value of a window", "")
    axis.legend(frameon=False)
