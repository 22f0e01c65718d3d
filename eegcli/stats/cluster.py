"""Cluster permutation test: difference between two classes over subjects, along frequencies, channels or time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.errors import UsageError, counted

LEVEL = 0.05  # two-sided, of the t that a cell needs to be in a cluster, and of the pointwise intervals
PERMUTATIONS = 999  # with the true order 1,000
AT_ONCE = 2**22  # values of statistics that are in memory together

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """Difference between two classes over subjects, and where it is more than chance.

    Attributes
    ----------
    difference : ndarray, shape (...)
        Mean of the second class less that of the first.
    low, high : ndarray, shape (...)
        Pointwise 95 % interval over subjects: of one cell that was named before, not of all of them. NaN where a class has but one subject.
    t : ndarray, shape (...)
        Student's t of each cell, by which clusters are made.
    cluster : ndarray of int, shape (...)
        Number of the cluster of each cell, from 0; -1 for a cell of none.
    mass : ndarray, shape (n_clusters,)
        Sum of t of each cluster, the largest first.
    p : ndarray, shape (n_clusters,)
        Share of the permutations of subjects, the true order among them, in which some cluster is as large.
    """

    difference: Floats
    low: Floats
    high: Floats
    t: Floats
    cluster: Ints
    mass: Floats
    p: Floats

    @property
    def smallest_p(self) -> float:
        """P value of the largest cluster; 1 where no cell is in any, NaN where there are too few subjects to tell."""
        return float(self.p.min(initial=1.0)) if np.isfinite(self.low).any() else float("nan")

    @property
    def significant(self) -> NDArray[np.bool_]:
        """Cells of a cluster with p of 0.05 or less, shape (...)."""
        return np.asarray(np.isin(self.cluster, np.flatnonzero(self.p <= LEVEL)))


def class_difference(
    values: Floats,
    second: NDArray[np.bool_] | None = None,
    *,
    neighbours: Sequence[NDArray[np.bool_] | None] = (),
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> Difference:
    """Compare two classes over subjects, cell by cell and cluster by cluster.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, ...)
        A spectrum, topography or time course of each subject; or, without `second`, the difference between the two classes within each subject.
    second : ndarray of bool, shape (n_subjects,), optional
        Which subjects are of the second class. Left out: every subject has been in both.
    neighbours : sequence of ndarray of bool, shape (n, n), or None
        Of each axis after the first: which of its cells lie beside each other; None, and left out: each beside the next, as frequencies and samples do.
    seed : int
        Seed of the permutations.
    permutations : int
        How many orders of the subjects (without `second`: signs of their differences) are drawn.

    Raises
    ------
    UsageError
        If there is no value, or shapes do not fit each other.

    Notes
    -----
    Maris & Oostenveld 2007, doi:10.1016/j.jneumeth.2007.03.024: cells whose two-sided p is below 0.05 are joined to clusters where they are neighbours and
    of one sign; the largest sum of |t| in each permutation is what the clusters are held against. So the whole map is one test, and p says that the classes
    differ, not that they differ in every cell of the cluster. Permuted are subjects, never windows. Intervals are Welch's (1947, doi:10.1093/biomet/34.1-2.28).
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim < 2 or not values.size:
        raise UsageError(f"values of shape {values.shape}: one row per subject is needed, with at least one value")
    if second is not None and np.shape(second) != values.shape[:1]:
        raise UsageError(f"{np.shape(second)} classes for {counted(values.shape[0], 'subject')}")
    cells, shape = values.reshape(len(values), -1), values.shape[1:]
    graph = _graph(shape, neighbours)
    difference, low, high = (array.reshape(shape) for array in _intervals(cells, second))
    if not np.isfinite(low).any():
        return Difference(difference, low, high, np.zeros(shape), np.full(shape, -1, dtype=np.int64), np.zeros(0), np.zeros(0))
    least = _critical(len(cells) - (1 if second is None else 2))
    t = _statistics(cells, (np.ones(len(cells)) if second is None else second)[None].astype(np.float64), paired=second is None)[0]
    label, mass = _clusters(t, graph, least)
    largest = _largest(cells, second, graph, least, seed, permutations) if len(mass) else np.zeros(0)
    order = np.argsort(-np.abs(mass), kind="stable")
    place = np.append(np.argsort(order), -1)  # -1 stays -1
    near = 1 + 1e-9  # what differs by rounding is as large
    p = np.array([(1 + np.count_nonzero(near * largest >= abs(mass[one]))) / (1 + permutations) for one in order])
    return Difference(difference, low, high, t.reshape(shape), place[label].reshape(shape), mass[order], p)


