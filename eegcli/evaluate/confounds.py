"""Confounds: what else tells the target, and whether the network knows more than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.figure import drawing, head
from eegcli.artifacts.table import from_rows, write_table
from eegcli.errors import counted, listed
from eegcli.evaluate.columns import AMPLITUDE, MEASURED, Units, columns_of
from eegcli.evaluate.evaluated import Evaluated
from eegcli.stats.confounding import Column, Told, residual, tell
from eegcli.stats.holm import holm
from eegcli.stats.intervals.correlation import fisher_z
from eegcli.stats.intervals.ranking import newcombe_of_groups, obuchowski, placements, ranked_together
from eegcli.stats.metrics import auc_within_folds, pearson_r
from eegcli.study.permutations import Permutations
from eegcli.study.sets import TEST

TABLE, FIGURE = "confounds.parquet", "confounds.png"
FOLDS, DRAWN, LEVEL = 10, 1000, 0.05
FEWEST_UNITS, FEWEST_SUBJECTS = 8, 4
CONFOUND, SHARED, NONE = "confound", "shared with the effect", "none"
ONE_EACH = "one value per subject, where the target varies within subjects"
SHOWN = 15  # columns in the figure
COLOURS = {CONFOUND: "#D55E00", SHARED: "#0072B2", NONE: "0.6"}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Judgement of a column: how well it tells the target alone, and what the network knows beyond it.

    Attributes
    ----------
    column : Column
    told : Told
    p_holm : float
    verdict : str
    beyond : float
        AUC (or r) of the network's test scores after what the column explains of them was removed; it cannot be told apart from chance where the
        column tells the target fully.
    ci95 : tuple of (float, float)
        Of the AUC or r of the column, over subjects; NaN of more than two classes.
    """

    column: Column
    told: Told
    p_holm: float
    verdict: str
    beyond: float
    ci95: tuple[float, float]


def confounds(evaluated: Evaluated) -> dict[str, Any]:
    """Ask of every column how well it tells the target alone, out of fold by subject, and rank them.

    Returns
    -------
    dict
        ``unit``, ``n_units``, ``n_subjects``, ``n_folds``, ``metric``, ``network`` (its own figure on the test units), ``columns`` ranked: ``name``, ``value`` with ``low`` and ``high``,
        ``p``, ``p_holm``, ``verdict``, ``beyond``, ``n_missing``; ``not_asked`` with reasons; ``said``. AUC, also the network's, are those within folds.
        ``refused`` and ``said`` alone where fewer than 8 units of 4 subjects are labelled.

    Notes
    -----
    A column measured in the signal is *shared with the effect* where the amplitude of the windows from 4 to 20 Hz, which the network is given, tells the
    target, and the column nothing beyond it: an effect on the power of rhythms moves every measure of power. Movement and muscle have theirs elsewhere.
    """
    cohort = evaluated.cohort
    units = Units.of(cohort, evaluated.unit)
    n_persons = len(np.unique(units.person))
    here = counted(len(units), evaluated.unit) + f" of {counted(n_persons, 'subject')}" * (evaluated.unit != "subject")
    if len(units) < FEWEST_UNITS or n_persons < FEWEST_SUBJECTS:
        least = f"{FEWEST_UNITS} {evaluated.unit}s" + f" of {FEWEST_SUBJECTS} subjects" * (evaluated.unit != "subject")
        why = f"{here}, too few (at least {least})"
        return {"refused": why, "said": [f"confounds: not asked, {why}"]}
    is_class = cohort.target.kind == "classification"
    y = np.eye(len(cohort.target.classes))[units.truth.astype(np.int64)] if is_class else units.truth[:, None]
    fold = folds_by_person(units.person, units.truth, evaluated.settings.seed)
    block = np.zeros(len(units), dtype=np.int64) if evaluated.unit == "subject" else units.person
    permutations = Permutations(np.arange(len(units)), block, DRAWN, evaluated.settings.seed)
    columns = list(columns_of(cohort, units))
    why_not = {column.name: column.why_not or _why_not(column, block) for column in columns}
    asked = [column for column in columns if not why_not[column.name]]
    told = [tell(column, y, fold, permutations, is_class=is_class) for column in asked]
    adjusted = holm([one.p for one in told])
    amplitude = next((column for column, one in zip(asked, told, strict=True) if column.name == AMPLITUDE and one.p <= LEVEL), None)
    score, tested_in = _network_scores(evaluated, units)
    tested = tested_in >= 0
    judged = []
    for column, one, p in zip(asked, told, adjusted, strict=True):
        verdict = NONE
        if p <= LEVEL:
            verdict = CONFOUND
            if column.name == AMPLITUDE or (
                column.name in MEASURED and amplitude is not None and _shared(column, amplitude, y, fold, permutations, is_class)
            ):
                verdict = SHARED
        left = residual(score[tested], Column(column.name, column.values[tested]))
        beyond = _figure(left, y[tested], tested_in[tested], is_class)
        judged.append(Judged(column, one, p, verdict, beyond, _interval(one, y, fold, units.person, is_class)))
    order = {CONFOUND: 0, SHARED: 1, NONE: 2}
    judged.sort(key=lambda one: (order[one.verdict], one.told.p, -one.told.value, one.column.name))
    rows = [
        {
            "name": one.column.name,
            "value": one.told.value,
            "low": one.ci95[0],
            "high": one.ci95[1],
            "p": one.told.p,
            "p_holm": one.p_holm,
            "verdict": one.verdict,
            "beyond": one.beyond,
            "n_missing": int(one.column.missing.sum()),
        }
        for one in judged
    ]
    metric = "auc" if is_class else "r"
    network = _figure(score[tested], y[tested], tested_in[tested], is_class)
    if rows:
        write_table(evaluated.output / TABLE, from_rows(rows))
        draw(evaluated, rows, network, metric, here)
    return {
        "unit": evaluated.unit,
        "n_units": len(units),
        "n_subjects": n_persons,
        "n_folds": len(np.unique(fold)),
        "metric": metric,
        "network": network,
        "columns": rows,
        "not_asked": {name: why for name, why in why_not.items() if why},
        "said": _said(rows, metric, len(units), evaluated.unit, sum(why == ONE_EACH for why in why_not.values())),
    }


