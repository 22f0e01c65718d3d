"""Whether an explanation explains the network, or any network of its architecture would have said the same."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.attribution import Material, Method, attribute
from eegcli.models.weights import reinitialise
from eegcli.reporter import Reporter
from eegcli.stats.spectra import in_range

Floats = NDArray[np.float64]

N_UNTRAINED = 19  # the trained network is the farthest of 20 by chance in 5 % of cases
WINDOWS_PER_CLASS = 32  # the best of the chosen ones: enough for a mean, and 20 networks have to read them


@dataclass(frozen=True)
class Control:
    """What a method says of the trained network beside what it says of untrained ones, on the same windows.

    Attributes
    ----------
    correlation : float
        Rank correlation of channel x frequency profiles of the trained network with those of untrained ones: mean
        over classes and networks; NaN where none is defined.
    distance : float
        Mean distance of the trained network's profile from those of the untrained ones: the share of it, 0 to 1,
        that lies elsewhere.
    farthest : float
        The largest such distance that an untrained network has from all others.
    spectrum : ndarray, shape (n_classes, n_channels, n_freqs)
        Mean over the untrained networks.
    """

    correlation: float
    distance: float
    farthest: float
    spectrum: Floats

    @property
    def passed(self) -> bool:
        """Whether training made the difference: the trained network is farther from the others than any untrained one."""
        return self.distance > self.farthest


def randomise(method: Method, model: nn.Module, material: Material, freqs: Floats, *, seed: int, reporter: Reporter) -> Control:
    """Ask the method about networks of the same architecture that have learnt nothing.

    Parameters
    ----------
    method : callable
        What explains.
    model : nn.Module
        The trained network; left as it is.
    material : Material
        The chosen windows, the best of a class first.
    freqs : ndarray, shape (n_freqs,), Hz
        Of the spectra.
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
    spectra = [attribute(method, model, few).spectrum]
    untrained = copy.deepcopy(model)
    for index in reporter.progress(range(N_UNTRAINED), "Explaining untrained networks", total=N_UNTRAINED):
        reinitialise(untrained, seed + index)
        spectra.append(attribute(method, untrained, few).spectrum)
    profiles = np.stack(spectra)[..., in_range(freqs)]
    distances = mean_distances(profiles)
    return Control(
        correlation=rank_correlation(profiles[0], profiles[1:]),
        distance=float(distances[0]),
        farthest=float(distances[1:].max()),
        spectrum=np.mean(spectra[1:], axis=0),
    )


def mean_distances(profiles: Floats) -> Floats:
    """Mean distance of each network's profile from those of all others.

    Parameters
    ----------
    profiles : ndarray, shape (n_networks, n_classes, n_channels, n_freqs)
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
    trained : ndarray, shape (n_classes, n_channels, n_freqs)
    untrained : ndarray, shape (n_networks, n_classes, n_channels, n_freqs)

    Returns
    -------
    float
        NaN where no pair is defined, one of each being constant.
    """
    from scipy.stats import spearmanr

    pairs = [
        (ours, theirs)
        for other in untrained
        for ours, theirs in zip(trained, other, strict=True)
        if np.ptp(ours) > 0 and np.ptp(theirs) > 0
    ]
    return float(np.mean([spearmanr(ours.ravel(), theirs.ravel()).statistic for ours, theirs in pairs])) if pairs else np.nan
