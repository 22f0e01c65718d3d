"""Conformal prediction: sets of classes, or intervals of a number, that hold the truth of a new subject as often as asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def fewest(coverage: float) -> int:
    """Fewest calibration subjects from which a set can leave anything out: 9 for 0.9."""
    return math.ceil(round(1 / (1 - coverage), 9)) - 1


def rank_of(coverage: float, n: int) -> int:
    """Place, from 1, of the calibration score that is the threshold; above `n`: there is none, and a set holds everything."""
    return math.ceil(round(coverage * (n + 1), 9))  # rounded: 0.9 x 10 is 9


@dataclass(frozen=True)
class ConformalSets:
    """Sets of classes.

    Attributes
    ----------
    p_value : ndarray, shape (n, n_classes)
        Share of subjects, calibration and the subject itself, whose score is no smaller than that of the class.
    plain : ndarray of bool, shape (n, n_classes)
        Classes in each set: those whose p-value is above the error rate. Holds the truth at least as often as asked.
    randomised : ndarray of bool, shape (n, n_classes)
        The same with ties, the subject itself among them, broken at random: exactly as often, and with fewer classes.
    """

    p_value: Floats
    plain: NDArray[np.bool_]
    randomised: NDArray[np.bool_]


def conformal_sets(calibration: Floats, scores: Floats, coverage: float, uniform: Floats) -> ConformalSets:
    """Sets of classes of new subjects, by split conformal prediction.

    Parameters
    ----------
    calibration : ndarray, shape (n_calibration,)
        Score of the true class of each calibration subject (large: strange).
    scores : ndarray, shape (n, n_classes)
        Score of each class of each new subject.
    coverage : float
        How often a set is to hold the truth, between 0 and 1.
    uniform : ndarray, shape (n,)
        A draw from 0 to 1 of each subject.

    Returns
    -------
    ConformalSets

    Notes
    -----
    Vovk, Gammerman & Shafer 2005 (doi:10.1007/b106715), section 2; smoothed p-values there, proposition 2.8. Where calibration and new subjects are exchangeable
    and the network has seen neither, a plain set holds the truth with a probability from `coverage` to `coverage` + 1 / (n_calibration + 1),
    a randomised one with exactly `coverage`; over all subjects, not in each class.
    """
    known = np.sort(calibration)
    not_larger = np.searchsorted(known, scores, side="right")
    return _sets(len(known) - not_larger, not_larger - np.searchsorted(known, scores, side="left"), len(known), coverage, uniform)


def leave_one_out(scores: Floats, truth: Ints, coverage: float, uniform: Floats) -> ConformalSets:
    """Sets of subjects whose calibration subjects are all the others.

    Parameters
    ----------
    scores : ndarray, shape (n, n_classes)
        Score of each class, of subjects that one network has never seen.
    truth : ndarray of int, shape (n,)
        Class of each.
    coverage : float
    uniform : ndarray, shape (n,)
        As for `conformal_sets`.

    Notes
    -----
    The network is fixed and the scores of the subjects are exchangeable, so that each subject is a new one to all the others: split conformal prediction, n times. That
    the plain sets of a cohort hold the truth as often as asked is then so by arithmetic, and no test of it.
    """
    n = len(truth)
    own = scores[np.arange(n), truth]
    known = np.sort(own)
    not_larger = np.searchsorted(known, scores, side="right")
    equal = not_larger - np.searchsorted(known, scores, side="left")
    # Among all stands the subject itself, which is none of its others.
    return _sets(n - not_larger - (own[:, None] > scores), equal - (own[:, None] == scores), n - 1, coverage, uniform)


def _sets(larger: Ints, equal: Ints, n: int, coverage: float, uniform: Floats) -> ConformalSets:
    """Sets, from how many of `n` calibration scores are larger than that of each class, and how many equal."""
    ties = equal + 1  # with the subject itself
    # Whole numbers against a whole number: a class is in the plain set if its score is at most the threshold, the one of that rank.
    plain = larger + ties > n + 1 - rank_of(coverage, n)
    randomised = larger + uniform[:, None] * ties > (1 - coverage) * (n + 1)
    return ConformalSets((larger + ties) / (n + 1), plain, randomised)


def half_widths(errors: Floats, coverage: float) -> Floats:
    """Half the width of the interval of each subject's number, from the absolute errors of all the others; infinite where they are too few.

    Parameters
    ----------
    errors : ndarray, shape (n,)
        Absolute error of each subject, of one network that has seen none of them.
    coverage : float
        How often an interval is to hold the truth, between 0 and 1.

    Returns
    -------
    ndarray, shape (n,)

    Notes
    -----
    Lei et al. 2018 (doi:10.1080/01621459.2017.1307116), split conformal prediction with the absolute residual.
    """
    n = len(errors)
    rank = rank_of(coverage, n - 1)
    if rank > n - 1:
        return np.full(n, np.inf)
    order = np.sort(errors)
    place = np.searchsorted(order, errors, side="left")  # without a subject, those behind it move one place forward
    return np.asarray(np.where(place <= rank - 1, order[rank], order[rank - 1]))
