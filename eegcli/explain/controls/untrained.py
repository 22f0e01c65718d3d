"""Control of an explanation: the trained network compared with untrained networks of its architecture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explanation import MethodResult
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Control, Kind
from eegcli.explain.untrained import untrained_networks
from eegcli.reporter import Reporter

Floats = NDArray[np.float64]

WINDOWS_PER_CLASS = 32  # the best of the chosen ones: enough for a mean, and 20 networks have to read them


def randomise(
    kind: Kind,
    method: Callable[..., Any],
    model: nn.Module,
    material: ExplainedWindows,
    freqs: Floats,
    *,
    n_networks: int,
    seed: int,
    reporter: Reporter,
) -> Control:
    """Explain untrained networks of the same architecture: the control of a method.

    Parameters
    ----------
    kind : Kind
        Of the method: how it is asked, and what of its result is compared.
    method : callable
        What explains.
    model : nn.Module
        The trained network; left as it is.
    material : ExplainedWindows
        The chosen windows, the best of a class first.
    freqs : ndarray, shape (n_freqs,), Hz
        Of the spectra.
    n_networks : int
        Untrained networks, two or more: `registry.EXPLANATIONS` states them per method.
    seed : int
        Of the first untrained network; the others follow.
    reporter : Reporter
        Shows the progress.

    Notes
    -----
    The model parameter randomisation test of Adebayo et al. 2018 (arXiv:1810.03292), all layers at once. The rank
    correlation is theirs. It does not decide, since the architecture alone (pooling, the edges of the window) orders
    most of the cells alike and a peak that was learnt moves few ranks; whether the trained network stands out of
    untrained ones, among which it would be one of many had training changed nothing, decides.
    """
    few = material.first(WINDOWS_PER_CLASS)
    own = getattr(kind, "chances", None)  # a kind may say itself what chance is
    results = own(method, model, few, n=n_networks, seed=seed) if own else _untrained(kind, method, model, few, n_networks, seed)
    profiles = [kind.profile(one) for one in reporter.progress(results, "Explaining untrained networks", total=1 + n_networks)]
    compared = kind.compared(np.stack(profiles), freqs)
    distances = mean_distances(compared)
    return Control(
        correlation=rank_correlation(compared[0], compared[1:]),
        distance=float(distances[0]),
        farthest=float(distances[1:].max()),
        profile=np.mean(profiles[1:], axis=0),
    )


def _untrained(
    kind: Kind, method: Callable[..., Any], model: nn.Module, material: ExplainedWindows, n_networks: int, seed: int
) -> Iterator[MethodResult]:
    yield kind.ask(method, model, material)
    for untrained in untrained_networks(model, n_networks, seed):
        yield kind.ask(method, untrained, material)


def mean_distances(profiles: Floats) -> Floats:
    """Mean distance of each network's profile from those of all others.

    Parameters
    ----------
    profiles : ndarray, shape (n_networks, n_classes, ...)
        Amplitudes; each class is scaled to sum to 1 first.

    Returns
    -------
    ndarray, shape (n_networks,)
        Total variation distances, 0 to 1, averaged over classes and the other networks.
    """
    flat = profiles.reshape(*profiles.shape[:2], -1)
    totals = flat.sum(axis=-1, keepdims=True)
    shares = np.divide(flat, totals, out=np.zeros_like(flat), where=totals > 0)
    between = np.stack([0.5 * np.abs(shares - own).sum(axis=-1).mean(axis=-1) for own in shares])
    distances: Floats = between.sum(axis=1) / (len(profiles) - 1)
    return distances


def rank_correlation(trained: Floats, untrained: Floats) -> float:
    """Mean Spearman correlation of a profile with others of its class.

    Parameters
    ----------
    trained : ndarray, shape (n_classes, ...)
    untrained : ndarray, shape (n_networks, n_classes, ...)

    Returns
    -------
    float
        NaN where no pair is defined: one of each is constant, or has fewer than three values, of which ranks agree fully or not at all.
    """
    from scipy.stats import spearmanr

    pairs = [
        (ours, theirs)
        for other in untrained
        for ours, theirs in zip(trained, other, strict=True)
        if ours.size > 2 and np.ptp(ours) > 0 and np.ptp(theirs) > 0
    ]
    return float(np.mean([spearmanr(ours.ravel(), theirs.ravel()).statistic for ours, theirs in pairs])) if pairs else np.nan
