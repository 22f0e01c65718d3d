"""McNemar's test: two ways to predict the same subjects, by those who are right in one and wrong in the other."""

from __future__ import annotations

from math import fsum

from scipy import stats


def mcnemar(first_alone: int, second_alone: int) -> tuple[float, float]:
    """Exact two-sided p value of equal accuracy, and its mid-p.

    Parameters
    ----------
    first_alone, second_alone : int
        Subjects whose vote is right in one of the two alone.

    Returns
    -------
    exact, mid : float
        1 and 1 where the two are right and wrong together; of an even split exact is 1, and mid 1 less half its probability.

    Notes
    -----
    McNemar 1947, doi:10.1007/BF02295996: given their number, each of the subjects who differ is the first's with probability one half.
    The mid-p value counts the observed split one half, and keeps its level more closely (Fagerland, Lydersen & Laake 2013,
    doi:10.1186/1471-2288-13-91).
    """
    n = first_alone + second_alone
    if not n:
        return 1.0, 1.0
    fewer = min(first_alone, second_alone)
    exact = min(1.0, 2 * float(stats.binom.cdf(fewer, n, 0.5)))
    at_most, observed = float(stats.binom.cdf(fewer, n, 0.5)), float(stats.binom.pmf(fewer, n, 0.5))
    # An even split is its own mirror image, and counts once.
    mid = 1 - observed / 2 if first_alone == second_alone else fsum((2 * at_most, -observed))
    return exact, min(1.0, mid)