def _why_not(column: Column, block: NDArray[np.int64]) -> str:
    """Reason for which a test that exchanges labels within blocks of units can see nothing of a column; empty where it can."""
    values = column.values.astype(object)
    values[column.missing] = None
    _, first, member = np.unique(block, return_index=True, return_inverse=True)
    same = values.tolist() == values[first][member].tolist()
    return ONE_EACH if same and len(first) > 1 else ""


def folds_by_person(person: NDArray[np.int64], truth: Floats, seed: int) -> NDArray[np.int64]:
    """Draw folds of persons, alike in their mean label.

    Parameters
    ----------
    person : ndarray of int, shape (n_units,)
    truth : ndarray, shape (n_units,)
    seed : int

    Returns
    -------
    ndarray of int, shape (n_units,)
        Ten, or fewer where there are fewer than twenty persons.
    """
    names, number = np.unique(person, return_inverse=True)
    mean = np.bincount(number, weights=truth) / np.bincount(number)
    n_folds = min(FOLDS, max(2, len(names) // 2))
    order = np.lexsort((np.random.default_rng(seed).random(len(names)), mean))
    fold = np.empty(len(names), dtype=np.int64)
    fold[order] = np.arange(len(names)) % n_folds
    return fold[number]


def _interval(told: Told, y: Floats, fold: NDArray[np.int64], person: NDArray[np.int64], is_class: bool) -> tuple[float, float]:
    """Interval of the AUC (within folds, as the value is) or r of a column, with subjects as clusters."""
    n_persons = len(np.unique(person))
    if not is_class:
        of_r = fisher_z(told.value, n_persons)
        return float(of_r[0]), float(of_r[1])
    if y.shape[1] != 2 or not np.isfinite(told.value):
        return np.nan, np.nan
    truth = y[:, 1].astype(np.int64)
    groups = ranked_together(truth, fold)
    placed = np.zeros(len(y))
    for rows in groups:
        placed[rows] = placements(truth[rows], told.score[rows, 1])
    ranked = np.concatenate(groups)
    low, high = obuchowski(placed[ranked], truth[ranked], person[ranked])
    if np.isfinite(low):
        return low, high
    # Of each person one unit of either class, for the others say nothing new of an area of 0 or 1.
    of_one = np.unique(np.stack([person, truth], axis=1), axis=0, return_index=True)[1]
    return newcombe_of_groups(told.value, truth, [np.intersect1d(rows, of_one) for rows in groups])


def _shared(column: Column, amplitude: Column, y: Floats, fold: NDArray[np.int64], permutations: Permutations, is_class: bool) -> bool:
    """True where a measure of the signal tells nothing beyond the amplitude of the windows from 4 to 20 Hz."""
    values = np.log(np.maximum(column.values.astype(np.float64), 1e-12))
    known = np.isfinite(values)
    values[known] = residual(values[known, None], Column(AMPLITUDE, amplitude.values[known]))[:, 0]
    return tell(Column(column.name, values), y, fold, permutations, is_class=is_class).p > LEVEL


def _network_scores(evaluated: Evaluated, units: Units) -> tuple[Floats, NDArray[np.int64]]:
    """Mean output of the networks for the test windows of each unit, and the fold that tests it: 0 where several do, -1 where none does."""
    where = np.full(len(evaluated.cohort.windows.table["onset"]), -1)
    where[units.rows] = units.member
    outputs = evaluated.predictions[0].outputs.shape[1]
    sums, counts, fold = np.zeros((len(units), outputs)), np.zeros(len(units)), np.full(len(units), -1)
    for one in evaluated.predictions:
        test = one.split == TEST
        member = where[one.rows[test]]
        np.add.at(sums, member, one.outputs[test])
        counts += np.bincount(member, minlength=len(units))
        here = np.unique(member)
        fold[here] = np.where((fold[here] < 0) | (fold[here] == one.fold), one.fold, 0)
    return np.divide(sums, counts[:, None], out=np.zeros_like(sums), where=counts[:, None] > 0), fold


def _figure(score: Floats, y: Floats, fold: NDArray[np.int64], is_class: bool) -> float:
    """AUC within folds, whose scores are of different networks, or r, of the network's scores of tested units."""
    if not is_class:
        return pearson_r(y[:, 0], score[:, 0])
    return auc_within_folds(np.argmax(y, axis=1), score, fold, np.arange(len(y)))


def _said(rows: list[dict[str, Any]], metric: str, n: int, unit: str, n_one_each: int) -> list[str]:
    def names(verdict: str) -> list[str]:
        return [
            f"{row['name']} ({metric.upper() if metric == 'auc' else metric} {row['value']:.2f}{_between(row)}, p = {row['p_holm']:.2g})"
            for row in rows
            if row["verdict"] == verdict
        ]

    asked = f"{counted(len(rows), 'column')} asked of {counted(n, unit)}, p after Holm"
    if n_one_each:
        asked += f"; {counted(n_one_each, 'column')} cannot be asked: {ONE_EACH}"
    found, shared = names(CONFOUND), names(SHARED)
    said = [f"confounds: {listed(found, 5)} tell{'s' * (len(found) == 1)} the target alone; {asked}"]
    if not found:
        said = [f"confounds: no {'other ' * bool(shared)}column tells the target alone; {asked}"]
    of_amplitude = [f"shared with the effect: {listed(shared, 5)}: what a difference in amplitude carries with it"] if shared else []
    return said + of_amplitude if found else of_amplitude + said


def _between(row: dict[str, Any]) -> str:
    return f" [{row['low']:.2f}-{row['high']:.2f}]" if np.isfinite(row["low"]) else ""


def draw(evaluated: Evaluated, rows: list[dict[str, Any]], network: float, metric: str, asked_of: str) -> None:
    """Draw the best columns, with the network beside them."""
    shown = rows[:SHOWN][::-1]
    chance = 0.5 if metric == "auc" else 0.0
    with drawing(evaluated.output / FIGURE, width=7.2, height=1.6 + 0.28 * len(shown)) as figure:
        head(figure, evaluated.title.removeprefix("test set: "), fontsize=10)
        axis = figure.subplots()
        places = np.arange(len(shown))
        axis.barh(
            places, [row["value"] - chance for row in shown], left=chance, color=[COLOURS[row["verdict"]] for row in shown], height=0.7
        )
        bounds = np.array([[row["value"] - row["low"], row["high"] - row["value"]] for row in shown])
        known = np.isfinite(bounds).all(axis=1)
        if known.any():
            values, off = np.array([row["value"] for row in shown])[known], np.maximum(bounds[known], 0).T
            axis.errorbar(values, places[known], xerr=off, fmt="none", ecolor="0.25", elinewidth=1, label="95 % CI over subjects")
        axis.plot([row["beyond"] for row in shown], places, "k|", markersize=10, label="network, without what the column explains")
        axis.axvline(network, color="black", linestyle="--", linewidth=1, label=f"network ({network:.2f})")
        axis.axvline(chance, color="0.4", linewidth=1)
        axis.set_yticks(places, [row["name"] for row in shown])
        axis.set(xlabel=f"{'AUC within folds' if metric == 'auc' else 'r'} of the column alone, out of fold; {asked_of}")
        for verdict in dict.fromkeys(row["verdict"] for row in rows[:SHOWN]):
            axis.barh([0], [0], color=COLOURS[verdict], label=verdict)
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)
