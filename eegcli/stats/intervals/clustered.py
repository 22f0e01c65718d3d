"""Intervals of means over windows, with subjects as clusters, of many cohorts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eegcli.stats.intervals import mover
from eegcli.stats.intervals.binomial import clopper_pearson, korn_graubard
from eegcli.stats.intervals.resampling import Stratum, Studentised, bootstrap_t

Floats = NDArray[np.float64]
# How an interval was made, as it is told; which of them, stands beside each interval.
BOOTSTRAP_T = "bootstrap-t over subjects"
CLOPPER_PEARSON = "Clopper-Pearson over subjects"
ALL_EQUAL = "Clopper-Pearson over subjects, since all are equal"
NO_SPREAD = "bootstrap-t over subjects; one bound Clopper-Pearson, since too many resamples have no spread"
KORN_GRAUBARD = "Korn-Graubard: Clopper-Pearson with the effective number of votes"
OF_CLASSES = "mean over classes of Clopper-Pearson (MOVER)"
STRATIFIED = "bootstrap-t over subjects within classes"
NONE = "none: nothing bounds it"


class Bounds(NamedTuple):
    """Bounds of many cohorts and how each was made, shape (n_cohorts,)."""

    low: Floats
    high: Floats
    how: NDArray[np.object_]


def mean_interval(sums: Floats, counts: Floats, *, share: bool, resamples: int, seed: int, confidence: float = 0.95) -> Bounds:
    """Interval of a mean over windows: of accuracy, or of absolute error.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, n_cohorts)
        Per subject and cohort.
    share : bool
        Whether every value is between 0 and 1: bounds are then, too.
    resamples, seed, confidence
        As `stats.intervals.resampling.bootstrap_t` takes them.

    Returns
    -------
    Bounds
        NaN where there are fewer than two subjects; and of values that are no shares where all subjects are equal, or a resample in forty is of
        equal subjects.

    Notes
    -----
    Bootstrap-t over subjects. Of shares, where all subjects are equal, and on the side where too many resamples are, the bound is
    Clopper and Pearson's of as many draws as there are subjects: no cohort of values between 0 and 1 spreads more than one of subjects
    that are all right or all wrong. One row of each subject that is right or wrong is Clopper and Pearson's case itself.
    """
    n_subjects, n_cohorts = sums.shape
    if n_subjects < 2:
        return _nothing(n_cohorts)
    if share and (counts == 1).all() and np.isin(sums, (0.0, 1.0)).all():
        low, high = clopper_pearson(sums.sum(axis=0), n_subjects, confidence=confidence)
        return Bounds(low, high, _said(n_cohorts, CLOPPER_PEARSON))
    found = bootstrap_t([Stratum(sums[:, None], counts[:, None])], resamples=resamples, seed=seed, confidence=confidence)
    return _closed(found, n_subjects, share=share, confidence=confidence, usual=BOOTSTRAP_T)


def balanced_interval(sums: Floats, counts: Floats, *, constant: bool, resamples: int, seed: int, confidence: float = 0.95) -> Bounds:
    """Interval of a mean over classes of the share of a class that is recognised.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, n_classes, n_cohorts)
        Right predictions and all of them, per subject, true class and cohort; every class has some.
    constant : bool
        Whether the target is constant within subjects: each is drawn from those of its class. It is asked of the first cohort which these are.
    resamples, seed, confidence
        As `stats.intervals.resampling.bootstrap_t` takes them.

    Returns
    -------
    Bounds
        NaN where a class has but one subject.

    Notes
    -----
    Bootstrap-t, stratified by class where the target is constant within subjects: their numbers are part of the design. One vote of each
    subject: the mean of the classes' Clopper-Pearson intervals by MOVER (`stats.intervals.mover`), since right and wrong alone have no t.
    """
    n_classes, n_cohorts = sums.shape[1:]
    if not constant:
        if len(sums) < 2:
            return _nothing(n_cohorts)
        found = bootstrap_t([Stratum(sums, counts)], resamples=resamples, seed=seed, confidence=confidence)
        return _closed(found, len(sums), share=True, confidence=confidence, usual=BOOTSTRAP_T)
    members = [np.flatnonzero(counts[:, number, 0] > 0) for number in range(n_classes)]
    if min(map(len, members)) < 2:
        return _nothing(n_cohorts)
    of_class = [(sums[rows, number], counts[rows, number]) for number, rows in enumerate(members)]
    if (counts.sum(axis=1) == 1).all() and np.isin(sums, (0.0, 1.0)).all():
        return balanced_votes_interval(sums, counts, confidence=confidence)
    strata = [Stratum(right[:, None], own[:, None]) for right, own in of_class]
    found = bootstrap_t(strata, resamples=resamples, seed=seed, confidence=confidence)
    worst = _classes(of_class, confidence)
    return _closed(found, len(sums), share=True, confidence=confidence, usual=STRATIFIED, worst=worst)


def votes_interval(sums: Floats, counts: Floats, *, confidence: float = 0.95) -> Bounds:
    """Interval of a share of right votes: Clopper-Pearson for one of each subject, Korn-Graubard for several.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, n_cohorts)
        Right votes, and all of them; a mean over repeats need not be whole.
    confidence : float

    Returns
    -------
    Bounds
    """
    n_subjects, n_cohorts = sums.shape
    if n_subjects < 2:
        return _nothing(n_cohorts)
    if (counts == 1).all():
        low, high = clopper_pearson(sums.sum(axis=0), n_subjects, confidence=confidence)
        return Bounds(low, high, _said(n_cohorts, CLOPPER_PEARSON))
    low, high = korn_graubard(sums, counts, confidence=confidence)
    return Bounds(low, high, _said(n_cohorts, KORN_GRAUBARD))


def balanced_votes_interval(sums: Floats, counts: Floats, *, confidence: float = 0.95) -> Bounds:
    """Interval of the balanced accuracy of votes of subjects whose target is constant: the mean of the classes' intervals by MOVER.

    Parameters
    ----------
    sums, counts : ndarray, shape (n_subjects, n_classes, n_cohorts)
        Right votes and all of them, per subject, true class and cohort; every class has some.
    confidence : float

    Returns
    -------
    Bounds
        NaN where several votes of a class are of one subject.
    """
    bounded = []
    for number in range(sums.shape[1]):
        rows = np.flatnonzero(counts[:, number, 0] > 0)
        own = sums[rows, number], counts[rows, number]
        bounds = votes_interval(*own, confidence=confidence)
        bounded.append((own[0].sum(axis=0) / own[1].sum(axis=0), bounds.low, bounds.high))
    low, high = mover.mean(bounded)
    return Bounds(low, high, _said(sums.shape[2], OF_CLASSES))


def gain_interval(
    votes: tuple[Floats, Floats], windows: tuple[Floats, Floats], *, resamples: int, seed: int, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Gain of the vote over windows, accuracy less accuracy, with its interval.

    Parameters
    ----------
    votes, windows : tuple of (sums, counts), each of shape (n_subjects, n_cohorts)
        Right ones and all of them, of the same subjects.
    resamples, seed, confidence
        As `stats.intervals.resampling.bootstrap_t` takes them.

    Returns
    -------
    gain, low, high : ndarray, shape (n_cohorts,)

    Notes
    -----
    MOVER (`stats.intervals.mover.difference`) of the votes' Clopper-Pearson and the windows' bootstrap-t interval, with the correlation
    over subjects of the share of its right windows and of its right votes; 0 where either has no spread.
    """
    of_votes = votes_interval(*votes, confidence=confidence)
    of_windows = mean_interval(*windows, share=True, resamples=resamples, seed=seed, confidence=confidence)
    one, other = (sums.sum(axis=0) / counts.sum(axis=0) for sums, counts in (votes, windows))
    r = _correlation(votes[0] / votes[1], windows[0] / windows[1])
    low, high = mover.difference((one, of_votes.low, of_votes.high), (other, of_windows.low, of_windows.high), r)
    return one - other, low, high


