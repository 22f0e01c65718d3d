"""Saliency replacement: samples of low saliency removed, and interpolated from those that are left."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.errors import UsageError
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.group import MADE, Group, Selector
from eegcli.explain.methods.saliency import saliency

QUANTILE = 0.3  # published
BATCH = 64

Singles = NDArray[np.float32]


class NotSamplesError(UsageError):
    """Windows without time along which samples could be interpolated."""


def saliency_replacement(model: nn.Module, material: ExplainedWindows) -> Selector:
    """Remove the samples of the chosen windows that matter least, and interpolate them.

    Parameters
    ----------
    model : nn.Module
        Gives one output per class, before any softmax.
    material : ExplainedWindows
        The chosen windows; raw ones, since interpolation is along time.

    Returns
    -------
    callable
        Gives a group per class: the windows with the samples below the 30 % quantile of |gradient| interpolated, beside the originals. With a generator
        the maps of saliency are shifted in time by chance: as many samples in runs of the same lengths, elsewhere.

    Raises
    ------
    NotSamplesError
        If windows are of another representation.

    Notes
    -----
    Truong, Makeig & Delorme 2021, arXiv:2111.04309. Published is the quantile, not of what: ours is that of each window, over all its channels. Kept as
    published, and biased: interpolation is a low-pass, so that whatever is removed the spectrum loses its fast part (on masking by interpolation:
    arXiv:2605.16905). Shifted maps show how much of it is that.
    """
    if not material.is_raw:
        raise NotSamplesError(
            f"saliency-replacement: {material.representation} windows are no samples, and have no time to interpolate along",
            hint="Train on raw windows, or ask for another method.",
        )
    model = model.to(material.device).eval()
    maps = np.zeros_like(material.x)
    for index in range(material.n_classes):
        rows = np.flatnonzero(material.class_index == index)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            maps[batch] = saliency(model, torch.from_numpy(material.x[batch]).to(material.device), index).abs().cpu().numpy()

    def select(random: np.random.Generator | None) -> list[Group]:
        moved = maps if random is None else shifted(maps, random)
        made = replaced(material.x, moved)
        groups = []
        for index, label in enumerate(material.around.classes):
            own = np.flatnonzero(material.class_index == index)
            groups.append(Group(label, True, np.full(len(own), MADE), material.subjects[own], made[own], material.x[own]))
        return groups

    return select


def replaced(x: Singles, maps: Singles, quantile: float = QUANTILE) -> Singles:
    """Windows whose samples below a quantile of their saliency are interpolated from the others of the channel.

    Parameters
    ----------
    x, maps : ndarray of float32, shape (n_windows, n_channels, n_times)
        Windows, and saliency of each sample.
    quantile : float
        Of each window, over channels and time.

    Returns
    -------
    ndarray of float32, shape (n_windows, n_channels, n_times)
        Before the first and after the last sample that is left its value goes on; a channel of which none is left is zero.
    """
    least = np.quantile(maps, quantile, axis=(1, 2), keepdims=True)
    kept = maps >= least
    time = np.arange(x.shape[2])
    made = x.copy()
    for window, channel in zip(*np.nonzero(~kept.all(axis=2)), strict=True):
        there = kept[window, channel]
        made[window, channel] = np.interp(time, time[there], x[window, channel, there]) if there.any() else 0.0
    return made


def shifted(maps: Singles, random: np.random.Generator) -> Singles:
    """Maps, each turned in time by a number of samples drawn for its window."""
    n_times = maps.shape[2]
    steps = random.integers(1, max(n_times, 2), size=len(maps))
    turned = (np.arange(n_times) - steps[:, None]) % n_times
    return np.take_along_axis(maps, turned[:, None, :], axis=2)
