"""Votes by a rule: predictions whose units voted by any rule of the table, with weights learned on validation subjects where it has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.run import Run
from eegcli.errors import InputError, UsageError
from eegcli.evaluate.cohort import Cohort
from eegcli.evaluate.prediction import Prediction
from eegcli.registry import load, lookup
from eegcli.registry.quality import quality_columns
from eegcli.registry.votes import VOTE_RULES
from eegcli.stats.vote_weights import VoteWeights, learn_weights
from eegcli.study.sets import VALIDATION

CONFIDENCE = "confidence"  # of the network in a window: the probability of its class


def require_rule(rule: str, run: Run, cohort: Cohort) -> None:
    """Check that a voting rule can be used.

    Raises
    ------
    UsageError
        If it is not defined for a number.
    InputError
        If there are no validation subjects to learn weights from.
    """
    entry = VOTE_RULES[lookup("voting rule", rule, VOTE_RULES)]
    if cohort.target.kind == "regression" and not entry.numbers:
        raise UsageError(
            f"--vote {rule}: {run.target} is a number, and the rule is one of classes", hint="Leave --vote out: the mean votes."
        )
    if (why := cannot_learn(rule, run, cohort)) is not None:
        raise InputError(
            f"--vote {rule}: {why}",
            hint="Choose a rule that learns nothing (mean, majority, log-odds), or train with validation subjects (--split A,B,C).",
        )


def cannot_learn(rule: str, run: Run, cohort: Cohort) -> str | None:
    """Reason for which the weights of a rule cannot be learned; None where they can, or there are none."""
    if not VOTE_RULES[rule].learns:
        return None
    if not cohort.own:
        return f"its weights are learned on the validation subjects of {run.path}, whose windows these are not"
    folds = sorted({network.fold for network in run})
    without = [str(fold) for fold, split in zip(folds, cohort.splits, strict=True) if not (split == VALIDATION).any()]
    if without:
        return "no validation subjects to learn the weights of windows from" + (f" (fold {', '.join(without)})" if len(folds) > 1 else "")
    return None


def voted_by(rule: str, prediction: Prediction, cohort: Cohort, rows: NDArray[np.int64] | None = None) -> Prediction:
    """Let the windows of each group vote by a rule.

    Parameters
    ----------
    rule : str
        Of `registry.VOTE_RULES`; one that learns takes the weights that the prediction has, else learns them of its validation set.
    prediction : Prediction
    cohort : Cohort
    rows : ndarray of int, optional
        Of the voting windows, those that vote (each group has one at least); left out: all.

    Returns
    -------
    Prediction
        The same with `voted` (and `weights`) of the rule.
    """
    entry = VOTE_RULES[rule]
    weights = prediction.weights
    if entry.learns and weights is None:
        weights = _learned(prediction, cohort)
    chosen = np.arange(len(prediction.voting)) if rows is None else rows
    member = prediction.member[chosen]
    n_windows = np.bincount(member, minlength=len(prediction.votes.first))
    probabilities = prediction.outputs[prediction.voting[chosen]]
    weight = weights.weights(_features(prediction, cohort)[1][chosen], member) if weights is not None and entry.learns else None
    return replace(prediction, voted=load(entry.path)(probabilities, member, n_windows, weight), weights=weights)


def _learned(prediction: Prediction, cohort: Cohort) -> VoteWeights:
    names, features = _features(prediction, cohort)
    votes = prediction.votes
    units = np.flatnonzero(prediction.split[votes.first] == VALIDATION)
    number = np.full(len(votes.first), -1)
    number[units] = np.arange(len(units))
    member = number[prediction.member]
    mine = member >= 0
    truth = prediction.truth[votes.first[units]].astype(np.int64)
    return learn_weights(names, features[mine], prediction.outputs[prediction.voting[mine]], member[mine], truth)


def _features(prediction: Prediction, cohort: Cohort) -> tuple[list[str], NDArray[np.float64]]:
    """Names and values (n_voting, n_features) of what tells the quality of a voting window: the network's confidence, and columns of quality."""
    table, rows = cohort.windows.table, prediction.rows[prediction.voting]
    names = [column.name for column in quality_columns() if column.name in table and table[column.name].dtype.kind in "fi"]
    confidence = prediction.outputs[prediction.voting].max(axis=1)
    return [CONFIDENCE, *names], np.stack([confidence, *(table[name][rows].astype(np.float64) for name in names)], axis=1)
