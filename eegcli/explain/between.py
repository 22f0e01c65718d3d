"""Difference between classes over subjects: spectra, channels and times of a method's means of subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eegcli.artifacts.explanation import Explanation
from eegcli.stats.cluster import Difference, class_difference
from eegcli.stats.spectra import in_range

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = list[dict[str, Any]]


def rows_of(explanation: Explanation, name: str, beside: NDArray[np.bool_] | None) -> Rows:
    """Rows of differences.parquet about a method whose result holds means of subjects; none of others, and of a number.

    Parameters
    ----------
    explanation : Explanation
        With this method among its methods.
    name : str
        Of the method.
    beside : ndarray of bool, shape (n_channels, n_channels), or None
        Which channels lie beside each other; None: none is known to.
    """
    if len(explanation.classes) < 2:
        return []
    rows: Rows = []
    for along, values, places, neighbours in _means(explanation, name, beside):
        pairs = explanation.methods[name].subject_class
        for index, label in enumerate(explanation.classes[: 1 if len(explanation.classes) == 2 else None]):
            found = difference_of_class(values, pairs, index, neighbours)
            p = np.append(found.p, 1.0)[found.cluster]  # -1, of no cluster, takes the 1 at the end
            for number, place in enumerate(places):
                rows.append(
                    {"method": name, "class": label, "along": along, "place": str(place)}
                    | {"difference": found.difference[number], "low": found.low[number], "high": found.high[number], "p": p[number]}
                )
    return rows


def summary_of(rows: Rows) -> dict[str, dict[str, float | None]]:
    """Smallest p of a cluster by what it runs along, and class; None where there are too few subjects for any."""
    found: dict[str, dict[str, float | None]] = {}
    for row in rows:
        of_classes = found.setdefault(row["along"], {})
        before = of_classes.get(row["class"])
        p = float(row["p"]) if np.isfinite(row["low"]) else None
        of_classes[row["class"]] = p if before is None else before if p is None else min(before, p)
    return found


def _means(
    explanation: Explanation, name: str, beside: NDArray[np.bool_] | None
) -> Iterator[tuple[str, Floats, Sequence[Any], tuple[NDArray[np.bool_], ...]]]:
    """Means of subjects, (n_pairs, n_places), with the names of the places, and which of them lie beside each other (left out: each beside the next)."""
    result = explanation.methods[name]
    if hasattr(result, "subject_importance"):
        is_row = np.array_equal(result.parts.astype(str), np.array(explanation.ch_names)) and beside is not None
        yield "part", result.subject_importance, result.parts.tolist(), (beside,) if is_row and beside is not None else ()
    if not hasattr(result, "subject_profile"):
        return
    n_rows = result.subject_profile.shape[1]
    lie = beside if beside is not None and len(beside) == n_rows else np.zeros((n_rows, n_rows), dtype=bool)
    yield "channel", result.subject_profile, explanation.rows_named, (lie,)
    if result.subject_spectrum.shape[1]:
        shown = np.flatnonzero(in_range(explanation.freqs))
        yield "frequency", result.subject_spectrum[:, shown], [f"{one:g}" for one in explanation.freqs[shown]], ()
        n_times = result.subject_course.shape[1]
        yield "time", result.subject_course, [f"{number / explanation.sfreq:.6g}" for number in range(n_times)], ()


def difference_of_class(values: Floats, pairs: Ints, index: int, neighbours: tuple[NDArray[np.bool_], ...] = ()) -> Difference:
    """Difference of a class from the mean of the others: within subjects where most are in several classes, else between those that are in one.

    Parameters
    ----------
    values : ndarray, shape (n_pairs, ...)
        Mean of each pair of subject and class.
    pairs : ndarray of int, shape (n_pairs, 2)
        Number of the subject, and of the class.
    index : int
        Of the class.
    neighbours : tuple of ndarray of bool
        As `class_difference` takes them.
    """
    people, number = np.unique(pairs[:, 0], return_inverse=True)
    is_own = pairs[:, 1] == index
    own, has_own = means_by_number(values[is_own], number[is_own], len(people))
    other, has_other = means_by_number(values[~is_own], number[~is_own], len(people))
    both, single = has_own & has_other, has_own != has_other
    if 2 * both.sum() > len(people):  # the target varies within subjects
        return class_difference(own[both] - other[both], neighbours=neighbours)
    return class_difference(np.where(_along(has_own, own), own, other)[single], has_own[single], neighbours=neighbours)


def means_by_number(values: Floats, number: Ints, n: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean of the rows of each number from 0 to n, zero where there is none, and where there is one."""
    sums, counts = np.zeros((n, *values.shape[1:])), np.bincount(number, minlength=n)
    np.add.at(sums, number, values)
    return np.asarray(sums / _along(np.maximum(counts, 1), sums)), np.asarray(counts > 0)


def _along(each: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values per row, in the number of dimensions of an array."""
    return each.reshape(-1, *(1 for _ in values.shape[1:]))
