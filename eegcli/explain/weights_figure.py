"""The figure of weights: kernels and responses of filters, and patterns of channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.explained import Weights
from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.explain.panels import INCHES_PER_CHANNEL, channel_map, labels_of
from eegcli.stats.spectra import in_range

MAX_FILTERS = 64  # kernels that are drawn one by one


def weights_figure(path: Path, explanation: Explanation, method: str, *, title: str) -> None:
    """Draw filters, patterns, or both.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    explanation : Explanation
        With this method among its methods.
    method : str
        Name of the method.
    title : str
        Of the whole figure.
    """
    result: Weights = explanation.methods[method]
    if len(result.labels):
        _draw_filters(path, result, explanation, title)
    else:
        _draw_patterns(path, result, explanation, method, title)


def _draw_patterns(path: Path, result: Weights, explanation: Explanation, method: str, title: str) -> None:
    n_bands, is_scalp = result.pattern.shape[2], result.pattern.shape[1] == len(explanation.ch_names)
    shown = range(len(result.pattern_labels)) if len(result.pattern_labels) != 2 else [1]  # of two one mirrors the other
    height = max(5.0, 1.5 + INCHES_PER_CHANNEL * len(explanation.ch_names)) if is_scalp else 5.0
    with drawing(path, width=max(6.0, 5.0 * len(shown)), height=height) as figure:
        head(figure, title)
        axes = figure.subplots(1, len(shown), squeeze=False)[0]
        for axis, index in zip(axes, shown, strict=True):
            name = f"{method} of {result.pattern_labels[index]}"
            if not is_scalp or n_bands != len(EXPLAIN_HALF_OPEN):
                axis.plot(result.pattern[index].ravel())
                labels_of(axis, name, "value of a window", explanation.units_of(method))
                continue
            apart = (result.low[index] > 0) | (result.high[index] < 0)
            label = f"{name}; dot: 95 % interval without 0"
            channel_map(
                figure,
                axis,
                result.pattern[index],
                explanation.ch_names,
                tuple(EXPLAIN_HALF_OPEN),
                label,
                explanation.units_of(method),
                significant=apart,
            )


def _draw_filters(path: Path, result: Weights, explanation: Explanation, title: str) -> None:
    shown, freqs = in_range(explanation.freqs), explanation.freqs
    n = min(len(result.labels), MAX_FILTERS)
    has_patterns = result.pattern.shape[1:2] == (len(explanation.ch_names),)
    height = max(5.0, 1.8 + 0.17 * n, 1.5 + INCHES_PER_CHANNEL * len(explanation.ch_names) * has_patterns)
    with drawing(path, width=15 if has_patterns else 10, height=height) as figure:
        head(figure, title)
        kernels, responses, *others = figure.subplots(1, 3 if has_patterns else 2)
        for axis in others:
            amounts = np.abs(result.pattern[:, :, 0]).max(axis=1, keepdims=True)
            scaled = np.divide(result.pattern[:, :, 0], amounts, out=np.zeros_like(result.pattern[:, :, 0]), where=amounts > 0)
            numbers = [label.rpartition(" ")[2] for label in result.pattern_labels]
            channel_map(figure, axis, scaled.T, explanation.ch_names, numbers, "patterns of the sources, largest 1", "")
        gain = result.response[:n]
        largest = gain[:, shown].max(axis=1, keepdims=True)
        shares = np.divide(gain[:, shown], largest, out=np.zeros_like(gain[:, shown]), where=largest > 0)
        edges = np.r_[freqs[shown] - (freqs[1] - freqs[0]) / 2, freqs[shown][-1] + (freqs[1] - freqs[0]) / 2]
        image = responses.pcolormesh(edges, np.arange(n + 1), shares, cmap="viridis", vmin=0, vmax=1)
        responses.invert_yaxis()
        responses.set_yticks(np.arange(n) + 0.5, result.labels[:n], fontsize=7)
        labels_of(responses, "gain of each filter, its highest is 1", "frequency (Hz)", "")
        figure.colorbar(image, ax=responses, shrink=0.6)
        _draw_kernels(kernels, result, explanation.sfreq, n)


def _draw_kernels(axis: Any, result: Weights, sfreq: float, n: int) -> None:
    time = 1000 * np.arange(result.kernel.shape[2]) / sfreq
    for place, kernel in enumerate(result.kernel[:n]):
        size = float(np.abs(kernel).max())
        for one in kernel if size > 0 else ():
            axis.plot(time, place + 0.5 - 0.45 * one / size, color="C0", linewidth=0.8, alpha=0.7)
    axis.set_ylim(n, 0)
    axis.set_yticks(np.arange(n) + 0.5, result.labels[:n], fontsize=7)
    labels_of(axis, "weights along time, each scaled to its largest", "time (ms)", "")
