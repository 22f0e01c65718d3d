"""Charts of the results of explanation methods: spectra, courses in time, and heads per band, by the names of their axes in the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import StoredExplanation, arrays_of
from eegcli.bands import EXPLAIN_HALF_OPEN
from eegcli.registry import EXPLANATION_KINDS
from eegcli.reporting.charts.chart import AnyChart, Bars, Floats, Heads, Plot, Series
from eegcli.stats.spectra import in_range

MAX_LABELS = 6  # that are drawn
LABELS = ("n_classes", "n_groups", "n_labels", "n_filters", "n_patterns")  # axes of what has a name each
PLACES = ("n_channels", "n_freqs", "n_times", "n_bands")
# What a chart has beside its values, or is drawn from: not drawn alone.
ASIDE = ("low", "high", "p", "reference", "start_spectrum", "beside")
PARTS = ("subject_", "channel_low", "channel_high", "channel_p")


@dataclass(frozen=True)
class Named:
    """Words of a chart."""

    method: str
    array: str
    words: str
    units: str
    grey: bool

    @property
    def slug(self) -> str:
        """Name of the chart."""
        return f"{self.method}-{self.array.replace('_', '-')}"


def charts_of(explanation: StoredExplanation, name: str, places: Floats, *, grey: bool) -> Iterator[AnyChart]:
    """Draw the arrays of a result.

    Parameters
    ----------
    explanation : StoredExplanation
        With this method among its methods.
    name : str
        Of the method.
    places : ndarray, shape (n_channels, 2)
        Of the electrodes, seen from above.
    grey : bool
        True where it failed a control.
    """
    result = explanation.methods[name]
    arrays = arrays_of(result)
    for entry in EXPLANATION_KINDS[result.kind].arrays:
        values = arrays.get(entry.name)
        axes = [axis.strip() for axis in entry.shape.strip("()").split(",") if axis.strip()]
        if values is None or not _is_drawn(entry.name, values, axes):
            continue
        named = Named(name, entry.name, entry.meaning.partition(";")[0].partition(", of ")[0], explanation.units_of(name), grey)
        labels = _labels(explanation, result, axes)
        by_label = np.asarray(values, np.float64)[:MAX_LABELS] if axes[0] in LABELS else np.asarray(values, np.float64)[None]
        rest = axes[1:] if axes[0] in LABELS else axes
        if "n_freqs" in rest and values.shape[axes.index("n_freqs")] == len(explanation.freqs):
            shown = in_range(explanation.freqs)
            has_interval = entry.name == "difference"
            bounds = [_other(arrays, bound, values.shape, shown) if has_interval else None for bound in ("low", "high")]
            lines = _along(by_label, rest, "n_freqs")[:, shown]
            yield _lines(labels, lines, explanation.freqs[shown], "frequency (Hz)", bounds, named)
            if "n_channels" in rest:
                yield _channels(explanation, _in_bands(by_label, rest, explanation.freqs), labels, places, named)
        elif "n_times" in rest:
            courses = _along(by_label, rest, "n_times")
            yield _lines(labels, courses, np.arange(courses.shape[1]) / explanation.sfreq, "time in the window (s)", [None, None], named)
        elif "n_channels" in rest:
            of_bands = by_label if "n_bands" in rest else _along(by_label, rest, "n_channels")[..., None]
            yield _channels(explanation, of_bands, labels, places, named)


def _is_drawn(name: str, values: np.ndarray, axes: list[str]) -> bool:
    rest = [axis for axis in axes if axis not in LABELS]
    return (
        name not in ASIDE
        and not name.startswith(PARTS)
        and len(axes) == values.ndim
        and values.size > 0
        and np.issubdtype(values.dtype, np.number)
        and len(set(axes)) == len(axes)
        and bool(rest)
        and set(rest) <= set(PLACES)
        and axes[0] in (*LABELS, *PLACES)
    )


def _labels(explanation: StoredExplanation, result: Any, axes: list[str]) -> list[str]:
    """Names along the first axis: those that the result states, else the classes; "" of one that has no such axis."""
    if axes[0] == "n_classes":
        return list(explanation.classes)[:MAX_LABELS]
    stated = getattr(result, "pattern_labels" if axes[0] == "n_patterns" else "labels", None)
    return [str(one) for one in stated[:MAX_LABELS]] if axes[0] in LABELS and stated is not None else [""]


def _along(values: Floats, rest: list[str], kept: str) -> Floats:
    """Mean over all axes but the first and one other: (n_labels, ...) -> (n_labels, n)."""
    over = tuple(place + 1 for place, axis in enumerate(rest) if axis != kept)
    return np.asarray(values.mean(axis=over) if over else values)


def _in_bands(values: Floats, rest: list[str], freqs: Floats) -> Floats:
    """Mean within each band: (n_labels, n_channels, n_freqs) -> (n_labels, n_channels, n_bands)."""
    last = np.moveaxis(values, rest.index("n_freqs") + 1, -1)
    inside = [(freqs >= low) & (freqs < high) for low, high in EXPLAIN_HALF_OPEN.values()]
    return np.stack([last[..., own].mean(axis=-1) if own.any() else np.full(last.shape[:-1], np.nan) for own in inside], axis=-1)


def _other(arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...], shown: np.ndarray) -> Floats | None:
    found = arrays.get(name)
    return np.asarray(found, np.float64)[:MAX_LABELS, shown] if found is not None and found.shape == shape else None


def _lines(labels: list[str], values: Floats, x: Floats, label: str, bounds: list[Floats | None], named: Named) -> Plot:
    low, high = bounds
    series = tuple(
        Series(
            one, np.asarray(x, np.float64), row, None if low is None else low[index], None if high is None else high[index], colour=index
        )
        for index, (one, row) in enumerate(zip(labels, values, strict=False))
    )
    peaks = [f"{one.name or 'all'} highest at {one.x[int(np.nanargmax(one.y))]:.3g}" for one in series if np.isfinite(one.y).any()]
    interval = "" if low is None else " Areas: pointwise 95 % intervals over subjects, of one place that was named before."
    return Plot(
        name=named.slug,
        title=f"{named.method}: {named.words}",
        how=f"A line per class or filter, along {label.partition(' (')[0]}, mean over what else there is.{interval}",
        caveat="Heights of classes are not comparable where the output of one is steeper; compare where their peaks lie.",
        alt=f"{named.words} of {named.method}: {'; '.join(peaks)}.",
        x_label=label,
        y_label=named.units,
        series=series,
        grey=named.grey,
    )


def _channels(explanation: StoredExplanation, values: Floats, labels: list[str], places: Floats, named: Named) -> AnyChart:
    """Heads per label and band: values of shape (n_labels, n_channels, n_bands); of one band, or of channels without places, more simply."""
    bands = list(EXPLAIN_HALF_OPEN) if values.shape[2] == len(EXPLAIN_HALF_OPEN) else [""] * values.shape[2]
    by_name = {
        " ".join(filter(None, (label, band))) or named.method: values[index, :, place]
        for index, label in enumerate(labels)
        for place, band in enumerate(bands)
    }
    known = {name: row for name, row in by_name.items() if np.isfinite(row).any()}
    highest = "; ".join(f"{name}: {explanation.ch_names[int(np.nanargmax(np.abs(row)))]}" for name, row in known.items())
    words: dict[str, Any] = {
        "name": f"{named.slug}-channels",
        "title": f"{named.method}: {named.words}, per channel{' and band' if any(bands) else ''}",
        "caveat": "One value per electrode, not a source: neighbours share signals by volume conduction.",
        "alt": f"{named.words} of {named.method} per channel; highest at {highest or 'none'}.",
        "grey": named.grey,
    }
    if known and np.isfinite(places).all(axis=1).sum() >= len(explanation.ch_names) / 2:
        how = "The head from above, nose up; the stronger the colour of an electrode, the larger its value."
        return Heads(how=how, label=named.units, ch_names=explanation.ch_names, places=places, values=by_name, **words)
    return Bars(how="A bar per channel.", label=named.units, rows=explanation.ch_names, series=by_name, **words)
