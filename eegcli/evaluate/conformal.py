"""Conformal sets of the test subjects: classes, or an interval of a number, that hold the truth as often as asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from eegcli.artifacts.run import Run, caveat_of
from eegcli.artifacts.table import Table, concatenate, write_table
from eegcli.errors import InputError, UsageError, counted
from eegcli.evaluate.cohort import Cohort
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction
from eegcli.stats import conformal as stats
from eegcli.stats.votes import COLUMNS, Unit
from eegcli.study.groups import group_names
from eegcli.study.persons import unknown_persons
from eegcli.study.sets import SETS, TEST
from eegcli.study.target import Target

TABLE = "conformal.parquet"


def require_exchangeable(coverage: float, run: Run, cohort: Cohort, unit: Unit) -> None:
    """Check that conformal sets of the test subjects are sound.

    Raises
    ------
    UsageError
        If the coverage is no share.
    InputError
        If subjects do not have one score each, nobody knows them or networks have seen them, if the test set chose the epoch, or if they are too few.
    """
    if not 0 < coverage < 1:
        raise UsageError(f"--conformal must be between 0 and 1, not {coverage:g}", hint="As in --conformal 0.9.")
    what = f"{run.path}: no conformal sets"
    if unit != "subject":
        raise InputError(
            f"{what}: {run.target} changes within subjects, so that a subject has several scores, which are not exchangeable with those of others",
            hint="Leave out --conformal, or train on a target that is one value per subject.",
        )
    if unknown_persons(cohort.windows.table):
        raise InputError(f"{what}: nobody knows whose the windows are", hint="Leave out --conformal.")
    # Alignment takes each subject's own windows alone: it leaves subjects exchangeable, and is no reason.
    if (caveat := caveat_of(run.settings.split_unit)) is not None:
        raise InputError(f"{what}: {caveat}", hint="Leave out --conformal, or train with a split by subject.")
    if cohort.own and SETS[TEST] in run.seen_sets:
        raise InputError(
            f"{what}: the test set chose the epoch, and those that chose it cannot calibrate",
            hint="Train without --report-epoch published.",
        )
    needed = stats.fewest(coverage) + 1
    folds = sorted({network.fold for network in run})
    numbers = cohort.people.number(cohort.windows.table)
    for fold, split in zip(folds, cohort.splits, strict=True):
        n_subjects = len(np.unique(numbers[split == TEST]))
        if n_subjects < needed:
            of_fold = f" of fold {fold}" if len(folds) > 1 and cohort.own else ""
            raise InputError(
                f"{what}: the test set{of_fold} has {counted(n_subjects, 'subject')}, and sets of {coverage:g} take {needed}: each is calibrated on the others, "
                f"of which fewer than {needed - 1} can leave nothing out",
                hint="Test more subjects: a larger third share in --split, or fewer folds (networks of several folds have scores that do not compare); or ask for less.",
            )


def conformal(evaluated: Evaluated) -> dict[str, Any] | None:
    """Make the conformal set of each test subject, calibrated on the other test subjects of the same network.

    Returns
    -------
    dict or None
        ``coverage`` asked for; ``n_calibration`` and ``thresholds`` (of the score, from all test subjects, for subjects to come) of each network; of classes for ``plain`` and ``randomised`` sets: ``covered``,
        by class, ``mean_size``, ``sizes`` (share of sets of 0, 1, 2 ... classes); of a number: ``covered`` and ``mean_width``; ``said``. None without --conformal.
    """
    coverage = evaluated.settings.conformal
    if coverage is None:
        return None
    target = evaluated.cohort.target
    tables, thresholds, n_calibration = [], [], []
    for one in evaluated.predictions:
        table, scores = (_of_classes if target.kind == "classification" else _of_number)(one, evaluated, coverage)
        tables.append(table)
        n_calibration.append(len(scores) - 1)
        rank = stats.rank_of(coverage, len(scores))
        thresholds.append(float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf)
    whole = concatenate(tables)
    write_table(evaluated.output / TABLE, whole)
    facts = {
        "coverage": coverage,
        "score": "1 - probability of the class" if target.kind == "classification" else "absolute error",
        "n_calibration": n_calibration,
        "thresholds": thresholds,
        **(_facts_of_classes(whole, target) if target.kind == "classification" else _facts_of_number(whole)),
    }
    return {**facts, "said": [_said(facts, target)]}


def _tested(one: Prediction, evaluated: Evaluated) -> tuple[Table, np.ndarray, np.ndarray]:
    """Names of the test units, their truth, and what is predicted for them."""
    units = np.flatnonzero(one.split[one.votes.first] == TEST)
    first, table = one.rows[one.votes.first[units]], evaluated.cohort.windows.table
    truth = one.truth[one.votes.first[units]]
    named: Table = {
        "unit": group_names(table, COLUMNS[evaluated.unit], first),
        "dataset": table["dataset"][first],
        "subject": table["subject"][first],
        "fold": np.full(len(units), one.fold),
        "seed": np.full(len(units), one.seed),
        "truth": evaluated.cohort.target.names(truth),
    }
    return named, truth, one.voted[units]


def _of_classes(one: Prediction, evaluated: Evaluated, coverage: float) -> tuple[Table, np.ndarray]:
    named, truth, probabilities = _tested(one, evaluated)
    classes, index = evaluated.cohort.target.classes, truth.astype(np.int64)
    scores = 1.0 - probabilities
    uniform = np.random.default_rng([evaluated.settings.seed, one.fold, one.seed]).random(len(index))
    sets = stats.leave_one_out(scores, index, coverage, uniform)
    table: Table = {
        **named,
        **{f"p_value_{name}": sets.p_value[:, k] for k, name in enumerate(classes)},
        **{f"in_set_{name}": sets.plain[:, k] for k, name in enumerate(classes)},
        **{f"in_randomised_set_{name}": sets.randomised[:, k] for k, name in enumerate(classes)},
    }
    return table, scores[np.arange(len(index)), index]


def _of_number(one: Prediction, evaluated: Evaluated, coverage: float) -> tuple[Table, np.ndarray]:
    named, truth, outputs = _tested(one, evaluated)
    errors = np.abs(outputs[:, 0] - truth)
    half = stats.half_widths(errors, coverage)
    return {**named, "prediction": outputs[:, 0], "low": outputs[:, 0] - half, "high": outputs[:, 0] + half}, errors


def _facts_of_classes(table: Table, target: Target) -> dict[str, Any]:
    index = np.array([target.classes.index(name) for name in table["truth"]])
    facts: dict[str, Any] = {}
    for kind, prefix in (("plain", "in_set_"), ("randomised", "in_randomised_set_")):
        inside = np.stack([table[f"{prefix}{name}"] for name in target.classes], axis=1)
        covered = inside[np.arange(len(index)), index]
        sizes = inside.sum(axis=1)
        facts[kind] = {
            "covered": float(covered.mean()),
            "covered_of_class": {
                name: float(covered[index == k].mean()) if (index == k).any() else math.nan for k, name in enumerate(target.classes)
            },
            "mean_size": float(sizes.mean()),
            "sizes": (np.bincount(sizes, minlength=len(target.classes) + 1) / len(sizes)).tolist(),
        }
    return facts


def _facts_of_number(table: Table) -> dict[str, Any]:
    covered = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    return {"covered": float(covered.mean()), "mean_width": float(np.mean(table["high"] - table["low"]))}


def _said(facts: dict[str, Any], target: Target) -> str:
    few = min(facts["n_calibration"])
    what = f"conformal sets of {100 * facts['coverage']:g} %, each test subject calibrated on {few} others of the same network"
    if target.kind == "regression":
        return f"{what}: intervals {facts['mean_width']:.3g} wide on average hold the truth of {100 * facts['covered']:.1f} %"
    told = [
        f"{kind} sets hold {facts[kind]['mean_size']:.2f} of {len(target.classes)} classes on average, one class for {100 * facts[kind]['sizes'][1]:.0f} %, and the truth of {100 * facts[kind]['covered']:.1f} %"
        for kind in ("plain", "randomised")
    ]
    return f"{what}: {'; '.join(told)} (as often as asked over all subjects, not in each class)"
