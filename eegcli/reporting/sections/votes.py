"""Section of the votes: a row per tested person, which opens the windows in time and the worst of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.table import Table
from eegcli.errors import counted
from eegcli.reporting.charts.chart import Mark, Plot, Series
from eegcli.reporting.content import Block, Drawn, Grid, Missing, Section, Text
from eegcli.reporting.material import Material
from eegcli.reporting.wording import DASH

TEST = "test"
MAX_POINTS = 60  # of a course of windows: a third of a phone's pixels; more would cost 3,000 subjects a megabyte
N_WORST = 3
HEIGHT, STEP = 40, 4  # of a course: units of its drawing
KEY = "dataset", "subject"


@dataclass(frozen=True)
class Course:
    """Windows of a voter in time.

    Attributes
    ----------
    path : str
        Line of the drawing, `HEIGHT` high.
    n : int
        Points of it.
    per_point : int
        Windows that a point is the mean of.
    worst : str
        Windows that speak most against the truth.
    """

    path: str
    n: int
    per_point: int
    worst: str


@dataclass(frozen=True)
class _Voter:
    """Vote of a unit: mean over the networks that tested it."""

    dataset: str
    subject: str
    unit: str
    truth: str
    said: str
    good: float  # probability of the truth; of a number the error
    n_windows: int
    right: bool | None


def section(material: Material) -> Section:
    """Tabulate the votes of the test set, and draw how sure they are."""
    title = "Votes"
    if material.evaluation is None:
        return Section("votes", title, [Missing("There are no votes without an evaluation.", f"eegcli evaluate {material.name}")])
    run, evaluation = material.run, material.evaluation
    voters = _voters(evaluation.votes, run.classes)
    if not voters:
        return Section("votes", title, [Text("Nobody is in the test set.")])
    is_class = run.kind == "classification"
    courses = _courses(evaluation.predictions, run.classes, str(evaluation.metrics["unit"]))
    several = len({one.dataset for one in voters}) > 1
    unit = str(evaluation.metrics["unit"])
    order = sorted(voters, key=lambda one: (one.good if is_class else -one.good, one.dataset, one.subject, one.unit))
    columns = [*(["data set"] if several else []), "subject", *([] if unit == "subject" else [unit]), "true", "vote"]
    columns += ["p of the truth" if is_class else "error", "windows", *(["right %"] if is_class else [])]
    rows, details = [], []
    for one in order:
        course = courses.get((one.dataset, one.subject, one.unit))
        row = [*([one.dataset] if several else []), one.subject, *([] if unit == "subject" else [one.unit]), one.truth]
        row += [
            one.said if one.right is not False else f"{one.said} ✗",
            f"{one.good:.3f}" if is_class else f"{one.good:.3g}",
            str(one.n_windows),
        ]
        if is_class:
            row.append(DASH if course is None else f"{100 * course[1]:.0f}")
        rows.append(tuple(row))
        details.append(None if course is None else course[0])
    first = columns.index("windows") - 1
    how = "A heading sorts; a row opens its windows in time and the worst of them." if any(details) else "A heading sorts."
    wrong = sum(one.right is False for one in voters)
    said = (
        f"{counted(len(voters), 'vote')} of the test set, {wrong} wrong. "
        if is_class
        else f"{counted(len(voters), 'prediction')} of the test set. "
    )
    blocks: list[Block] = [
        Text(said + f"{how} The first rows are those that are farthest from the truth."),
        Drawn((_sureness(voters, run.classes) if is_class else _scatter(voters, run.target),)),
        Grid(
            f"Votes of the test set, a row per {unit}",
            tuple(columns),
            tuple(rows),
            tuple(range(first, len(columns))),
            sortable=True,
            details=tuple(details),
        ),
    ]
    return Section("votes", title, blocks)


def _voters(votes: Table, classes: tuple[str, ...]) -> list[_Voter]:
    test = votes["split"].astype(str) == TEST
    table = {name: column[test] for name, column in votes.items()}
    found: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(zip(*(_texts(table[name]) for name in (*KEY, "unit")), strict=True)):
        found.setdefault(key, []).append(row)
    outputs = np.stack([table[f"p_{name}"] for name in classes], axis=1) if classes else np.asarray(table["prediction"])[:, None]
    voters = []
    right: bool | None
    for (dataset, subject, unit), rows in found.items():
        mean = outputs[rows].mean(axis=0)
        truth = table["truth"][rows[0]]
        if classes:
            winner = classes[int(np.argmax(mean))]
            good = float(mean[classes.index(str(truth))]) if str(truth) in classes else float("nan")
            true, said, value, right = str(truth), str(winner), good, str(winner) == str(truth)
        else:
            true, said, value, right = f"{float(truth):.4g}", f"{mean[0]:.4g}", abs(float(mean[0]) - float(truth)), None
        voters.append(_Voter(dataset, subject, unit, true, said, value, int(table["n_windows"][rows[0]]), right))
    return voters


def _texts(column: np.ndarray) -> list[str]:
    return ["unknown" if one is None else str(one) for one in column.tolist()]


def _courses(predictions: Table, classes: tuple[str, ...], unit: str) -> dict[tuple[str, str, str], tuple[Course, float]]:
    """Course of each voter's windows, and the share that is right; none where windows vote, or nobody knows whose they are."""
    names = {"subject": ("subject",), "recording": ("recording",)}.get(unit)
    if names is None:
        return {}
    test = np.flatnonzero(predictions["split"].astype(str) == TEST)
    table = {name: column[test] for name, column in predictions.items()}
    window, first, member = np.unique(np.asarray(table["window"]), return_index=True, return_inverse=True)
    n = np.bincount(member)
    outputs = [
        np.bincount(member, weights=np.asarray(table[name], np.float64)) / n for name in ([f"p_{one}" for one in classes] or ["prediction"])
    ]
    stacked = np.stack(outputs, axis=1)
    truth = table["truth"][first]
    if classes:
        place = {name: index for index, name in enumerate(classes)}
        index = np.array([place.get(str(one), 0) for one in truth.tolist()])
        good, right = stacked[np.arange(len(window)), index], stacked.argmax(axis=1) == index
        height = good
    else:
        error = stacked[:, 0] - truth.astype(np.float64)
        reach = float(np.nanmax(np.abs(error))) or 1.0
        good, right, height = -np.abs(error), np.zeros(len(window), bool), 0.5 + error / (2 * reach)
    keys = list(zip(_texts(table["dataset"][first]), _texts(table["subject"][first]), _texts(table[names[0]][first]), strict=True))
    onset = np.asarray(table["onset"], np.float64)[first]
    recording = _texts(table["recording"][first])
    rows_of: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
    found = {}
    for key, rows in rows_of.items():
        rows = sorted(rows, key=lambda row: (recording[row], onset[row]))
        found[key] = _course(np.array(rows), good, height, onset, recording), float(right[rows].mean())
    return found