def _correlation(one: Floats, other: Floats) -> Floats:
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    spread = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.where(spread > 1e-12, (a * b).sum(axis=0) / np.where(spread > 1e-12, spread, 1.0), 0.0)


def _classes(of_class: Sequence[tuple[Floats, Floats]], confidence: float) -> tuple[Floats, Floats]:
    """Mean over classes of Clopper-Pearson over subjects."""
    bounded = []
    for sums, counts in of_class:
        share = sums.sum(axis=0) / counts.sum(axis=0)
        bounded.append((share, *clopper_pearson(share * len(sums), len(sums), confidence=confidence)))
    return mover.mean(bounded)


def _closed(
    found: Studentised, n_subjects: int, *, share: bool, confidence: float, usual: str, worst: tuple[Floats, Floats] | None = None
) -> Bounds:
    """Bounds that are finite: `worst` (of shares; else Clopper-Pearson over subjects) where the bootstrap has none."""
    how = _said(len(found.value), usual)
    low, high = found.low, found.high
    open_low, open_high = ~np.isfinite(low), ~np.isfinite(high)
    if not share:
        none = open_low | open_high
        how[none] = NONE
        return Bounds(np.where(none, np.nan, low), np.where(none, np.nan, high), how)
    at_worst = clopper_pearson(found.value * n_subjects, n_subjects, confidence=confidence) if worst is None else worst
    how[open_low | open_high] = NO_SPREAD
    how[found.error == 0] = ALL_EQUAL
    low, high = np.where(open_low, at_worst[0], low), np.where(open_high, at_worst[1], high)
    return Bounds(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0), how)


def _said(n_cohorts: int, words: str) -> NDArray[np.object_]:
    return np.full(n_cohorts, words, dtype=object)


def _nothing(n_cohorts: int) -> Bounds:
    return Bounds(np.full(n_cohorts, np.nan), np.full(n_cohorts, np.nan), _said(n_cohorts, NONE))
