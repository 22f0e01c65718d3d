"""Intervals of the area under the ROC curve (AUC): Newcombe's method 5, and on the logit scale DeLong's, and Obuchowski's of several scores a subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

FEW_SUBJECTS = 60  # below, DeLong's variance is too unsure, and its interval covers less than it says
_HALVINGS = 60  # of the interval in which a bound is looked for: more than a double has bits

Floats = NDArray[np.float64]


def newcombe(
    auc: ArrayLike, n_positive: ArrayLike, n_negative: ArrayLike, *, weight: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of the AUC from its value and the numbers of either class alone.

    Parameters
    ----------
    auc : array_like, shape (...)
        Area under the ROC curve; a mean over repeats, or a weighted mean over groups that are ranked each by itself (folds), too.
    n_positive, n_negative : array_like, shape (...) or (..., n_groups)
        Subjects of either class; of each group, where there are weights.
    weight : array_like, shape (n_groups,), optional
        Weight of each group in the mean; they sum to 1. Left out: all subjects are ranked together.
    confidence : float

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN where the AUC is.

    Notes
    -----
    Newcombe 2006, Statistics in Medicine 25:559-573, doi:10.1002/sim.2324, method 5: all areas whose own standard error (Hanley & McNeil's,
    with the mean number of a class in both places) reaches as far as the one that was found. Groups rank fewer pairs than all
    subjects together would; other subjects stand in each, so that the variance of their mean is the sum of theirs, by squared weights.
    """
    m, n = (np.asarray(value, dtype=float) for value in (n_positive, n_negative))
    share = np.ones(1) if weight is None else np.asarray(weight, dtype=float)
    if weight is None:
        m, n = m[..., None], n[..., None]
    auc = np.broadcast_to(np.asarray(auc, dtype=float), np.broadcast_shapes(np.shape(auc), m.shape[:-1], n.shape[:-1]))
    z = float(special.ndtri((1 + confidence) / 2))

    def too_far(area: Floats) -> NDArray[np.bool_]:
        variance = np.sum(share**2 * _variance(area[..., None], m, n), axis=-1)
        return np.asarray(np.abs(area - auc) > z * np.sqrt(variance))

    return _border(too_far, np.zeros_like(auc), auc), _border(too_far, np.ones_like(auc), auc)


def _variance(area: Floats, m: Floats, n: Floats) -> Floats:
    star = (m + n) / 2 - 1
    return np.asarray(area * (1 - area) * (1 + star * (1 - area) / (2 - area) + star * area / (1 + area)) / (m * n))


