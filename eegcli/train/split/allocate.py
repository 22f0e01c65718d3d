"""Stratified allocation: groups are dealt into parts so that each stratum is shared out as evenly as whole groups allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def allocate(strata: Ints, totals: Sequence[int], rng: np.random.Generator, *, exactly: bool = False) -> Ints:
    """Deal groups into parts, stratified.

    Parameters
    ----------
    strata : ndarray of int, shape (n_groups,)
        Stratum of each group, numbered without gaps.
    totals : sequence of int
        Groups of each part; they sum to n_units.
    rng : numpy.random.Generator
        Shuffles the groups of each stratum.
    exactly : bool
        Every part gets as many groups as `totals` says, even where one then goes without a stratum.

    Returns
    -------
    ndarray of int, shape (n_groups,)
        Part of each group. A stratum has in each part at most one group more or fewer than its share, but where it
        has as many groups as there are parts: then no part goes without, and unless `exactly`, a small part may be made larger for it.
    """
    table = _give_each_part_one(_rounded(np.bincount(strata), np.asarray(totals, dtype=np.int64)), exactly=exactly)
    part = np.full(len(strata), -1, dtype=np.int64)
    for stratum, counts in enumerate(table):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        part[members] = np.repeat(np.arange(len(counts)), counts)
    return part


def totals_of_shares(n: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `n`, in the proportion of `shares`, by the largest remainders."""
    ideal = n * np.asarray(shares, dtype=np.float64) / np.sum(shares)
    counts = np.floor(ideal + 1e-9).astype(np.int64)  # 0.6 x 5 is 3, whatever binary fractions say
    order = np.argsort(-(ideal - counts), kind="stable")
    counts[order[: n - counts.sum()]] += 1
    return [int(count) for count in counts]


def _rounded(sizes: Ints, totals: Ints) -> Ints:
    """Whole numbers near ``sizes x totals / n`` that keep the sums of rows and columns; shape (n_strata, n_parts)."""
    table, remainder = np.divmod(sizes[:, None] * totals[None, :], max(int(sizes.sum()), 1))
    rows, columns = sizes - table.sum(axis=1), totals - table.sum(axis=0)
    # What rounding down left over is a matrix of zeros and ones with known sums. To serve the part that still
    # needs most, stratum by stratum, always succeeds (Gale 1957, Ryser 1957); of equal needs the nearer to the ideal.
    for stratum in np.argsort(-rows, kind="stable"):
        needy = np.lexsort((-remainder[stratum], -columns))[: rows[stratum]]
        table[stratum, needy] += 1
        columns[needy] -= 1
    return table


def _give_each_part_one(table: Ints, *, exactly: bool) -> Ints:
    """Let no part go without a stratum that has enough groups for all; parts keep their sizes where possible."""
    table = table.copy()
    in_use = np.flatnonzero(table.sum(axis=0))
    for stratum, counts in enumerate(table):
        for part in in_use:
            if counts[part] or counts.sum() < len(in_use):
                continue
            giver = int(np.argmax(counts))
            others = np.where(np.arange(len(table)) == stratum, 0, table[:, part])
            has_spare = others.max(initial=0) > 1
            if exactly and not has_spare:
                continue
            counts[giver] -= 1
            counts[part] += 1
            if has_spare:  # another stratum moves the other way
                back = int(np.argmax(others))
                table[back, part] -= 1
                table[back, giver] += 1
    return table
