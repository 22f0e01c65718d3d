"""The figure of an explanation: which frequencies and which channels the network listens to, beside what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.stats.spectra import in_range

_INCHES_PER_CHANNEL = 0.2


def explanation_figure(path: Path, explanation: Explanation, method: str, *, title: str) -> None:
    """Draw mean spectrum and channel profile of a method per class, and the spectrum of the same windows.

    Parameters
    ----------
    path : Path
        Ends in ``.png``.
    explanation : Explanation
        With this method among its methods.
    method : str
        Name of the method.
    title : str
        Of the whole figure: the run, and of which windows it speaks.
    """
    attribution, units = explanation.methods[method], explanation.units_of(method)
    n_channels = len(explanation.ch_names)
    width = max(9.0, 1.5 + _INCHES_PER_CHANNEL * n_channels)
    with drawing(path, width=width, height=6.5) as figure:
        head(figure, title)
        panels = figure.subplot_mosaic([["attribution", "input"], ["channels", "channels"]])
        _draw_spectra(
            panels["attribution"],
            explanation,
            attribution.spectrum,
            f"{method}, mean over channels",
            units,
        )
        _draw_spectra(
            panels["input"], explanation, explanation.input_spectrum, "the windows themselves, mean over channels", explanation.input_units
        )
        _draw_profile(panels["channels"], explanation, attribution.profile, f"{method} per channel", units)
        panels["input"].legend(title="true class", frameon=False)


def _draw_spectra(axis: Any, explanation: Explanation, spectra: np.ndarray, title: str, unit: str) -> None:
    shown = in_range(explanation.freqs)
    for index, name in enumerate(explanation.classes):
        axis.plot(explanation.freqs[shown], spectra[index].mean(axis=0)[shown], color=f"C{index % 10}", label=name)
    for index, (name, (low, high)) in enumerate(EXPLAIN_HALF_OPEN.items()):
        high = min(high, float(explanation.freqs[shown].max()))
        if low >= high:
            continue
        if index % 2:
            axis.axvspan(low, high, color="0.94", zorder=0, linewidth=0)
        axis.text((low + high) / 2, 1.0, name, transform=axis.get_xaxis_transform(), ha="center", va="top", color="0.4", fontsize=8)
    axis.set_title(title, loc="left")
    axis.set(xlabel="frequency (Hz)", ylabel=unit)
    axis.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)
    axis.yaxis.get_offset_text().set_horizontalalignment("right")
    axis.set_ylim(0, axis.get_ylim()[1] * 1.08)  # room for the names of the bands
    axis.margins(x=0)


def _draw_profile(axis: Any, explanation: Explanation, profile: np.ndarray, title: str, unit: str) -> None:
    n_classes, n_channels = profile.shape
    places = np.arange(n_channels)
    width = 0.8 / n_classes
    for index, name in enumerate(explanation.classes):
        axis.bar(places + (index - (n_classes - 1) / 2) * width, profile[index], width, color=f"C{index % 10}", label=name)
    axis.set_xticks(places, explanation.ch_names, rotation=90 if n_channels > 12 else 0, fontsize=8)
    axis.set_title(title, loc="left")
    axis.set_ylabel(f"mean |{unit}|")
    axis.margins(x=0.01)
