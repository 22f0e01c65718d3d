"""Shuffled labels: networks trained again on permuted labels, which must not have the same map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.controls.outcome import Outcome, not_run, outcome
from eegcli.explain.controls.untrained import WINDOWS_PER_CLASS, mean_distances
from eegcli.explain.explained import ExplainedWindows
from eegcli.explain.kinds.protocol import Kind

FEWEST = 4  # networks on permuted labels: the trained one is the farthest of five by chance in a fifth of cases
MOST = 19


def judged(
    kind: Kind,
    method: Callable[..., Any],
    model: nn.Module,
    permuted: Sequence[nn.Module],
    material: ExplainedWindows,
    freqs: NDArray[np.float64],
) -> Outcome:
    """Pass a map that lies farther from those of networks on permuted labels than any of these from the others.

    Parameters
    ----------
    kind, method
        As of `randomise`.
    model : nn.Module
        The trained network.
    permuted : sequence of nn.Module
        Networks that `evaluate --retrain` trained on permuted labels, of the same architecture.
    material, freqs
        As of `randomise`.
    """
    if len(permuted) < FEWEST:
        return not_run("needs trainings on permuted labels: eegcli evaluate RUN --retrain --permutations 19")
    few = material.first(WINDOWS_PER_CLASS)
    profiles = np.stack([kind.profile(kind.ask(method, one, few)) for one in (model, *permuted[:MOST])])
    distances = mean_distances(kind.compared(profiles, freqs))
    return outcome(distances[0] > distances[1:].max(), distances[0], farthest=float(distances[1:].max()), n_networks=len(distances) - 1)
