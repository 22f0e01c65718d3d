"""Completeness: what a method attributes sums to the output less that of the baseline, or something of it was lost."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.explain.attribution import BATCH
from eegcli.explain.controls.outcome import Outcome, outcome
from eegcli.explain.explained import ExplainedWindows

LOST = 0.01  # of the outputs


def lost(values: NDArray[np.floating], model: nn.Module, material: ExplainedWindows) -> float:
    """Mean of what the sums of attributions miss of the outputs, by the mean size of what they should be.

    Parameters
    ----------
    values : ndarray, shape (n_windows, *shape)
        Attributions of the windows.
    model : nn.Module
        The network that they are of.
    material : ExplainedWindows
        The windows, and the baseline.
    """
    model = model.to(material.device).eval()
    missing, owed = np.zeros(len(values)), np.zeros(len(values))
    with torch.no_grad():
        of_baseline = model(material.baseline[None])[0]
        for batch in material.batches(BATCH):
            index = int(material.class_index[batch[0]])
            due = (model(material.tensor(material.x[batch]))[:, index] - of_baseline[index]).double().cpu().numpy()
            owed[batch] = np.abs(due)
            missing[batch] = np.abs(values[batch].reshape(len(batch), -1).sum(axis=1, dtype=np.float64) - due)
    return float(missing.mean() / owed.mean()) if owed.any() else float(missing.any())


def judged(found: list[float]) -> Outcome:
    """Pass sums that miss 1 % or less, in every network."""
    worst = max(found)
    return outcome(worst <= LOST, worst, limit=LOST)
