"""Mean of the probabilities of two closed forms: filter-bank tangent space and log band power."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.models.closed import ClosedForm
from eegcli.models.head import Head
from eegcli.models.logistic import BandPowerLogistic
from eegcli.models.tangent_space import FilterBankTangentSpace


class TangentSpaceBandPower(ClosedForm):
    """Mean of the probabilities (of a number: of the predictions) of filter-bank tangent space and log band power.

    Parameters
    ----------
    n_chans, n_times : int
        Shape of a window.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz.

    Raises
    ------
    InputError
        If windows are so short, or sampled so slowly, that no band holds a frequency.

    Notes
    -----
    Each part is fitted by itself, with a penalty of its own. Outputs are logarithms of the mean probabilities, so that their softmax gives these.
    """

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float) -> None:
        super().__init__()
        self.tangent_space = FilterBankTangentSpace(n_chans, n_times, n_outputs, sfreq)
        self.band_power = BandPowerLogistic(n_chans, n_times, n_outputs, sfreq)
        self.left_out = self.tangent_space.left_out
        self.penalties = self.tangent_space.penalties
        self.is_number = n_outputs == 1

    @property
    def parts(self) -> Mapping[str, ClosedForm]:
        """The two closed forms, by name."""
        return {"tangent_space": self.tangent_space, "band_power": self.band_power}

    @property
    def centre(self) -> torch.Tensor:
        """Centres of the parts, one after the other."""
        return torch.cat([part.centre for part in (self.tangent_space, self.band_power)])

    def move(self, centre: torch.Tensor) -> None:
        """Move the centres of the parts; see `ClosedForm.move`."""
        for part, own in zip(self.parts.values(), self._shares(centre[None]), strict=True):
            part.move(own[0])

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Features of tangent space, then of band power: (batch, n_chans, n_times) in µV -> (batch, n_features)."""
        return torch.cat([part.features(x) for part in self.parts.values()], dim=1)

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """Logarithms of mean probabilities (one output: the mean of the numbers): (batch, n_features) -> (batch, n_outputs)."""
        outputs = torch.stack([part.output(own) for part, own in zip(self.parts.values(), self._shares(features), strict=True)])
        if self.is_number:
            return outputs.mean(dim=0)
        mean: torch.Tensor = outputs.log_softmax(dim=-1).logsumexp(dim=0) - np.log(len(outputs))
        return mean

    def fit(
        self, features: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None, penalty: float, head: Head
    ) -> None:
        """Fit both parts with the same penalty; see `ClosedForm.fit`."""
        for part, own in zip(self.parts.values(), self._shares(torch.from_numpy(features)), strict=True):
            part.fit(own.numpy(), targets, weights, penalty, head)

    def _shares(self, features: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Features of each part: (batch, n_features) -> one tensor per part."""
        return torch.split(features, [part.final_layer.in_features for part in self.parts.values()], dim=1)
