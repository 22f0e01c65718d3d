"""The figure of a synthesis: how inputs differ from the noise that they began with, the activation reached, and examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.explained import Synthesis
from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.explain.panels import labels_of, mark_bands
from eegcli.explain.shares import is_spectrum
from eegcli.stats.spectra import in_range

MAX_CHANNELS = 8  # of an example: more are not told apart in a panel


def synthesis_figure(path: Path, explanation: Explanation, method: str, *, title: str) -> None:
    """Draw change of the spectrum, spectra, activation, and one input per label.

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
    result: Synthesis = explanation.methods[method]
    failed = method in getattr(explanation, "failed", ())
    colours = [
        f"C{index % 10}" if not failed else str(0.35 + 0.4 * index / max(len(result.labels) - 1, 1)) for index in range(len(result.labels))
    ]
    with drawing(path, width=10, height=7) as figure:
        head(figure, title)
        panels = figure.subplot_mosaic([["change", "spectra"], ["activation", "example"]])
        if is_spectrum(result.change, explanation.freqs):
            _draw_spectra(panels, result, explanation, method, colours)
        else:
            for name in ("change", "spectra"):
                panels[name].set_axis_off()
        _draw_activation(panels["activation"], result, colours)
        _draw_example(panels["example"], result, explanation, colours)
        handles, labels = panels["spectra"].get_legend_handles_labels()
        if handles:
            panels["spectra"].legend(handles, labels, frameon=False, title="made for")


def _draw_spectra(panels: dict[str, Any], result: Synthesis, explanation: Explanation, method: str, colours: list[str]) -> None:
    shown, freqs = in_range(explanation.freqs), explanation.freqs
    change, spectra = panels["change"], panels["spectra"]
    for index, label in enumerate(result.labels):
        change.plot(freqs[shown], result.change[index].mean(axis=0)[shown], color=colours[index], label=label)
        spectra.plot(freqs[shown], result.spectrum[index].mean(axis=0)[shown], color=colours[index], label=label)
    spectra.plot(freqs[shown], result.start_spectrum[0].mean(axis=0)[shown], color="0.5", linestyle=":", label="nothing (noise)")
    change.axhline(0, color="0.5", linewidth=0.8)
    labels_of(change, "change against the noise they began with", "frequency (Hz)", explanation.units_of(method))
    labels_of(spectra, "the inputs, mean over channels", "frequency (Hz)", explanation.units_of(method))
    spectra.set_ylim(bottom=0)
    for axis in (change, spectra):
        mark_bands(axis, float(freqs[shown].max()))


def _draw_activation(axis: Any, result: Synthesis, colours: list[str]) -> None:
    for index, label in enumerate(result.labels):
        for place, (values, name) in enumerate(((result.start[index], "noise"), (result.reached[index], "inputs"))):
            spread = np.linspace(-0.08, 0.08, len(values)) if len(values) > 1 else np.zeros(1)
            axis.plot(3.5 * index + place + spread, np.sort(values), ".", color=colours[index], alpha=0.4 + 0.6 * place)
            axis.annotate(
                name,
                (3.5 * index + place, 0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="top",
                xytext=(0, -4),
                textcoords="offset points",
                fontsize=8,
            )
        low, middle, high = result.real[index]
        axis.errorbar([3.5 * index + 2], [middle], [[middle - low], [high - middle]], fmt="_", color="0.3", capsize=3)
        axis.annotate(
            "windows",
            (3.5 * index + 2, 0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="top",
            xytext=(0, -4),
            textcoords="offset points",
            fontsize=8,
        )
        axis.annotate(label, (3.5 * index + 1, 1), xycoords=("data", "axes fraction"), ha="center", va="top", color=colours[index])
    axis.set_xticks([])
    axis.margins(y=0.15)
    axis.set_title("activation (of windows: median, 5-95 %)", loc="left")
    axis.set_ylabel("class output" if len(result.labels) > 1 else "activation")


def _draw_example(axis: Any, result: Synthesis, explanation: Explanation, colours: list[str]) -> None:
    n_inputs = result.reached.shape[1]
    if result.values.ndim != 3 or not is_spectrum(result.change, explanation.freqs):
        axis.set_axis_off()
        return
    amount = np.abs(result.change)[..., in_range(explanation.freqs)].sum(axis=(0, 2))
    channels = np.sort(np.argsort(-amount, kind="stable")[:MAX_CHANNELS])
    time = np.arange(result.values.shape[2]) / explanation.sfreq
    step = 4 * float(np.median(result.values[:, channels].std(axis=2))) or 1.0
    for index in range(len(result.labels)):
        best = index * n_inputs + int(result.reached[index].argmax())
        for place, channel in enumerate(channels):
            axis.plot(time, result.values[best, channel] - place * step, color=colours[index], linewidth=0.8)
    axis.set_yticks([-place * step for place in range(len(channels))], [explanation.ch_names[channel] for channel in channels], fontsize=8)
    labels_of(axis, "the best input of each; channels that were changed most", "time (s)", "")
    axis.margins(x=0)
