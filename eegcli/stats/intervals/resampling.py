"""Bootstrap-t over subjects: intervals of means over windows, for windows of one subject are no independent draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-12  # variances of resamples below it, relative to what they are the difference of, are of rounding
_OF_RESIDUALS = 1e-24  # the same for the variance of the cohort, relative to the squares of the values: it is no difference
_NUMBERS_AT_ONCE = 2**19  # of drawn counts, and of moments: what a block of resamples holds, 4 MB each

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """Subjects that are drawn from each other: sums and counts of their windows, by group.

    Attributes
    ----------
    sums, counts : ndarray, shape (n_subjects, n_groups, n_cohorts)
        Per subject, group (one, or the true classes) and cohort: the sum of the values, and how many there are.
    """

    sums: Floats
    counts: Floats


@dataclass(frozen=True)
class Studentised:
    """A mean with its standard error, and the distribution of its t over resamples; each of shape (n_cohorts,).

    Attributes
    ----------
    value, error : ndarray
        Mean over groups of the mean over windows, and its standard error over subjects.
    t_low, t_high : ndarray
        Quantiles of t over resamples; infinite where too many resamples have no spread.
    """

    value: Floats
    error: Floats
    t_low: Floats
    t_high: Floats

    @property
    def low(self) -> Floats:
        """Lower bounds; minus infinity where no resample bounds it, NaN where there is no standard error."""
        return self._bound(self.t_high)

    @property
    def high(self) -> Floats:
        """Upper bounds; infinite where no resample bounds it, NaN where there is no standard error."""
        return self._bound(self.t_low)

    def at_least(self, t: float) -> Studentised:
        """The same with a t of at least so much on either side."""
        return Studentised(self.value, self.error, np.minimum(self.t_low, -t), np.maximum(self.t_high, t))

    def _bound(self, t: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.where(self.error > 0, self.value - t * self.error, np.nan)


def bootstrap_t(strata: Sequence[Stratum], *, resamples: int, seed: int, confidence: float) -> Studentised:
    """Studentise a mean over windows by resampling subjects.

    The mean is over groups: of each, the mean over all windows of all subjects. With right predictions and one group it is the accuracy,
    with the true classes as groups the balanced accuracy, with absolute errors and one group the mean absolute error.

    Parameters
    ----------
    strata : sequence of Stratum
        One; or where the target is constant within subjects, one of each class, each with one group.
    resamples : int
        How many cohorts of the same size, or of the same sizes of strata, are drawn; the same ones for every cohort of a block.
    seed : int
        Seed of the draws: same seed, same interval.
    confidence : float
        Share of cohorts whose interval is to hold the truth.

    Returns
    -------
    Studentised
        Of each cohort.

    Notes
    -----
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 12.5, doi:10.1201/9780429246593, with the subject as the cluster
    and the standard error of a ratio estimator (Cochran 1977, section 6.4), computed anew in each resample. Flynn & Peters 2004,
    doi:10.1186/1471-2288-4-5, for few clusters. A resample without spread has an infinite t, in the direction of its mean; in both where
    its mean is that of the cohort.
    """
    n_groups = sum(stratum.sums.shape[1] for stratum in strata)
    parts = [_Part(stratum, n_groups) for stratum in strata]
    value = np.sum([part.value for part in parts], axis=0)
    error = np.sqrt(np.sum([part.variance for part in parts], axis=0))
    n_cohorts = len(value)
    off, variance, alike = (np.zeros((resamples, n_cohorts), dtype=kind) for kind in (float, float, bool))
    alike[:] = True
    for number, part in enumerate(parts):
        for rows, draws in _draws(len(part.stratum.sums), resamples, (seed, number) if number else seed, part.n_moments * n_cohorts):
            moved, spread, without = part.resampled(draws)
            off[rows] += moved
            variance[rows] += spread
            alike[rows] &= without
    return Studentised(value, error, *_quantiles(off, variance, alike, confidence))


class _Part:
    """A stratum's share of the mean, and of its variance, in the cohort and in resamples of it."""

    def __init__(self, stratum: Stratum, n_groups: int) -> None:
        self.stratum, self.n_groups = stratum, n_groups
        totals = stratum.counts.sum(axis=0)  # (n_groups of the stratum, n_cohorts)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = stratum.sums.sum(axis=0) / totals
            self.off = stratum.sums - means * stratum.counts  # residuals: they sum to 0
            self.correction = len(stratum.sums) / (len(stratum.sums) - 1) if len(stratum.sums) > 1 else np.nan
            self.variance = self.correction * ((self.off / totals).sum(axis=1) ** 2).sum(axis=0) / n_groups**2
        scale = (stratum.sums**2).sum(axis=(0, 1)) / (totals**2).sum(axis=0)
        self.variance = np.where(self.variance <= _OF_RESIDUALS * scale, 0.0, self.variance)
        self.value = means.sum(axis=0) / n_groups
        self.alike = stratum.sums.shape[1] == 1 and bool((stratum.counts == stratum.counts[:1]).all())
        # of subjects with as many windows each, the counts of a draw are known
        both = self.off if self.alike else np.concatenate([self.off, stratum.counts], axis=1)
        self.pairs = [(one, two) for one in range(both.shape[1]) for two in range(one, both.shape[1])]
        products = np.stack([both[:, one] * both[:, two] for one, two in self.pairs], axis=1)
        self.terms = np.ascontiguousarray(np.concatenate([both, products], axis=1).reshape(len(both), -1))
        self.n_moments = both.shape[1] + len(self.pairs)

    def resampled(self, draws: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Move of the mean in each resample, its variance there, and where the resample has no spread."""
        n_own, n_cohorts = self.stratum.sums.shape[1:]
        # One cohort by einsum, for BLAS adds in an order that depends on its threads; many, in simulations, by BLAS, which is faster.
        moments = np.einsum("rn,np->rp", draws, self.terms) if n_cohorts == 1 else draws @ self.terms
        moments = moments.reshape(len(draws), self.n_moments, n_cohorts)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.alike:
                n, each = len(self.stratum.counts), self.stratum.counts[0, 0]
                moved = moments[:, :1] / (n * each)
                scale = moments[:, 1] / (n * each) ** 2
                spread = scale - moved[:, 0] ** 2 / n
            else:
                moved, spread, scale = self._unequal(moments, n_own)
        # a group that a draw lacks has no mean there: nothing is known of its spread
        without = ~(spread > ROUNDING * scale)
        moved = np.nan_to_num(moved.sum(axis=1) / self.n_groups)
        return moved, np.where(without, 0.0, self.correction * spread / self.n_groups**2), without

    def _unequal(self, moments: Floats, n_own: int) -> tuple[Floats, Floats, Floats]:
        """Move of the mean of each group, the sum of squared residuals about it, and the size of what that is the difference of."""
        off, counts = moments[:, :n_own], moments[:, n_own : 2 * n_own]
        moved = off / counts
        weights = np.concatenate([1 / counts, -moved / counts], axis=1)
        spread, scale = np.zeros_like(moved[:, 0]), np.zeros_like(moved[:, 0])
        for number, (one, two) in enumerate(self.pairs):
            term = weights[:, one] * weights[:, two] * moments[:, 2 * n_own + number]
            spread += term if one == two else 2 * term
            if one == two:
                scale += term
        return moved, spread, scale


def _draws(n: int, resamples: int, seed: int | tuple[int, int], width: int) -> Iterator[tuple[slice, Floats]]:
    """Draw subjects with replacement, block by block: which resamples, and how often each subject is in each, shape (n_rows, n)."""
    random = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // max(n, width))
    for start in range(0, resamples, at_once):
        rows = slice(start, min(start + at_once, resamples))
        n_rows = rows.stop - rows.start
        drawn = random.integers(0, n, size=(n_rows, n)) + n * np.arange(n_rows)[:, None]
        yield rows, np.bincount(drawn.ravel(), minlength=n_rows * n).reshape(n_rows, n).astype(float)


def _quantiles(off: Floats, variance: Floats, alike: NDArray[np.bool_], confidence: float) -> tuple[Floats, Floats]:
    """Quantiles of t, by order statistics that stand at the outer side: t in each resample is `off` by its standard error."""
    none = alike | ~(variance > 0)
    t = off / np.sqrt(np.where(none, 1.0, variance))
    tail, last = (1 - confidence) / 2, len(off) - 1
    below, above = int(np.floor(tail * last)), int(np.ceil((1 - tail) * last))
    if not none.any():
        found = np.partition(np.ascontiguousarray(t.T), (below, above), axis=1)
        return found[:, below], found[:, above]
    beyond = np.sign(np.where(np.abs(off) <= ROUNDING, 0.0, off))
    low = np.where(none, np.where(beyond <= 0, -np.inf, np.inf), t)
    high = np.where(none, np.where(beyond >= 0, np.inf, -np.inf), t)
    return np.partition(low, below, axis=0)[below], np.partition(high, above, axis=0)[above]
