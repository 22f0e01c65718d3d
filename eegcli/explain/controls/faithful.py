"""Faithfulness: what a map calls important is taken from another window, and the output has to lose more than by a map of nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.attribution import BATCH
from eegcli.explain.controls.outcome import Outcome, not_run, outcome
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.importance import outputs_of_class, signs_of
from eegcli.explain.kinds.protocol import WindowKind

Floats = NDArray[np.float64]

RANDOM_MAPS = 3  # per window: their spread is averaged over windows, too
CONFIDENCE = 0.9  # of both sides: what is asked is whether the lower bound lies above zero, which fails in 5 % of cases
SHARE = 0.2  # of a window, as `swapped` of the kinds has it


def losses(
    kind: WindowKind, method: Callable[..., Any], model: nn.Module, material: ExplainedWindows, ranking: NDArray[np.float32], *, seed: int
) -> Floats:
    """Output that each window loses without what a map calls important, and without as much of anything.

    Parameters
    ----------
    kind : WindowKind
        Of the method.
    method : callable
        What explains.
    model : nn.Module
        The trained network.
    material : ExplainedWindows
        Windows with `others`: the second of them take the place, which the map has not seen.
    ranking : ndarray, shape of the result's `values`
        The higher, the more important.
    seed : int
        Of the maps of nothing.

    Returns
    -------
    ndarray, shape (n_windows, 2)
        Lost by the map, and by maps of nothing on average.
    """
    generator = torch.Generator().manual_seed(seed)
    model = model.to(material.device).eval()
    lost = np.zeros((len(material.x), 2))
    with torch.no_grad():
        for batch in material.batches(BATCH):
            x, by = material.tensor(material.x[batch]), material.tensor(material.others[-1][batch])
            own = material.at(batch)
            output = outputs_of_class(model, material, batch)
            whole = output(x)
            sign = signs_of(whole, by, output, material)
            rank = material.tensor(ranking[batch])
            maps = [rank, *(kind.at_random(rank, generator) for _ in range(RANDOM_MAPS))]
            losing = [(sign * (whole - output(kind.swapped(method, x, by, one, own)))).cpu().numpy() for one in maps]
            lost[batch] = np.stack([losing[0], np.mean(losing[1:], axis=0)], axis=1)
    return lost


def judged(lost: Floats, subject: NDArray[np.int64], *, seed: int) -> Outcome:
    """Pass a map by which more is lost than by maps of nothing: the interval over subjects of the difference lies above zero.

    Parameters
    ----------
    lost : ndarray, shape (n_windows, 2)
        Of `losses`.
    subject : ndarray of int, shape (n_windows,)
        Number of the subject of each window.
    seed : int
        Of the interval's draws.

    Notes
    -----
    Parts are replaced by those of windows of another class, since zeros and interpolation bias what is lost (arXiv:2605.16905).
    """
    from eegcli.stats.intervals import subject_interval

    gain = lost[:, 0] - lost[:, 1]
    known, index = np.unique(subject, return_inverse=True)
    if len(known) < 2:
        return not_run("an interval needs two subjects")
    sums, counts = (np.bincount(index, weights=each).astype(np.float64) for each in (gain, np.ones_like(gain)))
    low, high = subject_interval(sums, counts, seed=seed, share=False, confidence=CONFIDENCE)
    drop, random_drop = lost.mean(axis=0)
    return outcome(
        np.isfinite(low) and low > 0,
        gain.mean(),
        ci90=[low, high],
        drop=float(drop),
        random_drop=float(random_drop),
        share=SHARE,
        n_subjects=len(known),
    )
