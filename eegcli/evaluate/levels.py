"""The figures of all sets, windows beside votes: of one network, or pooled over folds and seeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import UsageError
from eegcli.evaluate.prediction import Prediction
from eegcli.registry import METRICS, lookup
from eegcli.stats.gain import vote_gain
from eegcli.stats.intervals.measured import AS_GIVEN
from eegcli.stats.metrics import scores
from eegcli.stats.summary import Predictions, summarise
from eegcli.stats.votes import Unit
from eegcli.study.sets import SETS, TEST
from eegcli.study.target import Target

Level = Literal["window", "vote", "hard"]


@dataclass(frozen=True)
class Summariser:
    """Summary of predictions: the settings by which figures are made.

    Attributes
    ----------
    target : Target
        Target: column, kind and classes.
    unit : str
        Group of windows that casts one vote.
    caveat : str or None
        Caveat that stands beside every figure.
    resamples, seed : int
        Number of resamples, and seed, of the bootstrap over subjects.
    subjects_known : bool
        False where nobody knows whose the windows are: `n_subjects` is 0.
    positive : int or None
        Index of the class that is called positive; None: none is.
    """

    target: Target
    unit: Unit
    caveat: str | None
    resamples: int
    seed: int
    subjects_known: bool = True
    positive: int | None = None

    def summarise(self, repeats: Sequence[Sequence[Prediction]]) -> dict[str, dict[str, Any]]:
        """Figures per set and level.

        Parameters
        ----------
        repeats : sequence of sequence of Prediction
            Predictions put below each other within a repeat (the folds of a seed), figures averaged over repeats
            (the seeds). So with folds, the windows of the test set are all windows, each predicted by the network
            that never saw its subject; in the other sets a window counts once per fold.

        Returns
        -------
        dict
            ``{"test": {"window": {...}, "vote": {...}}, ...}`` for the sets that are not empty; the figures are those
            of `stats.summary.summarise` (a vote's also for the ``hard`` vote, and of the test set the gain of the vote, ``vote_gain``).
        """
        result: dict[str, dict[str, Any]] = {}
        for number, name in enumerate(SETS):
            if not any((prediction.split == number).any() for repeat in repeats for prediction in repeat):
                continue
            result[name] = {"window": self.level(repeats, number, "window"), "vote": self.level(repeats, number, "vote")}
            if self.target.kind == "classification":
                result[name]["vote"]["hard"] = self.level(repeats, number, "hard")
            if self.target.kind == "classification" and number == TEST:
                result[name]["vote"]["vote_gain"] = vote_gain(
                    self._repeats(repeats, number, "window"),
                    self._repeats(repeats, number, "vote"),
                    resamples=self.resamples,
                    seed=self.seed,
                    n_folds=len(repeats[0]),
                )
        return result

    def level(
        self, repeats: Sequence[Sequence[Prediction]], split: int, level: Level, *, only: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Figures of one set (a number of `study.sets`) at one level; of all metrics, or of those in `only`."""
        figures = summarise(
            self._repeats(repeats, split, level),
            self.target.kind,
            len(self.target.classes),
            resamples=self.resamples,
            seed=self.seed,
            votes=level != "window" and self.unit != "window",
            n_folds=len(repeats[0]),
            only=only,
        )
        if split != TEST and len(repeats[0]) > 1:
            # Simulated were subjects that each fold tests, not those that the networks of several folds learnt from.
            figures["intervals"] = {key: {"method": made["method"], "given": AS_GIVEN} for key, made in figures["intervals"].items()}
        if not self.subjects_known:
            figures = {**figures, "n_subjects": 0}
        return {**figures, "marked": self.caveat} if self.caveat else figures

    def metric(self, repeat: Sequence[Prediction], split: int, level: Level, name: str) -> float:
        """One metric of one repeat, without an interval."""
        return scores({name: METRICS[name]}, self._repeats([repeat], split, level)[0].columns)[name]

    def _repeats(self, repeats: Sequence[Sequence[Prediction]], split: int, level: Level) -> list[Predictions]:
        """Predictions of each repeat, folds below each other."""
        return [_below_each_other([self._predictions(prediction, split, level) for prediction in repeat]) for repeat in repeats]

    def _predictions(self, prediction: Prediction, split: int, level: Level) -> Predictions:
        rows, outputs, mask = select(prediction, split, level)
        truth, subject, fold = prediction.truth[rows], prediction.subject[rows], np.full(len(rows), prediction.fold)
        if self.target.kind == "regression":
            return Predictions(truth, outputs[:, 0], subject, constant=np.full(len(rows), prediction.constant), fold=fold)
        positive = None if self.positive is None else np.full(len(rows), self.positive)
        if level == "hard":
            return Predictions(truth.astype(np.int64), prediction.votes.hard_vote[mask], subject, fold=fold, positive=positive)
        predicted = np.argmax(outputs, axis=1)
        return Predictions(truth.astype(np.int64), predicted, subject, probabilities=outputs, fold=fold, positive=positive)


def select(prediction: Prediction, split: int, level: Level) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Windows of a set, or the first windows of its votes, with the outputs of either and the mask that chose them."""
    if level == "window":
        mask = prediction.split == split
        return np.flatnonzero(mask), prediction.outputs[mask], mask
    mask = prediction.split[prediction.votes.first] == split
    return prediction.votes.first[mask], prediction.voted[mask], mask


def _below_each_other(parts: Sequence[Predictions]) -> Predictions:
    columns = {item.name: [getattr(part, item.name) for part in parts] for item in fields(Predictions)}
    stacked: dict[str, Any] = {name: None if values[0] is None else np.concatenate(values) for name, values in columns.items()}
    return Predictions(**stacked)


def class_named(name: str | None, target: Target) -> int | None:
    """Index of the class that is called positive.

    Raises
    ------
    UsageError
        If the target has no such class.
    """
    if name is None:
        return None
    if target.kind == "regression":
        raise UsageError(f"--positive {name}: {target.column} is a number, and has no classes", hint="Leave --positive out.")
    return target.classes.index(lookup(f"class of {target.column}", name, target.classes))
