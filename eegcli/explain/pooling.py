"""Pooling: results of several networks of a run put together, each network with the same weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from eegcli.artifacts.explanation import MethodResult
from eegcli.explain.kinds.protocol import Kind
from eegcli.explain.subjects import pair_means, pairs_of


def pooled(kind: Kind, results: Sequence[Any], n_before: Sequence[int]) -> MethodResult:
    """Put the results of a method together.

    Parameters
    ----------
    kind : Kind
        Of the method. One that has a function `pooled` says itself how; of others each array is averaged where it can be, else the
        first network's stands.
    results : sequence of MethodResult
        A network's each.
    n_before : sequence of int
        Of each, how many chosen windows the networks before it have.
    """
    if len(results) == 1:
        first: MethodResult = results[0]
        return first
    own = getattr(kind, "pooled", None)
    if own is not None:
        found: MethodResult = own(results, n_before)
        return found
    mean: MethodResult = averaged(results)
    return mean


def averaged(results: Sequence[Any]) -> Any:
    """Mean of each array of numbers over networks; the first network's where it is text, counts, or of another shape in each."""
    changes = {}
    for item in fields(results[0]):
        arrays = [getattr(one, item.name) for one in results]
        if arrays[0].dtype.kind == "f" and all(one.shape == arrays[0].shape for one in arrays):
            changes[item.name] = np.mean(arrays, axis=0)
    return replace(results[0], **changes)


def by_windows(results: Sequence[Any], n_before: Sequence[int], of_subjects: Sequence[str]) -> Any:
    """Put results of windows together: means over networks; `values` and `rows` one after the other; means of subjects over the networks that have them.

    Parameters
    ----------
    results, n_before
        As of `pooled`; results have `values`, `rows` and `subject_class`.
    of_subjects : sequence of str
        Arrays with a row for each of `subject_class`.
    """
    pairs = np.concatenate([one.subject_class for one in results])
    together, pair = pairs_of(pairs[:, 0], pairs[:, 1])
    return replace(
        averaged(results),
        values=np.concatenate([one.values for one in results]),
        rows=np.concatenate([one.rows + start for one, start in zip(results, n_before, strict=True)]),
        subject_class=together,
        **{name: pair_means(np.concatenate([getattr(one, name) for one in results]), pair) for name in of_subjects},
    )
