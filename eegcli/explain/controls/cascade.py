"""Cascading randomisation: the network loses its layers from the last to the first, and its map has to go with them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.controls.outcome import Outcome, not_run, outcome
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Kind
from eegcli.models.weights import reinitialise

Floats = NDArray[np.float64]

WINDOWS_PER_CLASS = 16
STAGES = 8  # at which maps are compared, evenly over the layers: the last is always among them
LIKE = 0.3  # structural similarity above which a map of random weights is the map of the training
SIDE = 7  # values, of the neighbourhood in which maps are compared
C1, C2 = 0.01**2, 0.03**2  # of a range of 1, as published


@dataclass(frozen=True)
class Cascade:
    """Similarity of maps while layers lose their weights: names of the layers, and the mean similarity after each."""

    layers: tuple[str, ...]
    similarity: tuple[float, ...]


def cascade(kind: Kind, method: Callable[..., Any], model: nn.Module, material: ExplainedWindows, *, seed: int) -> Cascade:
    """Draw the layers of a network anew, the last one first, and compare its maps with those of the trained network after each.

    Parameters
    ----------
    kind : Kind
        Of the method; its results have `values`, a map per window.
    method : callable
        What explains.
    model : nn.Module
        The trained network; left as it is.
    material : ExplainedWindows
        The chosen windows.
    seed : int
        Of the new weights.

    Notes
    -----
    Adebayo et al. 2018, arXiv:1810.03292. Where there are more than eight layers with weights, maps are compared at eight of the stages. The
    absolute values of a map are scaled to 0 to 1, as published, and compared by their structural similarity.
    """
    few = material.first(WINDOWS_PER_CLASS)
    trained = maps_of(kind.ask(method, model, few))
    losing = copy.deepcopy(model)
    layers = [(name, layer) for name, layer in losing.named_modules() if any(True for _ in layer.parameters(recurse=False))][::-1]
    stages = set(np.linspace(len(layers), 1, min(STAGES, len(layers))).round().astype(int).tolist())
    names, similarity = [], []
    for number, (name, layer) in enumerate(layers, start=1):
        reinitialise(layer, seed + number)
        if number in stages:
            maps = maps_of(kind.ask(method, losing, few))
            names.append(name)
            similarity.append(float(np.mean([similarity_of(one, other) for one, other in zip(trained, maps, strict=True)])))
    return Cascade(tuple(names), tuple(similarity))


def judged(found: Cascade | None) -> Outcome:
    """Pass a map that random weights do not give: a similarity of 0.3 or less at the end."""
    if found is None or not found.similarity:
        return not_run("the network has no layer with weights")
    end = found.similarity[-1]
    return outcome(end <= LIKE, end, limit=LIKE, layers=list(found.layers), similarity=list(found.similarity))


def maps_of(result: Any) -> Floats:
    """Absolute values of each window's map, scaled to 0 to 1."""
    maps = np.abs(result.values).astype(np.float64)
    flat = maps.reshape(len(maps), -1)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    return np.asarray(np.divide(flat - low, high - low, out=np.zeros_like(flat), where=high > low).reshape(maps.shape))


def similarity_of(one: Floats, other: Floats) -> float:
    """Structural similarity of two maps of values from 0 to 1, of any shape.

    Notes
    -----
    Wang, Bovik, Sheikh & Simoncelli 2004, doi:10.1109/TIP.2003.819861: means, variances and covariance in a square neighbourhood of 7 values a
    side (less along shorter axes) along the last two axes, the mean over all neighbourhoods that lie within the map.
    """
    from numpy.lib.stride_tricks import sliding_window_view

    axes = tuple(range(max(one.ndim - 2, 0), one.ndim))
    sides = tuple(min(SIDE, one.shape[axis]) for axis in axes)
    within = tuple(range(-len(axes), 0))
    a, b = (sliding_window_view(each, sides, axis=axes) for each in (one, other))
    n = int(np.prod(sides))
    mean_a, mean_b = a.mean(axis=within), b.mean(axis=within)
    scale = n / max(n - 1, 1)
    var_a, var_b = ((each**2).mean(axis=within) - mean**2 for each, mean in ((a, mean_a), (b, mean_b)))
    both = (a * b).mean(axis=within) - mean_a * mean_b
    similarity = (2 * mean_a * mean_b + C1) * (2 * scale * both + C2) / ((mean_a**2 + mean_b**2 + C1) * (scale * (var_a + var_b) + C2))
    return float(similarity.mean())