def _course(rows: NDArray[np.int64], good: np.ndarray, height: np.ndarray, onset: np.ndarray, recording: list[str]) -> Course:
    per = -(-len(rows) // MAX_POINTS)
    means = [float(np.mean(height[rows[start : start + per]])) for start in range(0, len(rows), per)]
    places = [round(HEIGHT * (1 - min(max(value, 0.0), 1.0))) if np.isfinite(value) else HEIGHT for value in means]
    steps = "".join(f"l{STEP} {after - before}" for before, after in pairwise(places))
    worst = rows[np.argsort(good[rows], kind="stable")[:N_WORST]]
    several = len({recording[row] for row in rows}) > 1
    said = [
        (f"{recording[row]} " if several else "") + (f"{onset[row]:.0f} s " if np.isfinite(onset[row]) else "") + f"({abs(good[row]):.2g})"
        for row in worst
    ]
    return Course(f"M0 {places[0]}{steps}", len(places), per, ", ".join(said))


def _sureness(voters: list[_Voter], classes: tuple[str, ...]) -> Plot:
    series, start = [], 0
    for index, name in enumerate(classes):
        values = np.sort(np.array([one.good for one in voters if one.truth == name], np.float64))
        if len(values):
            series.append(Series(f"true {name}", np.arange(start + 1.0, start + len(values) + 1), values, marked=True, colour=index))
            start += len(values)
    return Plot(
        name="sureness",
        title="How sure the votes are",
        how="A point per vote, sorted within its class: the mean probability of the true class. With two classes, points below the line are wrong votes.",
        caveat="A probability is the network's own; whether it can be believed is told by the calibration.",
        alt="; ".join(
            f"{one.name}: {int((one.y > 1 / len(classes)).sum())} of {len(one.y)} above {1 / len(classes):.2g}" for one in series
        ),
        x_label="votes, sorted",
        y_label="probability of the truth",
        series=tuple(series),
        marks=(Mark(1 / len(classes), "no preference"),),
        y_range=(0.0, 1.0),
    )


def _scatter(voters: list[_Voter], target: str) -> Plot:
    x, y = (np.array([float(getattr(one, name)) for one in voters]) for name in ("truth", "said"))
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    line = np.array([low, high])
    return Plot(
        name="scatter",
        title="Predicted against true",
        how="A point per vote; on the dashed line a prediction equals the truth.",
        caveat="A cloud along a flat line is a network that says the mean of all.",
        alt=f"Predicted against true {target} of {counted(len(voters), 'vote')}.",
        x_label=f"true {target}",
        y_label=f"predicted {target}",
        series=(Series("votes", x, y, marked=True), Series("equal", line, line, dashed=True, colour=1)),
    )
