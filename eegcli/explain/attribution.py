"""A method applied to the chosen windows of every class, and its mean spectra and channel profiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eegcli.artifacts.explanation import Attribution
from eegcli.explain.explained import ExplainedWindows
from eegcli.models.head import Head
from eegcli.stats.spectra import amplitude_spectrum

# (network in evaluation mode, windows (n, n_channels, n_times) in µV, index of the output) -> attribution of the windows' shape
Method = Callable[[nn.Module, Tensor, int], Tensor]
BATCH = 64  # windows at once; fixed, for it may change the last bits

Floats = NDArray[np.float64]


class ClassOutputs(nn.Module):
    """Network that gives one output per class (or the number), before any softmax, whatever its head: what a method explains."""

    def __init__(self, model: nn.Module, head: Head) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of windows: (batch, n_channels, n_times) in µV -> (batch, n_classes or 1)."""
        return self.head.class_outputs(self.model(x))


def attribute(method: Method, model: nn.Module, material: ExplainedWindows) -> Attribution:
    """Compute the attributions of the chosen windows: what the output of each window's class owes to each sample.

    Parameters
    ----------
    method : callable
        ``(model, x, class_index) -> attribution`` of the shape of `x`.
    model : nn.Module
        The network; put into evaluation mode.
    material : ExplainedWindows
        The chosen windows.
    """
    model = model.to(material.device).eval()
    values = np.zeros_like(material.x)
    for index in range(material.n_classes):
        rows = np.flatnonzero(material.class_index == index)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            values[batch] = method(model, torch.from_numpy(material.x[batch]).to(material.device), index).cpu().numpy()
    return Attribution(values, mean_spectrum(values, material), _profile(values, material))


def mean_spectrum(x: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    """Mean amplitude spectrum of `x` over the windows of each class, shape (n_classes, n_channels, n_freqs)."""
    return np.stack([amplitude_spectrum(x[material.class_index == index]).mean(axis=0) for index in range(material.n_classes)])


def _profile(values: NDArray[np.float32], material: ExplainedWindows) -> Floats:
    return np.stack(
        [np.abs(values[material.class_index == index]).mean(axis=(0, 2), dtype=np.float64) for index in range(material.n_classes)]
    )
