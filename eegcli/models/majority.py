"""Constant prediction that needs no EEG: the most frequent class, or the mean."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.models.closed import ClosedForm, copy_weights
from eegcli.models.head import Head


class Majority(ClosedForm):
    """Always predict the shares of the classes, or the mean of the target, among the training windows.

    Parameters
    ----------
    shape : tuple of int
        Shape of a window, of any representation.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.

    Notes
    -----
    A linear layer on the mean of each channel (of a map: of each band) whose weights are zero: so the window has no influence,
    and an explanation of it is zero everywhere.
    """

    penalties = (0.0,)

    def __init__(self, shape: tuple[int, ...], n_outputs: int, sfreq: float) -> None:
        super().__init__()
        self.final_layer = nn.Linear(shape[0], n_outputs)
        nn.init.zeros_(self.final_layer.weight)
        nn.init.zeros_(self.final_layer.bias)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of each channel (of a map: of each band): (batch, n_chans, ...) -> (batch, n_chans)."""
        return x.unsqueeze(-1).flatten(2).mean(dim=-1)

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """The same outputs for every window: (batch, n_chans) -> (batch, n_outputs), logarithms of the shares."""
        output: torch.Tensor = self.final_layer(features)
        return output

    def fit(
        self, features: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None, penalty: float, head: Head
    ) -> None:
        """Fit the shares of the classes, or the mean, by counting; `features`, `weights` and `penalty` have no influence. See `ClosedForm.fit`."""
        if head.kind == "regression":
            constant = np.array([targets.mean()])
        else:
            # At least two classes: of a head with one output there are two, and training windows may be all of the first.
            counts = np.bincount(targets.astype(int), minlength=max(self.final_layer.out_features, 2))
            constant = np.maximum(counts, 0.5) / len(targets)  # a class that does not occur: half a window, for the logarithm
        copy_weights(self.final_layer, np.zeros_like(self.final_layer.weight.detach().numpy()), head.outputs_for(constant))
