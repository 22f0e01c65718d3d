"""Confounding: how well one column alone tells a target, out of fold, and whether that is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eegcli.stats.metrics import auc_within_folds, pearson_r
from eegcli.stats.permutation import p_value
from eegcli.study.permutations import Permutations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RIDGE = 1.0  # of standardised features, so that a level of two subjects says little
MAX_LEVELS = 20  # of a text: one with more names subjects rather than groups


@dataclass(frozen=True)
class Column:
    """Column of a table of units (subjects or recordings), numbers or text.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n_units,)
        Numbers, NaN where missing; or text, None where missing.
    """

    name: str
    values: np.ndarray

    @property
    def is_number(self) -> bool:
        """True for numbers."""
        return bool(self.values.dtype.kind in "iufb")

    @property
    def why_not(self) -> str:
        """Reason for which the column cannot tell anything; empty where it can."""
        known = self.values[~self.missing]
        n_levels = len(set(known.tolist()))
        if n_levels < 2:
            return "the same everywhere" if n_levels else "empty"
        if not self.is_number and n_levels > max(2, min(MAX_LEVELS, len(known) // 3)):
            return f"text with {n_levels} values, which names subjects rather than groups"
        return ""

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Mark the units without a value."""
        if self.is_number:
            return ~np.isfinite(self.values.astype(np.float64))
        return np.array([value is None for value in self.values], dtype=bool)

    def features(self, train: NDArray[np.bool_]) -> Floats:
        """Features of a column, standardised over training units: rank and its square of numbers, an indicator of each level of text.

        Missing values are a level of their own, for who lacks a value may tell as much.

        Parameters
        ----------
        train : ndarray of bool, shape (n_units,)
            Units that ranks and scales are learnt from.

        Returns
        -------
        ndarray, shape (n_units, n_features)
        """
        missing = self.missing
        if self.is_number:
            values = self.values.astype(np.float64)
            known = np.sort(values[train & ~missing])
            if not len(known):
                return missing[:, None].astype(np.float64)
            inner = np.where(missing, known[len(known) // 2], values)
            below, upto = np.searchsorted(known, inner, side="left"), np.searchsorted(known, inner, side="right")
            rank = (below + upto) / (2 * len(known)) - 0.5
            parts = [rank, rank**2, missing.astype(np.float64)]
        else:
            parts = [(self.values == level).astype(np.float64) for level in sorted(set(self.values[~missing].tolist()))]
            parts.append(missing.astype(np.float64))
        x = np.stack(parts, axis=1)
        spread = x[train].std(axis=0)
        x = x[:, spread > 1e-12]
        return np.asarray((x - x[train].mean(axis=0)) / x[train].std(axis=0))


@dataclass(frozen=True)
class Told:
    """Score of a column.

    Attributes
    ----------
    score : ndarray, shape (n_units, n_outputs)
        Out of fold: of each class, or the number.
    value : float
        AUC within folds, whose scores are of different regressions (of more classes the mean of one-versus-rest), or r; 0.5 and 0 where nothing is told.
    p : float
        Of as good a score with labels permuted, folds as they are.
    """

    score: Floats
    value: float
    p: float


def tell(column: Column, y: Floats, fold: Ints, permutations: Permutations, *, is_class: bool) -> Told:
    """Predict a target from one column, out of fold, and test that against permuted labels.

    Parameters
    ----------
    column : Column
    y : ndarray, shape (n_units, n_outputs)
        Indicators of the classes, or the number.
    fold : ndarray of int, shape (n_units,)
        Fold of each unit: predicted by a ridge regression on the units of all others.
    permutations : Permutations
        Of the rows of `y`: their labels are 0 to n_units - 1.
    is_class : bool

    Notes
    -----
    The prediction is linear in the labels (the ridge regression's hat matrix), so that every permutation is predicted anew, folds and all, by a matrix
    product. The statistic is the covariance of score and label within folds, summed over outputs: the mean of a fold's labels, against which the other
    folds' move, does not enter.
    """
    hats = [_hat(column, fold == number) for number in np.unique(fold)]
    tests = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    score = np.empty_like(y)
    for (design, inverse), test in zip(hats, tests, strict=True):
        train = np.setdiff1d(np.arange(len(y)), test)
        score[test] = design @ (inverse @ (y[train] - y[train].mean(axis=0))) + y[train].mean(axis=0)
    observed = float(_statistic(hats, tests, y[:, None, :])[0])
    null = np.concatenate([_statistic(hats, tests, y[block.T.astype(np.int64)]) for block in permutations])
    value = auc_within_folds(np.argmax(y, axis=1), score, fold, np.arange(len(y))) if is_class else pearson_r(y[:, 0], score[:, 0])
    return Told(score, value, p_value(observed, null))


def _hat(column: Column, test: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Factors of the matrix that makes scores of the test units of the centred labels of the others, shapes (n_test, n) and (n, n_train)."""
    x = column.features(~test)
    train = x[~test]
    return x[test], np.asarray(np.linalg.solve(train.T @ train + RIDGE * np.eye(x.shape[1]), train.T), dtype=np.float64)


def _statistic(hats: list[tuple[Floats, Floats]], tests: list[Ints], y: Floats) -> Floats:
    """Covariance of scores and labels within folds, summed over outputs and folds, of each of several labellings (n_units, n, n_outputs)."""
    total = np.zeros(y.shape[1])
    for (design, inverse), test in zip(hats, tests, strict=True):
        train, shape = np.setdiff1d(np.arange(len(y)), test), (-1, *y.shape[1:])
        learnt = inverse @ (y[train] - y[train].mean(axis=0)).reshape(len(train), -1)
        centred = (y[test] - y[test].mean(axis=0)).reshape(len(test), -1)
        # The sum over test units of score times label, the product of factors taken in the order that is cheapest.
        total += np.einsum("kno,kno->n", learnt.reshape(shape), (design.T @ centred).reshape(shape))
    return total


def residual(score: Floats, column: Column) -> Floats:
    """Remove from scores what a column explains of them.

    Parameters
    ----------
    score : ndarray, shape (n_units, n_outputs)
    column : Column

    Returns
    -------
    ndarray, shape (n_units, n_outputs)
    """
    everybody = np.ones(len(score), dtype=bool)
    x = np.concatenate([np.ones((len(score), 1)), column.features(everybody)], axis=1)
    return np.asarray(score - x @ np.linalg.lstsq(x, score, rcond=None)[0])
