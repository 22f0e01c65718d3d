"""Section of the calibration: whether the network's probabilities can be believed."""

from __future__ import annotations

import numpy as np

from eegcli.reporting.charts.chart import Plot, Series
from eegcli.reporting.content import Block, Drawn, Missing, Section, Text
from eegcli.reporting.material import Material


def section(material: Material) -> Section:
    """Draw accuracy against confidence, before and after a temperature."""
    title = "Calibration"
    if material.evaluation is None:
        return Section("calibration", title, [Missing("There is no evaluation.", f"eegcli evaluate {material.name}")])
    metrics = material.evaluation.metrics
    if material.run.kind == "regression":
        return Section("calibration", title, [Text("A number has no probabilities that could be calibrated.")])
    table = material.evaluation.tables.get("calibration")
    if table is None or not metrics.get("calibration"):
        return Section(
            "calibration",
            title,
            [Missing("It was not made: an earlier version evaluated this run.", f"eegcli evaluate {material.name} --force")],
        )
    charts = []
    for level, words in (("vote", f"votes of {metrics['unit']}s"), ("window", "windows")):
        series = []
        for index, state in enumerate(("before", "after")):
            here = (table["level"] == level) & (table["state"] == state) & (np.asarray(table["n"]) > 0)
            if here.any():
                x, y = (np.asarray(table[name], np.float64)[here] for name in ("confidence", "accuracy"))
                series.append(Series(f"{state} the temperature" if state == "after" else "as it is", x, y, marked=True, colour=index))
        if not series:
            continue
        ends = np.array([1 / max(len(material.run.classes), 2), 1.0])
        series.append(Series("perfect", ends, ends, dashed=True, colour=2))
        charts.append(
            Plot(
                name=f"calibration-{level}",
                title=f"Calibration of {words}",
                how="Of all that the network said with this confidence, the share that was right. On the dashed line the two are equal; below it, it is too sure.",
                caveat="Bins of few people scatter widely; the number in each is in the table calibration.parquet.",
                alt=f"Accuracy against confidence of {words}, in {len(series[0].x)} bins that are not empty.",
                x_label="confidence",
                y_label="share that is right",
                series=tuple(series),
                y_range=(0.0, 1.0),
            )
        )
    blocks: list[Block] = [Text(f"{sentence[0].upper()}{sentence[1:]}.") for sentence in metrics["calibration"].get("said", ()) if sentence]
    return Section("calibration", title, [*blocks, *([Drawn(tuple(charts))] if charts else [])])
