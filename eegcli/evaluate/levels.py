"""The figures of all sets, windows beside votes: of one network, or pooled over folds and seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from eegcli.evaluate.cohort import SPLITS
from eegcli.evaluate.prediction import Prediction
from eegcli.stats.summary import Estimates, Guesses, summarise_classes, summarise_numbers
from eegcli.stats.votes import Unit
from eegcli.study.target import Target

Level = Literal["window", "vote", "hard"]
T = TypeVar("T", Guesses, Estimates)


@dataclass(frozen=True)
class Summariser:
    """How figures are made of predictions.

    Attributes
    ----------
    target : Target
        What was asked.
    unit : str
        Who votes.
    marked : str or None
        What has to stand beside every figure.
    resamples, seed : int
        Of the bootstrap over subjects.
    """

    target: Target
    unit: Unit
    marked: str | None
    resamples: int
    seed: int

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
            of `summarise_classes` (a vote's also for the ``hard`` vote) or `summarise_numbers`.
        """
        result: dict[str, dict[str, Any]] = {}
        for number, name in enumerate(SPLITS):
            if not any((prediction.split == number).any() for repeat in repeats for prediction in repeat):
                continue
            result[name] = {"window": self._level(repeats, number, "window"), "vote": self._level(repeats, number, "vote")}
            if self.target.kind == "classification":
                result[name]["vote"]["hard"] = self._level(repeats, number, "hard")
        return result

    def _level(self, repeats: Sequence[Sequence[Prediction]], split: int, level: Level) -> dict[str, Any]:
        figures: dict[str, Any]
        if self.target.kind == "classification":
            guesses = [_stack([_guesses(prediction, split, level) for prediction in repeat], Guesses) for repeat in repeats]
            independent = self.unit == "subject" and level != "window"
            figures = summarise_classes(
                guesses, len(self.target.classes), resamples=self.resamples, seed=self.seed, independent=independent
            )
        else:
            estimates = [_stack([_estimates(prediction, split, level) for prediction in repeat], Estimates) for repeat in repeats]
            figures = summarise_numbers(estimates, resamples=self.resamples, seed=self.seed)
        return {**figures, "marked": self.marked} if self.marked else figures


def _guesses(prediction: Prediction, split: int, level: Level) -> dict[str, Any]:
    rows, outputs, mask = _select(prediction, split, level)
    votes = prediction.votes
    return {
        "truth": prediction.truth[rows].astype(np.int64),
        "predicted": votes.hard_vote[mask] if level == "hard" else np.argmax(outputs, axis=1),
        "subject": prediction.subject[rows],
        "probabilities": None if level == "hard" else outputs,
    }


def _estimates(prediction: Prediction, split: int, level: Level) -> dict[str, Any]:
    rows, outputs, _ = _select(prediction, split, level)
    return {
        "truth": prediction.truth[rows],
        "predicted": outputs[:, 0],
        "subject": prediction.subject[rows],
        "constant": np.full(len(rows), prediction.constant),
    }


def _select(prediction: Prediction, split: int, level: Level) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Windows of a set, or the first windows of its votes, with the outputs of either and the mask that chose them."""
    if level == "window":
        mask = prediction.split == split
        return np.flatnonzero(mask), prediction.outputs[mask], mask
    mask = prediction.split[prediction.votes.first] == split
    return prediction.votes.first[mask], prediction.votes.mean[mask], mask


def _stack(parts: list[dict[str, Any]], kind: Callable[..., T]) -> T:
    columns = {name: [part[name] for part in parts] for name in parts[0]}
    return kind(**{name: None if values[0] is None else np.concatenate(values) for name, values in columns.items()})
