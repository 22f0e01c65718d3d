"""Section of the learning curves."""

from __future__ import annotations

import numpy as np

from eegcli.artifacts.run import Run
from eegcli.artifacts.table import StoredTable
from eegcli.errors import counted
from eegcli.registry import METRICS, choosing_metric, training_metric
from eegcli.reporting.charts.chart import Mark, Plot, Series
from eegcli.reporting.content import Block, Drawn, Section, Text
from eegcli.reporting.material import Material

SETS = ("train", "validation", "test")


def section(material: Material) -> Section:
    """Draw the loss, the metric of training, and the one that chose the epoch."""
    run, where = material.run, ""
    if run.metrics.get("training") is None:
        return Section("curves", "Learning curves", [Text("A closed form is computed at once: there is no course of learning.")])
    if material.validated is not None:
        run, where = material.validated, "The training that chose the epochs of the refit: "
    histories = [network.history for network in run.networks]
    kept = sorted({int(one["kept_epoch"]) for one in run.metrics["networks"]})
    names = ["loss", training_metric(run.kind), choosing_metric(run.kind)]
    charts = tuple(chart for name in dict.fromkeys(names) if (chart := _chart(histories, name, kept)) is not None)
    which = f"epoch {kept[0]}" if len(kept) == 1 else f"epochs {kept[0]} to {kept[-1]}"
    words = f"{where}{counted(len(histories), 'network')}; kept: {which}, {_why(run)}."
    blocks: list[Block] = [Text(words), Drawn(charts)]
    return Section("curves", "Learning curves", blocks)


def _why(run: Run) -> str:
    """Say why an epoch was kept."""
    by = choosing_metric(run.kind).replace("_", " ")
    if run.settings.report_epoch == "published":
        return f"the one that is best on the TEST set, which is optimistic ({by})"
    if run.settings.refit:
        return "the last of as many epochs as validation subjects chose before"
    if not (run.splits["split"] == "validation").any():
        return "the last, for nobody validated"
    return f"the one that is best on the validation set ({by})"


def _chart(histories: list[StoredTable], name: str, kept: list[int]) -> Plot | None:
    percent = name in METRICS and METRICS[name].unit == "%"
    scale = 100.0 if percent else 1.0
    series = []
    for index, which in enumerate(SETS):
        courses = [_course(history, f"{which}_{name}") for history in histories if f"{which}_{name}" in history]
        if not courses:
            continue
        longest = max(map(len, courses))
        stack = np.full((len(courses), longest), np.nan)
        for row, course in enumerate(courses):
            stack[row, : len(course)] = scale * course
        epochs = np.arange(1.0, longest + 1)
        several = len(courses) > 1
        with np.errstate(all="ignore"):
            mean = np.nanmean(stack, axis=0)
            low, high = (np.nanmin(stack, axis=0), np.nanmax(stack, axis=0)) if several else (None, None)
        series.append(Series(which, epochs, mean, low, high, colour=index))
    if not series:
        return None
    marks = tuple(Mark(float(epoch), "kept", "x") for epoch in (kept[:1] if len(kept) == 1 else ()))
    words = name.replace("_", " ")
    return Plot(
        name=f"curve-{name.replace('_', '-')}",
        title=f"{words[0].upper()}{words[1:]} per epoch",
        how="Training beside validation: curves that part are a network that learns its own people by heart."
        + (" Lines: mean over networks; areas: from the lowest to the highest." if len(histories) > 1 else ""),
        caveat="The training figures are running means of an epoch with dropout, so that they may lie below those of the validation set.",
        alt=f"{words} per epoch: " + "; ".join(f"{one.name} from {one.y[0]:.3g} to {one.y[-1]:.3g}" for one in series),
        x_label="epoch",
        y_label=f"{words} (%)" if percent else words,
        series=tuple(series),
        marks=marks,
    )


def _course(history: StoredTable, column: str) -> np.ndarray:
    """Course of a column over the epochs: of several looks within an epoch the last."""
    epoch = np.asarray(history["epoch"])
    values: np.ndarray = np.asarray(history[column], np.float64)[np.append(epoch[1:] != epoch[:-1], True)]
    return values
