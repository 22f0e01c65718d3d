"""Predictions of each network of a run for each window, and the votes of groups of windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.run import Run
from eegcli.artifacts.table import take
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.inference import outputs
from eegcli.evaluate.cohort import Cohort
from eegcli.reporter import Reporter
from eegcli.stats.vote_weights import VoteWeights
from eegcli.stats.votes import COLUMNS, Ballot, Unit, count_votes, first_windows
from eegcli.study.groups import number_groups

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """Predictions of one network.

    Attributes
    ----------
    fold, seed : int
        Fold and seed of the network.
    constant : float
        The mean of the target among its training windows, which a mean predictor would say; NaN for classes.
    rows : ndarray of int, shape (n_windows,)
        Rows of windows.parquet, ascending.
    split : ndarray of int, shape (n_windows,)
        In which set each stands.
    truth : ndarray, shape (n_windows,)
        Index of the right class, or the right number.
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window.
    outputs : ndarray, shape (n_windows, n_outputs)
        Probability of each class, or the predicted number.
    votes : Ballot
        Votes of the groups, in the order of the sets, then of their names; `first` counts in `rows`.
    voted : ndarray, shape (n_groups, n_outputs)
        Probability of each class, or number, of each group by a voting rule: `predict` gives the mean, `voted.voted_by` any other.
    voting : ndarray of int, shape (n_voting,)
        Which of `rows` vote.
    member : ndarray of int, shape (n_voting,)
        Group of each of these.
    weights : VoteWeights or None
        Weights of windows as learned on validation subjects; None where the rule learns none.
    """

    fold: int
    seed: int
    constant: float
    rows: Ints
    split: Ints
    truth: Floats
    subject: Ints
    outputs: Floats
    votes: Ballot
    voted: Floats
    voting: Ints
    member: Ints
    weights: VoteWeights | None = None


def predict(
    run: Run, cohort: Cohort, unit: Unit, *, vote_windows: int | None, device: torch.device, reporter: Reporter
) -> Iterator[Prediction]:
    """Predict the windows of the sets by every network of a run.

    Parameters
    ----------
    run : Run
        Its networks, one after the other.
    cohort : Cohort
        The windows and their labels.
    unit : str
        Group of windows that casts one vote.
    vote_windows : int, optional
        Only the first so many windows of each group vote.
    device : torch.device
        Where the networks run.
    reporter : Reporter
        Shows the progress.

    Raises
    ------
    InputError
        If a network gives an output that is not finite.
    """
    several = len(run.networks) > 1
    subjects = cohort.people.number(cohort.windows.table)
    groups = subjects if unit == "subject" else number_groups(cohort.windows.table, COLUMNS[unit])
    how, people = run.networks[0].description.align, run.people if cohort.own else cohort.people
    x, moved = aligned(cohort.windows, how, people), recentred_by(cohort.windows, how, people)
    for network in run:
        split = cohort.splits[network.fold]
        rows = np.flatnonzero(split >= 0)
        label = f"Predicting (fold {network.fold}, seed {network.seed})" if several else "Predicting"
        result = outputs(network.model(), x, rows, device=device, reporter=reporter, label=label, subject=moved)
        result = network.head.predictions(result)
        number = groups[rows] + split[rows] * (groups.max() + 1)
        voting = np.flatnonzero(first_windows(number, take(cohort.windows.table, rows), vote_windows))
        constant = float(network.metrics["baseline"]["answer"]) if cohort.target.kind == "regression" else np.nan
        ballot = count_votes(number[voting], result[voting])
        yield Prediction(
            fold=network.fold,
            seed=network.seed,
            constant=constant,
            rows=rows,
            split=split[rows],
            truth=cohort.target.values[rows],
            subject=subjects[rows],
            outputs=result,
            votes=Ballot(voting[ballot.first], ballot.n_windows, ballot.mean, ballot.hard),
            voted=ballot.mean,
            voting=voting,
            member=np.unique(number[voting], return_inverse=True)[1],
        )
