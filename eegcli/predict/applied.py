"""Application of networks to windows: the outputs of each, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.artifacts.fitted_windows import Fittable
from eegcli.artifacts.run import Run
from eegcli.engine.aligned import aligned, recentred_by
from eegcli.engine.inference import outputs
from eegcli.reporter import Reporter

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Applied:
    """Outputs of networks for windows.

    Attributes
    ----------
    mean : ndarray, shape (n_windows, n_outputs)
        Probability of each class, or the number: mean over all networks.
    each : tuple of (int, int, int, ndarray)
        Of each network the number of its run, its fold, its seed and its outputs; empty unless they were kept.
    """

    mean: Floats
    each: tuple[tuple[int, int, int, Floats], ...]


def apply(runs: Sequence[Run], taken: Sequence[Fittable], *, device: torch.device, reporter: Reporter, keep_each: bool) -> Applied:
    """Apply all networks of runs to windows.

    Parameters
    ----------
    runs : sequence of Run
    taken : sequence of Windows, RemoteWindows or FittedWindows
        The windows as each run takes them.
    device : torch.device
    reporter : Reporter
        Shows the progress.
    keep_each : bool
        Keep the outputs of each network.

    Raises
    ------
    InputError
        If a network gives an output that is not finite.
    """
    rows = np.arange(len(taken[0]))
    n_networks = sum(len(one.networks) for one in runs)
    total: Floats | None = None
    each = []
    for number, (one, windows) in enumerate(zip(runs, taken, strict=True)):
        how = one.networks[0].description.align
        x, moved = aligned(windows, how, one.people), recentred_by(windows, how, one.people)
        for network in one:
            label = f"Predicting (run {number}, fold {network.fold}, seed {network.seed})" if n_networks > 1 else "Predicting"
            found = outputs(network.model(), x, rows, device=device, reporter=reporter, label=label, subject=moved)
            found = network.head.predictions(found)
            total = found if total is None else total + found
            if keep_each:
                each.append((number, network.fold, network.seed, found))
    assert total is not None  # a run has a network
    return Applied(total / n_networks, tuple(each))
