"""Closed forms: architectures that are fitted at once instead of by gradient descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.models.head import Head
from eegcli.models.recentred import Recentrable


class ClosedForm(nn.Module, Recentrable, ABC):
    """A module that is fitted to its features: ``forward(x) == output(features(x))``.

    Attributes
    ----------
    penalties : tuple of float
        Strengths of regularisation to try, the strongest first; subjects of the training set choose.
    final_layer : torch.nn.Linear
        Holds what was fitted; that of a closed form with `parts` lies in each of them.
    left_out : tuple of str
        Bands that windows of this length and rate do not hold.
    """

    penalties: tuple[float, ...]
    final_layer: nn.Linear
    left_out: tuple[str, ...] = ()

    @property
    def parts(self) -> Mapping[str, ClosedForm]:
        """Closed forms that are fitted one by one, each with a penalty of its own, by name; one that is all has the name "".

        `features` are those of the parts, one after the other.
        """
        return {"": self}

    @abstractmethod
    def fit(
        self, features: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None, penalty: float, head: Head
    ) -> None:
        """Fit the weights of the output layer to the features of windows; what was fitted before has no influence.

        Parameters
        ----------
        features : ndarray, shape (n_windows, n_features)
            Of the training windows.
        targets : ndarray, shape (n_windows,)
            Index of the class, or the number.
        weights : ndarray, shape (n_windows,), or None
            How much each window counts.
        penalty : float
            One of `penalties`.
        head : Head
            Head: meaning of the outputs.
        """

    def move(self, centre: torch.Tensor) -> None:
        """Move the centre of what was fitted to features without their subject's mean, so that it takes features as they are.

        Parameters
        ----------
        centre : torch.Tensor, shape (n_features,)
            Mean of the features over subjects.

        Raises
        ------
        TypeError
            If subjects cannot be recentred for it: its features have no centre.
        """
        raise TypeError(f"{type(self).__name__} has no centre")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Classify windows: (batch, n_chans, n_times) in µV -> (batch, n_outputs) before any softmax."""
        return self.output(self.features(x))


def closed_form(model: nn.Module) -> ClosedForm:
    """Check that a module is the closed form that its entry in the registry says, and give it back.

    Raises
    ------
    TypeError
        If it is none: its entry lacks `training`.
    """
    if not isinstance(model, ClosedForm):
        raise TypeError(f"{type(model).__name__} is no ClosedForm, so that its entry in the registry needs `training`")
    return model


def copy_weights(layer: nn.Linear, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    """Write fitted weights (n_outputs, n_features) and biases (n_outputs,) into a layer."""
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
        layer.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))
