"""The answer that needs no EEG: the most frequent class, or the mean."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.models.closed import ClosedForm, copy_weights
from eegcli.models.head import Head


class Majority(ClosedForm):
    """Always answer with the shares of the classes, or the mean of the target, among the training windows.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.

    Notes
    -----
    A linear layer on the mean of each channel whose weights are zero: so the window has no influence,
    and an explanation of it is zero everywhere.
    """

    penalties = (0.0,)

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float) -> None:
        super().__init__()
        self.final_layer = nn.Linear(n_chans, n_outputs)
        nn.init.zeros_(self.final_layer.weight)
        nn.init.zeros_(self.final_layer.bias)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of each channel (of a map: of each band): (batch, n_chans, ...) -> (batch, n_chans)."""
        return x.flatten(2).mean(dim=-1)

    def answer(self, features: torch.Tensor) -> torch.Tensor:
        """The same outputs for every window: (batch, n_chans) -> (batch, n_outputs), logarithms of the shares."""
        output: torch.Tensor = self.final_layer(features)
        return output

    def fit(
        self, features: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None, penalty: float, head: Head
    ) -> None:
        """Count; `features`, `weights` and `penalty` have no influence. See `ClosedForm.fit`."""
        if head.kind == "regression":
            constant = np.array([targets.mean()])
        else:
            # At least two classes: of a head with one output there are two, and training windows may be all of the first.
            counts = np.bincount(targets.astype(int), minlength=max(self.final_layer.out_features, 2))
            constant = np.maximum(counts, 0.5) / len(targets)  # a class that does not occur: half a window, for the logarithm
        copy_weights(self.final_layer, np.zeros_like(self.final_layer.weight.detach().numpy()), head.outputs_for(constant))


def bands_majority(n_chans: int, n_bands: int, n_outputs: int, sfreq: float) -> Majority:
    """The same for windows of (n_chans, n_bands)."""
    return Majority(n_chans, n_bands, n_outputs, sfreq)


def topomap_majority(n_bands: int, height: int, width: int, n_outputs: int, sfreq: float) -> Majority:
    """The same for windows of (n_bands, height, width)."""
    return Majority(n_bands, height * width, n_outputs, sfreq)


def fft_majority(n_chans: int, n_bins: int, n_outputs: int, sfreq: float) -> Majority:
    """The same for windows of (n_chans, n_bins)."""
    return Majority(n_chans, n_bins, n_outputs, sfreq)
