"""Charts of how classes differ over subjects in what a method shows: along frequency and time, per channel, per part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.explanation import StoredExplanation
from eegcli.artifacts.table import take
from eegcli.errors import listed
from eegcli.registry import EXPLANATION_KINDS
from eegcli.reporting.charts.chart import AnyChart, Bars, Floats, Mark, Plot, Series
from eegcli.stats.cluster import LEVEL

MAX_CLASSES = 6  # that are drawn
LABELS = {"frequency": "frequency (Hz)", "time": "time in the window (s)"}  # of places that are numbers
CAVEAT = (
    "The cluster test tells whether the classes differ anywhere, not where exactly: the edges of a cluster are not tested. "
    "Subjects are compared, not windows, so that few subjects show only large differences."
)


@dataclass(frozen=True)
class _OfClass:
    """Difference of a class from the others, place by place; `p` is that of the cluster in which a place lies, else 1."""

    places: NDArray[np.object_]
    difference: Floats
    low: Floats
    high: Floats
    p: Floats

    @property
    def told(self) -> str:
        """Clusters that are more than chance, in words."""
        if not np.isfinite(self.low).any():
            return "too few subjects to tell"
        found = self.places[self.p <= LEVEL]
        return f"cluster p {np.nanmin(self.p):.2g}{f', at {listed(found)}' if len(found) else ', nowhere more than chance'}"


def charts_of(explanation: StoredExplanation, name: str, *, grey: bool) -> Iterator[AnyChart]:
    """Draw differences between classes of a method; none where its result holds differences of its own, or no means of subjects.

    Parameters
    ----------
    explanation : StoredExplanation
        With this method among its methods.
    name : str
        Of the method.
    grey : bool
        True where it failed a control.
    """
    table = explanation.differences
    has_own = any(entry.name == "difference" for entry in EXPLANATION_KINDS[explanation.methods[name].kind].arrays)
    if has_own or "method" not in table:
        return
    of_method = take(table, table["method"] == name)
    for along in dict.fromkeys(of_method["along"]):
        of_axis = take(of_method, of_method["along"] == along)
        by_class = {}
        for label in list(dict.fromkeys(of_axis["class"]))[:MAX_CLASSES]:
            own = take(of_axis, of_axis["class"] == label)
            by_class[str(label)] = _OfClass(own["place"], own["difference"], own["low"], own["high"], own["p"])
        yield _chart(explanation, name, str(along), by_class, grey=grey)


def _chart(explanation: StoredExplanation, name: str, along: str, by_class: dict[str, _OfClass], *, grey: bool) -> AnyChart:
    names = {label: f"{label} less {'the others' if len(explanation.classes) > 2 else explanation.classes[1]}" for label in by_class}
    told = "; ".join(f"{names[label]}: {one.told}" for label, one in by_class.items())
    slug, title = f"{name}-difference-{along}", f"{name}: difference between classes over subjects, per {along} ({told})"
    units, alt = explanation.units_of(name), f"Difference between classes over subjects, per {along}. {told}."
    if along in LABELS:
        series = tuple(
            Series(names[label], one.places.astype(np.float64), one.difference, one.low, one.high) for label, one in by_class.items()
        )
        how = f"Mean over subjects of what {name} gives; areas are pointwise 95 % intervals over subjects, of one place that was named before."
        return Plot(
            name=slug,
            title=title,
            how=how,
            caveat=CAVEAT,
            alt=alt,
            grey=grey,
            x_label=LABELS[along],
            y_label=units,
            series=series,
            marks=(Mark(0.0, "no difference"),),
        )
    first = next(iter(by_class.values()))
    whiskers = f"whiskers of {names[next(iter(by_class))]} are pointwise 95 % intervals over subjects, of one {along} that was named before"
    return Bars(
        name=slug,
        title=title,
        how=f"A bar per {along}, the mean over subjects of what {name} gives; {whiskers}.",
        caveat=CAVEAT,
        alt=alt,
        grey=grey,
        label=units,
        rows=tuple(map(str, first.places)),
        series={names[label]: one.difference for label, one in by_class.items()},
        low=first.low,
        high=first.high,
        marks=(Mark(0.0, "no difference", axis="x"),),
    )
