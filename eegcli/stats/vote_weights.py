"""Weights of windows in a vote, learned on validation subjects from the quality of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eegcli.stats.vote_rules import LEAST

RIDGE = 1.0  # of a coefficient of a standardised feature: as much as one vote that it would have to win, so that few subjects learn little
SPREAD = 8.0  # of a standardised feature: farther out, it counts as this far

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VoteWeights:
    """Rule that gives a window its weight: the exponential of a weighted sum of its standardised features.

    Attributes
    ----------
    names : tuple of str
        Features.
    centre, scale : ndarray, shape (n_features,)
        Mean and standard deviation over the validation windows; a feature that is constant there has the scale 0 and no say.
    coefficient : ndarray, shape (n_features,)
        Of each standardised feature; 0: windows vote alike.
    n_units : int
        Votes that it was learned from.
    """

    names: tuple[str, ...]
    centre: Floats
    scale: Floats
    coefficient: Floats
    n_units: int

    def weights(self, features: Floats, member: Ints) -> Floats:
        """Weights of windows, the largest of each unit 1, shape (n_windows,); features of shape (n_windows, n_features), NaN counts as the mean."""
        return _weights(_standardised(features, self.centre, self.scale) @ self.coefficient, member)


def learn_weights(names: Sequence[str], features: Floats, probabilities: Floats, member: Ints, truth: Ints) -> VoteWeights:
    """Learn the weights under which the votes of validation subjects are most likely to be right.

    Parameters
    ----------
    names : sequence of str
        Of the features.
    features : ndarray, shape (n_windows, n_features)
        Of the validation windows; NaN where one is missing.
    probabilities : ndarray, shape (n_windows, n_classes)
        What the network says of them.
    member : ndarray of int, shape (n_windows,)
        Unit of each window, from 0 without gaps.
    truth : ndarray of int, shape (n_units,)
        Class of each unit.

    Returns
    -------
    VoteWeights

    Notes
    -----
    The log-likelihood of the units' weighted mean probabilities less half the squared coefficients is maximised (L-BFGS from 0, where
    windows vote alike): attention over the windows of a bag (Ilse, Tomczak & Welling 2018, arXiv:1802.04712) with given features.
    """
    with np.errstate(invalid="ignore"):
        known = np.isfinite(features)
        counts = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, features, 0.0).sum(axis=0) / counts
        scale = np.sqrt(np.where(known, (features - centre) ** 2, 0.0).sum(axis=0) / counts)
    scale[scale <= 1e-9 * np.abs(centre)] = 0.0  # what differs by rounding is constant
    z = _standardised(features, centre, scale)
    right = np.maximum(probabilities[np.arange(len(member)), truth[member]], LEAST)
    n_units = len(truth)

    def loss(coefficient: Floats) -> tuple[float, Floats]:
        weight = _weights(z @ coefficient, member)
        total = np.bincount(member, weights=weight, minlength=n_units)
        of_right = np.bincount(member, weights=weight * right, minlength=n_units)
        slope = weight * right / of_right[member] - weight / total[member]
        value = -float(np.log(of_right / total).sum()) + RIDGE / 2 * float(coefficient @ coefficient)
        return value, -(slope @ z) + RIDGE * coefficient

    found = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B")
    return VoteWeights(tuple(names), centre, scale, np.asarray(found.x, dtype=np.float64), n_units)


def _standardised(features: Floats, centre: Floats, scale: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        z = np.where(scale > 0, (features - centre) / np.where(scale > 0, scale, 1.0), 0.0)
    return np.asarray(np.clip(np.nan_to_num(z, nan=0.0), -SPREAD, SPREAD))


def _weights(exponent: Floats, member: Ints) -> Floats:
    largest = np.full(int(member.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(largest, member, exponent)
    return np.asarray(np.exp(exponent - largest[member]))