def _intervals(cells: Floats, second: NDArray[np.bool_] | None) -> tuple[Floats, Floats, Floats]:
    """Difference of the means (without classes the mean) and its 95 % interval, each (n_cells,)."""
    from scipy import special

    groups = [cells] if second is None else [cells[second], cells[~second]]
    means = [group.mean(axis=0) if len(group) else np.full(cells.shape[1], np.nan) for group in groups]
    difference = means[0] if second is None else means[0] - means[1]
    if min(map(len, groups)) < 2:
        return difference, np.full_like(difference, np.nan), np.full_like(difference, np.nan)
    parts = [group.var(axis=0, ddof=1) / len(group) for group in groups]
    variance = sum(parts)
    # Welch and Satterthwaite; of no variance the degrees of freedom do not matter.
    slack = sum(part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True))
    freedom = np.divide(np.square(variance), slack, out=np.full_like(difference, len(cells) - 1.0), where=slack > 0)
    half = special.stdtrit(freedom, 1 - LEVEL / 2) * np.sqrt(variance)
    return difference, difference - half, difference + half


def _critical(freedom: int) -> float:
    from scipy import special

    return float(special.stdtrit(freedom, 1 - LEVEL / 2))


def _statistics(cells: Floats, weight: Floats, *, paired: bool) -> Floats:
    """Student's t of each order of the subjects: (n_subjects, n_cells), weights (n_orders, n_subjects) -> (n_orders, n_cells); 0 without variance.

    Weights are signs of the differences (`paired`), else 1 for the subjects of the second class.
    """
    n = len(cells)
    squares = np.square(cells)
    if paired:
        mean = weight @ cells / n
        variance = (squares.sum(axis=0) / n - mean**2) / (n - 1)
    else:
        n_second = weight.sum(axis=1, keepdims=True)
        n_first = n - n_second
        upper, total = weight @ cells, cells.sum(axis=0)
        of_second, of_first = upper / n_second, (total - upper) / n_first
        mean = of_second - of_first
        within = squares.sum(axis=0) - n_second * of_second**2 - n_first * of_first**2
        variance = within / (n - 2) * (1 / n_second + 1 / n_first)
    enough = variance > 1e-12 * np.maximum(squares.mean(axis=0), np.finfo(float).tiny)  # below it lies rounding
    return np.divide(mean, np.sqrt(np.where(enough, variance, 1.0)), out=np.zeros_like(mean), where=enough)


def _largest(cells: Floats, second: NDArray[np.bool_] | None, graph: Any, least: float, seed: int, permutations: int) -> Floats:
    """Largest |mass| of a cluster in each permutation, shape (permutations,)."""
    random = np.random.default_rng(seed)
    found: list[float] = []
    at_once = max(1, AT_ONCE // cells.shape[1])
    centred = cells if second is None else cells - cells.mean(axis=0)  # sums of squares then lose no digits
    for start in range(0, permutations, at_once):
        draws = random.random((min(at_once, permutations - start), len(cells)))
        signs = np.where(draws < 0.5, -1.0, 1.0)
        weight = signs if second is None else second.astype(np.float64)[np.argsort(draws, axis=1)]
        statistics = _statistics(centred, weight, paired=second is None)
        found += [float(np.abs(_clusters(t, graph, least)[1]).max(initial=0.0)) for t in statistics]
    return np.array(found)


def _clusters(t: Floats, graph: Any, least: float) -> tuple[Ints, Floats]:
    """Cluster of each cell (-1: none), shape (n_cells,), and the sum of t of each cluster."""
    from scipy.sparse.csgraph import connected_components

    label: Ints = np.full(len(t), -1, dtype=np.int64)
    masses: list[Floats] = []
    n = 0
    for sign in (1, -1):
        inside = np.flatnonzero(sign * t > least)
        if not len(inside):
            continue
        n_found, own = connected_components(graph[inside][:, inside], directed=False)
        label[inside] = n + own
        masses.append(np.asarray(np.bincount(own, weights=t[inside], minlength=n_found), dtype=np.float64))
        n += n_found
    return label, np.concatenate(masses) if masses else np.zeros(0)


def _graph(shape: tuple[int, ...], neighbours: Sequence[NDArray[np.bool_] | None]) -> Any:
    """Neighbourhood of all cells as a sparse matrix: a step along one axis."""
    from scipy import sparse

    given = list(neighbours) + [None] * (len(shape) - len(neighbours))
    if len(given) > len(shape):
        raise UsageError(f"neighbours of {len(given)} axes, and values have {len(shape)} after the subjects")
    graph = sparse.csr_array((1, 1))
    for size, own in zip(shape, given, strict=True):
        if own is not None and np.shape(own) != (size, size):
            raise UsageError(f"neighbours of shape {np.shape(own)} for an axis of {size}")
        beside = sparse.diags_array([np.ones(size - 1)] * 2, offsets=[-1, 1], shape=(size, size)) if own is None else sparse.csr_array(own)
        here, there = sparse.eye_array(graph.shape[0]), sparse.eye_array(size)
        graph = (sparse.kron(graph, there) + sparse.kron(here, beside.astype(np.float64))).tocsr()
    return graph
