"""Permutation test of an evaluation: whether the test set is predicted better than labels that mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.controls import RETRAINED, permuted_runs
from eegcli.artifacts.table import take
from eegcli.evaluate.cohort import gather_cohort
from eegcli.evaluate.evaluated import Evaluated
from eegcli.evaluate.prediction import Prediction, predict
from eegcli.evaluate.voted import voted_by
from eegcli.reporter import Silent
from eegcli.stats.metrics import pearson_r
from eegcli.stats.permutation import correlation_under, p_value, right_under
from eegcli.stats.votes import COLUMNS
from eegcli.study.groups import number_groups
from eegcli.study.permutations import Permutations
from eegcli.study.sets import TEST, TRAIN

Floats = NDArray[np.float64]
DRAWN = 2000
LEVELS = ("window", "vote")
WHY_NOT = (
    "labels permuted against predictions of cross-validation would call some 8 % of studies of nothing significant at 5 %: "
    "--retrain trains again for each permutation, which holds"
)


def permutation(evaluated: Evaluated) -> dict[str, Any] | None:
    """Test whether windows and votes of the test set are predicted better than with labels exchanged.

    Returns
    -------
    dict or None
        ``exchanged`` (the unit, and whether within subjects), ``retrained``, ``n``, ``statistic`` and per level ``p`` (votes: mid-p, and ``p_whole``);
        ``refused`` in place of the levels, where there is no test that holds. ``said``. None where none is asked for.
    """
    settings, cohort = evaluated.settings, evaluated.cohort
    if settings.permutations == 0:
        return None
    n = settings.permutations or (RETRAINED if settings.retrain else DRAWN)
    one_label = evaluated.unit == "subject"
    facts: dict[str, Any] = {
        "exchanged": f"{evaluated.unit}s" if one_label else f"{evaluated.unit}s of a subject",
        "retrained": settings.retrain,
        "n": n,
        "statistic": "accuracy" if cohort.target.kind == "classification" else "r",
    }
    if settings.retrain and cohort.own:
        found = _retrained(evaluated, n)
    elif cohort.own and len(cohort.splits) > 1:
        return {**facts, "refused": WHY_NOT, "said": [f"no permutation test: {WHY_NOT}"]}
    else:
        units = _Units(evaluated)
        if not units.permutations(n, settings.seed).can_differ:
            why = "an exchange of labels changes nothing: all who could exchange them have the same"
            return {**facts, "refused": why, "said": [f"no permutation test: {why}"]}
        found = {level: units.p(level, n, settings.seed) for level in LEVELS}
    texts = [f"{level}s p = {_text(found[level]['p'], n)}" for level in LEVELS]
    how = "networks trained again on permuted labels" if settings.retrain else f"labels of {facts['exchanged']} permuted"
    return {**facts, **found, "said": [f"permutation test of the test set ({how}, {n:,} times): {', '.join(texts)}"]}


def _text(p: float, n: int) -> str:
    least = 1 / (n + 1)
    return "-" if np.isnan(p) else f"{p:.2g}" + (", the smallest of so many" if p < 1.01 * least else "")


class _Units:
    """Exchangeable units of the test set, with what was predicted of each, added up over the networks of all seeds."""

    def __init__(self, evaluated: Evaluated) -> None:
        table = evaluated.cohort.windows.table
        self.kind, self.n_classes = evaluated.cohort.target.kind, len(evaluated.cohort.target.classes)
        predictions = evaluated.predictions
        rows = [one.rows[one.split == TEST] for one in predictions]
        tested = np.unique(np.concatenate(rows))
        person = evaluated.cohort.people.number(table)[tested]
        unit = person if evaluated.unit == "subject" else number_groups(take(table, tested), COLUMNS[evaluated.unit])
        names, first, unit = np.unique(unit, return_index=True, return_inverse=True)
        self.label = evaluated.cohort.target.values[tested][first]
        self.block = np.zeros(len(names), dtype=np.int64) if evaluated.unit == "subject" else person[first]
        self.windows = _columns(
            [(unit[np.searchsorted(tested, one.rows[_in_test(one)])], one.outputs[_in_test(one)]) for one in predictions]
        )
        self.votes = _columns(
            [(unit[np.searchsorted(tested, one.rows[one.votes.first[_voting(one)]])], one.voted[_voting(one)]) for one in predictions]
        )

    def permutations(self, n: int, seed: int) -> Permutations:
        return Permutations(self.label, self.block, n, seed)

    def p(self, level: str, n: int, seed: int) -> dict[str, float]:
        """P value of a level; of votes the mid-p and the whole one."""
        unit, outputs = self.windows if level == "window" else self.votes
        permutations, n_units = self.permutations(n, seed), len(self.label)
        if self.kind == "classification":
            said = unit * self.n_classes + np.argmax(outputs, axis=1)
            tally = np.bincount(said, minlength=n_units * self.n_classes).reshape(n_units, self.n_classes).astype(np.float64)
            observed = float(tally[np.arange(n_units), self.label.astype(np.int64)].sum())
            null = right_under(replace(permutations, label=self.label.astype(np.int64)), tally)
        else:
            value = outputs[:, 0]
            one = np.ones(len(unit))
            sums, squares, counts = (
                np.asarray(np.bincount(unit, weights=what, minlength=n_units), float) for what in (value, value**2, one)
            )
            observed = pearson_r(self.label[unit], value)
            null = correlation_under(permutations, sums, squares, counts)
        whole = p_value(observed, null)
        return {"p": whole} if level == "window" else {"p": p_value(observed, null, mid=True), "p_whole": whole}


def _in_test(one: Prediction) -> NDArray[np.bool_]:
    return np.asarray(one.split == TEST)


def _voting(one: Prediction) -> NDArray[np.bool_]:
    return np.asarray(one.split[one.votes.first] == TEST)


def _columns(parts: Sequence[tuple[NDArray[np.int64], Floats]]) -> tuple[NDArray[np.int64], Floats]:
    return np.concatenate([unit for unit, _ in parts]), np.concatenate([outputs for _, outputs in parts])


def _retrained(evaluated: Evaluated, n: int) -> dict[str, dict[str, float]]:
    """P values from networks that learnt from permuted labels."""
    observed = _statistics(evaluated.predictions, evaluated.cohort.target.kind)
    null: dict[str, list[float]] = {level: [] for level in LEVELS}
    run = evaluated.run
    for other in evaluated.reporter.progress(permuted_runs(run, n), "Predicting by networks that learnt from permuted labels"):
        other = replace(other, networks=tuple(replace(network, code=run.networks[0].code) for network in other.networks))
        cohort = gather_cohort(other, evaluated.cohort.windows, own=True, reporter=Silent(), people=evaluated.cohort.people)
        asked = replace(
            cohort, splits=tuple(np.where(split == TRAIN, -1, split) for split in cohort.splits)
        )  # a rule may learn of validation subjects
        found = predict(
            other, asked, evaluated.unit, vote_windows=evaluated.settings.vote_windows, device=evaluated.device, reporter=Silent()
        )
        predictions = [voted_by(evaluated.settings.vote, one, asked) for one in found]
        for level, value in _statistics(predictions, cohort.target.kind).items():
            null[level].append(value)
    result = {}
    for level in LEVELS:
        values = np.nan_to_num(np.array(null[level]))  # a network that says one number has no r
        result[level] = {"p": p_value(observed[level], values, mid=level == "vote")}
        if level == "vote":
            result[level]["p_whole"] = p_value(observed[level], values)
    return result


def _statistics(predictions: Sequence[Prediction], kind: str) -> dict[str, float]:
    """Accuracy, or r, of windows and of votes of the test set, all networks together."""
    found = {}
    for level in LEVELS:
        pairs = [
            (one.truth[_in_test(one)], one.outputs[_in_test(one)])
            if level == "window"
            else (one.truth[one.votes.first[_voting(one)]], one.voted[_voting(one)])
            for one in predictions
        ]
        truth, outputs = np.concatenate([truth for truth, _ in pairs]), np.concatenate([outputs for _, outputs in pairs])
        found[level] = float(np.mean(np.argmax(outputs, axis=1) == truth)) if kind == "classification" else pearson_r(truth, outputs[:, 0])
    return found