def _border(too_far: Callable[[Floats], NDArray[np.bool_]], outside: Floats, inside: Floats) -> Floats:
    """Halve the way between an area that is too far, and one that is not; the outer end where nothing is."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        far = too_far(middle)
        outside, inside = np.where(far, middle, outside), np.where(far, inside, middle)
    return np.asarray(np.where(np.isnan(inside), np.nan, inside))


def newcombe_of_groups(auc: float, truth: NDArray[np.int64], groups: Sequence[NDArray[np.int64]]) -> tuple[float, float]:
    """Interval of the mean AUC of groups that are ranked each by itself, weighted by their subjects, by `newcombe`.

    Parameters
    ----------
    auc : float
    truth : ndarray of int, shape (n,)
        1 for the positive class, else 0; a row of each subject.
    groups : sequence of ndarray of int
        Rows of each group, either class among them, as `ranked_together` has them.
    """
    sizes = np.array([len(group) for group in groups], dtype=float)
    n_positive = np.array([truth[group].sum() for group in groups], dtype=float)
    low, high = newcombe(auc, n_positive, sizes - n_positive, weight=sizes / sizes.sum())
    return float(low), float(high)


def ranked_together(truth: NDArray[np.int64], fold: NDArray[np.int64] | None) -> list[NDArray[np.int64]]:
    """Rows whose scores are ranked against each other: those of a fold; folds that lack a class are one, where they have either together.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        1 for the positive class, else 0.
    fold : ndarray of int, shape (n,), or None
        None: one network predicted all.
    """
    if fold is None:
        return [np.arange(len(truth))]
    groups = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    whole = [group for group in groups if 0 < truth[group].sum() < len(group)]
    lacking = [group for group in groups if not 0 < truth[group].sum() < len(group)]
    together = np.concatenate(lacking) if lacking else np.empty(0, dtype=np.int64)
    return [*whole, *([together] if 0 < truth[together].sum() < len(together) else [])]


def placements(truth: NDArray[np.int64], score: Floats) -> Floats:
    """Share of the other class that each subject stands above (of a negative: below), ties counting one half, shape (n,).

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        1 for the positive class, else 0; either occurs.
    score : ndarray, shape (n,)
    """
    positive, negative = np.sort(score[truth == 1]), np.sort(score[truth == 0])

    def below(values: Floats, sorted_others: Floats) -> Floats:
        return (np.searchsorted(sorted_others, values, "left") + np.searchsorted(sorted_others, values, "right")) / 2 / len(sorted_others)

    return np.where(truth == 1, below(score, negative), 1 - below(score, positive))


def delong(placed: Floats, truth: NDArray[np.int64], *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the AUC from how each subject's score stands among those of the other class.

    Parameters
    ----------
    placed : ndarray, shape (n,)
        `placements`; their mean over repeats, too.
    truth : ndarray of int, shape (n,)
        1 for the positive class, else 0.
    confidence : float

    Returns
    -------
    low, high : float
        NaN where a class has fewer than two subjects, or placements have no spread or an AUC of 0 or 1: `newcombe` has bounds there.

    Notes
    -----
    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837-845, doi:10.2307/2531595; on the logit scale, so that no bound exceeds 1
    (Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.4).
    """
    positive, negative = placed[truth == 1], placed[truth == 0]
    if min(len(positive), len(negative)) < 2:
        return np.nan, np.nan
    area = float(positive.mean())
    error = float(np.sqrt(positive.var(ddof=1) / len(positive) + negative.var(ddof=1) / len(negative)))
    if not 0 < area < 1 or error == 0:
        return np.nan, np.nan
    half = float(special.ndtri((1 + confidence) / 2)) * error / (area * (1 - area))
    centre = special.logit(area)
    return float(special.expit(centre - half)), float(special.expit(centre + half))


def obuchowski(placed: Floats, truth: NDArray[np.int64], subject: NDArray[np.int64], *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the AUC of several scores of each subject, who may have some of either class.

    Parameters
    ----------
    placed : ndarray, shape (n,)
        `placements` of all scores.
    truth : ndarray of int, shape (n,)
        1 for the positive class, else 0.
    subject : ndarray of int, shape (n,)
        Whose each score is.
    confidence : float

    Returns
    -------
    low, high : float
        NaN where a class has scores of fewer than two subjects, or the AUC is 0 or 1: `newcombe` has bounds there.

    Notes
    -----
    Obuchowski 1997, Biometrics 53:567-578, doi:10.2307/2533958: DeLong's variance of sums within subjects, with their covariance; on the logit
    scale, and with Student's quantile for the number of subjects.
    """
    _, member = np.unique(subject, return_inverse=True)
    n_subjects = int(member.max(initial=-1)) + 1
    positive = truth == 1
    area = float(placed[positive].mean()) if positive.any() else np.nan
    off, counts, with_any = [], [], []
    for rows in (positive, ~positive):
        of_class = np.bincount(member[rows], minlength=n_subjects)
        off.append(np.bincount(member[rows], weights=placed[rows], minlength=n_subjects) - of_class * area)
        counts.append(int(rows.sum()))
        with_any.append(int((of_class > 0).sum()))
    if min(with_any) < 2 or not 0 < area < 1:
        return np.nan, np.nan
    own = [float((values**2).sum()) * n / (n - 1) / count**2 for values, n, count in zip(off, with_any, counts, strict=True)]
    shared = float((off[0] * off[1]).sum()) * n_subjects / (n_subjects - 1) / (counts[0] * counts[1])
    error = float(np.sqrt(max(sum(own) + 2 * shared, 0.0)))
    half = float(stats.t.ppf((1 + confidence) / 2, n_subjects - 1)) * error / (area * (1 - area))
    centre = special.logit(area)
    return float(special.expit(centre - half)), float(special.expit(centre + half))
