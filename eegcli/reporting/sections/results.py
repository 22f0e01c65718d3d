"""Section of the figures of all sets, windows beside votes, and of what they are held against."""

from __future__ import annotations

import numpy as np

from eegcli.registry.evaluation import PARTS
from eegcli.reporting.charts.chart import AnyChart, Mark, Matrix, Plot, Series
from eegcli.reporting.content import Block, Drawn, Grid, Missing, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import DASH, figures_table

SETS = ("test", "validation", "train")
WITH_SECTIONS = ("calibration", "confounds", "strata")  # parts of an evaluation that have sections of their own


def section(material: Material) -> Section:
    """Tabulate the sets; draw the confusion of the test set, and accuracy against seconds of EEG."""
    if material.evaluation is None:
        why = material.why_not.get("evaluation", "not made")
        return Section("results", "Results", [Missing(f"There is no evaluation: {why}.", f"eegcli evaluate {material.name}")])
    metrics, kind = material.evaluation.metrics, material.run.kind
    splits = metrics["splits"]
    levels = {
        f"{name}: {word}": splits[name][level]
        for name in SETS
        if name in splits
        for level, word in (("vote", f"votes of {metrics['unit']}s"), ("window", "windows"))
    }
    columns, rows = figures_table(levels, kind)
    blocks: list[Block] = [
        Text("The test set is the result; the other sets stand beside it to show how much better the network knows those it learnt from."),
        Grid("Figures of the sets; intervals are of 95 %, over subjects", columns, rows, tuple(range(1, len(columns)))),
    ]
    charts: list[AnyChart] = []
    if "confusion" in splits["test"]["vote"]:
        charts.append(_confusion(material))
    if (voting := material.evaluation.tables.get("voting")) is not None and len(voting["seconds"]):
        charts.append(_voting(voting, splits["test"]["vote"].get("majority_rate")))
    if charts:
        blocks.append(Drawn(tuple(charts)))
    said = [sentence for name in PARTS if name not in WITH_SECTIONS for sentence in (metrics.get(name) or {}).get("said", ()) or ()]
    blocks += [Text(f"{sentence[0].upper()}{sentence[1:]}.") for sentence in said if sentence]
    if checks := metrics.get("leak_checks"):
        words = {True: "passed", False: "FAILED", None: "not judged"}
        rows = tuple(
            (str(one["name"]), words[one.get("passed")], DASH if one.get("value") is None else f"{one['value']:g}") for one in checks
        )
        blocks.append(Grid("Leak checks; the figure is the number of cases that were found", ("check", "verdict", "found"), rows, (2,)))
    for name, other in material.others.items():
        test = other.metrics["splits"]
        columns, rows = figures_table({f"{key}: {level}s": test[key][level] for key in test for level in ("vote", "window")}, kind)
        blocks.append(Grid(f"On other windows: {name}", columns, rows, tuple(range(1, len(columns)))))
    return Section("results", "Results", blocks)


def _confusion(material: Material) -> Matrix:
    assert material.evaluation is not None
    metrics = material.evaluation.metrics
    test = metrics["splits"]["test"]
    counts = {
        f"votes of {metrics['unit']}s": np.asarray(test["vote"]["confusion"], dtype=np.float64).round().astype(np.int64),
        "windows": np.asarray(test["window"]["confusion"], dtype=np.float64).round().astype(np.int64),
    }
    return Matrix(
        name="confusion",
        title="Who is taken for whom",
        how="Rows are true classes, columns what was predicted; the diagonal is right. Shading: share of the row.",
        caveat="Of several seeds, counts are means over them, rounded. Windows of one person are no independent cases.",
        alt="Confusion of the test set: " + "; ".join(f"{of} {array.tolist()}" for of, array in counts.items()),
        classes=material.run.classes,
        counts=counts,
    )


def _voting(table: dict[str, np.ndarray], majority: float | None) -> Plot:
    y, low, high = (100 * np.asarray(table[name], np.float64) for name in ("accuracy", "low", "high"))
    marks = () if majority is None else (Mark(100 * majority, "constant answer"),)
    return Plot(
        name="voting",
        title="Accuracy of votes against seconds of EEG",
        how="How much EEG of a person the vote needs: each point lets only so many of the first windows vote.",
        caveat="All points are of the same people, so that they are not independent; the area is the interval over subjects.",
        alt=f"Accuracy of votes from {y[0]:.3g} % with {table['seconds'][0]:.3g} s to {y[-1]:.3g} % with {table['seconds'][-1]:.3g} s.",
        x_label="seconds of EEG",
        y_label="accuracy of votes (%)",
        series=(Series("", np.asarray(table["seconds"], np.float64), y, low, high),),
        marks=marks,
        x_log=bool(np.nanmax(table["seconds"]) > 20 * max(np.nanmin(table["seconds"]), 1e-9)),
    )
