"""The figure of an attribution: which frequencies, channels and times the network listens to, beside what is there; grey where it failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import Explanation
from eegcli.artifacts.figure import drawing, head
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.stats.spectra import in_range

_INCHES_PER_CHANNEL = 0.2
GREY, FAILED = "0.5", "FAILED A CONTROL: "


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
    is_raw, grey = bool(len(explanation.freqs)), method in explanation.failed
    width = max(9.0, 1.5 + _INCHES_PER_CHANNEL * attribution.profile.shape[1])
    with drawing(path, width=width, height=8.5 if is_raw else 6.0) as figure:
        head(figure, f"{FAILED if grey else ''}{title}", color=GREY if grey else "black")
        layout = [["attribution", "input"], ["channels", "channels"], ["course", "course"]] if is_raw else [["map"], ["channels"]]
        panels = figure.subplot_mosaic(layout)
        if is_raw:
            title_of_it = f"{method}, mean over channels"
            _draw_spectra(panels["attribution"], explanation, attribution.spectrum, title_of_it, units, grey=grey)
            _draw_spectra(
                panels["input"],
                explanation,
                explanation.input_spectrum,
                "the windows themselves, mean over channels",
                explanation.input_units,
            )
            _draw_course(panels["course"], explanation, attribution.course, f"{method} over time, mean over channels", units, grey=grey)
            panels["input"].legend(title="true class", frameon=False)
        else:
            _draw_map(panels["map"], attribution.map, f"{method}, mean over classes, by the axes of a window", units, grey=grey)
        along = "channel" if explanation.axes[0] == "n_chans" else "band"
        _draw_profile(panels["channels"], explanation, attribution.profile, f"{method} per {along}", units, grey=grey)
        if not is_raw:
            panels["channels"].legend(title="true class", frameon=False)


def shade(index: int, *, grey: bool) -> str:
    """Colour of a class; a grey for each where a map failed its controls."""
    return str(0.45 + 0.15 * (index % 3)) if grey else f"C{index % 10}"


def _draw_spectra(axis: Any, explanation: Explanation, spectra: np.ndarray, title: str, unit: str, *, grey: bool = False) -> None:
    shown = in_range(explanation.freqs)
    for index, name in enumerate(explanation.classes):
        axis.plot(explanation.freqs[shown], spectra[index].mean(axis=0)[shown], color=shade(index, grey=grey), label=name)
    for index, (name, (low, high)) in enumerate(EXPLAIN_HALF_OPEN.items()):
        high = min(high, float(explanation.freqs[shown].max()))
        if low >= high:
            continue
        if index % 2:
            axis.axvspan(low, high, color="0.94", zorder=0, linewidth=0)
        axis.text((low + high) / 2, 1.0, name, transform=axis.get_xaxis_transform(), ha="center", va="top", color="0.4", fontsize=8)
    axis.set_title(title, loc="left")
    axis.set(xlabel="frequency (Hz)", ylabel=unit)
    _scientific(axis)
    axis.set_ylim(0, axis.get_ylim()[1] * 1.08)  # room for the names of the bands
    axis.margins(x=0)


def _draw_profile(axis: Any, explanation: Explanation, profile: np.ndarray, title: str, unit: str, *, grey: bool) -> None:
    draw_bars(axis, explanation.classes, explanation.rows_named, profile, grey=grey)
    axis.set_title(title, loc="left")
    axis.set_ylabel(f"mean |{unit}|")


def draw_bars(axis: Any, classes: Sequence[str], names: Sequence[str], values: np.ndarray, *, grey: bool) -> None:
    """Draw a bar per class and name, side by side: values of shape (n_classes, n_names)."""
    places, width = np.arange(len(names)), 0.8 / len(classes)
    for index, label in enumerate(classes):
        axis.bar(places + (index - (len(classes) - 1) / 2) * width, values[index], width, color=shade(index, grey=grey), label=label)
    axis.set_xticks(places, names, rotation=90 if len(names) > 12 else 0, fontsize=8)
    axis.margins(x=0.01)


def _draw_course(axis: Any, explanation: Explanation, course: np.ndarray, title: str, unit: str, *, grey: bool) -> None:
    times = np.arange(course.shape[1]) / explanation.sfreq
    for index, name in enumerate(explanation.classes):
        axis.plot(times, course[index], color=shade(index, grey=grey), label=name)
    axis.set_title(title, loc="left")
    axis.set(xlabel="time in the window (s)", ylabel=f"mean |{unit}|")
    _scientific(axis)
    axis.set_ylim(bottom=0)
    axis.margins(x=0)


def _draw_map(axis: Any, maps: np.ndarray, title: str, unit: str, *, grey: bool) -> None:
    mean = maps.mean(axis=0)
    # Maps of the scalp side by side: an image of (height, bands x width).
    image = mean if mean.ndim == 2 else np.concatenate(list(mean), axis=1)
    drawn = axis.imshow(image, aspect="auto", cmap="Greys" if grey else "viridis", interpolation="nearest")
    axis.figure.colorbar(drawn, ax=axis, label=f"mean |{unit}|")
    axis.set_title(title, loc="left")


def _scientific(axis: Any) -> None:
    axis.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)
    axis.yaxis.get_offset_text().set_horizontalalignment("right")
