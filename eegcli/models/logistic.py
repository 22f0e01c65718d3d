"""A linear model of log band power: the baseline that a network has to beat."""

from __future__ import annotations

import math
import warnings
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from eegcli.bands import BASELINE_HALF_OPEN
from eegcli.errors import InputError, counted
from eegcli.models.closed import ClosedForm, copy_weights
from eegcli.models.head import Head

FLOOR = 1e-6  # µV²: far below the noise of an amplifier; keeps the logarithm of a flat channel finite


class Logistic(ClosedForm):
    """Logistic regression (ridge regression for a continuous target) on the values of a window, standardised.

    Parameters
    ----------
    shape : tuple of int
        Shape of a window, of any representation.
    n_outputs : int
        Classes, or 1 for a continuous target.
    sfreq : float
        Sampling frequency, Hz; not used.

    Attributes
    ----------
    scales_each : bool
        Whether each value is divided by its own standard deviation. Else all are by one number, the root of their mean variance, so that a
        penalty means the same: of features that are coordinates of one space distances are kept.
    """

    scales_each: ClassVar[bool] = True
    penalties = tuple(10.0**power for power in range(5, -2, -1))

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, shape: tuple[int, ...], n_outputs: int, sfreq: float) -> None:
        super().__init__()
        n_features = math.prod(shape)
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))
        self.final_layer = nn.Linear(n_features, n_outputs)

    @property
    def centre(self) -> torch.Tensor:
        """Mean of the features that it was fitted to."""
        return self.mean

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """The values themselves: (batch, ...) -> (batch, n_features)."""
        return x.flatten(1)

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """Outputs of log band powers: (batch, n_features) -> (batch, n_outputs) before any softmax."""
        output: torch.Tensor = self.final_layer((features - self.mean) / self.scale)
        return output

    def fit(
        self, features: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None, penalty: float, head: Head
    ) -> None:
        """Fit standardised features with an L2 penalty by scikit-learn; see `ClosedForm.fit`, `scales_each`."""
        from sklearn.linear_model import LogisticRegression, Ridge

        mean, scale = features.mean(axis=0), features.std(axis=0)
        if not self.scales_each:
            scale[:] = np.sqrt(np.mean(scale**2))
        scale[scale == 0] = 1.0  # a channel that is always flat tells nothing, and may not divide by zero
        self.mean.copy_(torch.from_numpy(mean))
        self.scale.copy_(torch.from_numpy(scale))
        standardised = (features - mean) / scale
        if head.kind == "regression":
            ridge = Ridge(alpha=penalty).fit(standardised, targets, sample_weight=weights)
            copy_weights(self.final_layer, ridge.coef_[None, :], np.array([ridge.intercept_]))
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a weak penalty may not converge on separable data; validation then prefers a stronger one
            logistic = LogisticRegression(C=1.0 / penalty, max_iter=1000).fit(standardised, targets.astype(int), sample_weight=weights)
        coef, intercept = logistic.coef_, logistic.intercept_
        if len(coef) < self.final_layer.out_features:  # two classes have one row, of their log odds: half of it for each output
            coef, intercept = np.concatenate([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
        copy_weights(self.final_layer, coef, intercept)

    @torch.no_grad()
    def move(self, centre: torch.Tensor) -> None:
        """Move the centre; see `ClosedForm.move`. The bias takes over what was left of the mean."""
        weight = self.final_layer.weight.double() / self.scale.double()
        self.final_layer.bias.sub_((weight @ self.mean.double()).float())
        self.mean.copy_(centre)


class BandPowerLogistic(Logistic):
    """Logistic regression (ridge regression for a continuous target) on the log band power of each channel.

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
    The spectrum is taken inside `forward` by a differentiable Fourier transform (mean removed, Hann taper), so that
    saliency reaches the samples. Bands without a frequency below Nyquist are left out.
    """

    taper: torch.Tensor
    in_band: torch.Tensor

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float) -> None:
        freqs = np.fft.rfftfreq(n_times, 1.0 / sfreq)
        members = {name: (freqs >= low) & (freqs < high) for name, (low, high) in BASELINE_HALF_OPEN.items()}
        band_names = tuple(name for name, member in members.items() if member.any())
        if not band_names:
            raise InputError(
                f"logistic: no band of 1-30 Hz holds a frequency of windows of {counted(n_times, 'sample')} at {sfreq:g} Hz",
                hint="Cut longer windows.",
            )
        taper = np.hanning(n_times + 2)[1:-1]
        # One-sided power of each frequency, so that the sum over all of them is the tapered variance in µV² (Parseval).
        power = np.where((freqs == 0) | (2 * freqs == sfreq), 1.0, 2.0) / (n_times * np.sum(taper**2))
        in_band = np.stack([members[name] * power for name in band_names], axis=1)  # (n_freqs, n_bands)
        super().__init__((n_chans, len(band_names)), n_outputs, sfreq)
        self.band_names = band_names
        self.register_buffer("taper", torch.tensor(taper, dtype=torch.float32), persistent=False)
        self.register_buffer("in_band", torch.tensor(in_band, dtype=torch.float32), persistent=False)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Natural logarithm of band power (µV²), channel by channel.

        Parameters
        ----------
        x : torch.Tensor, shape (batch, n_chans, n_times)
            Windows, µV.

        Returns
        -------
        torch.Tensor, shape (batch, n_chans * n_bands)
            Bands of the first channel first.
        """
        spectrum = torch.fft.rfft((x - x.mean(dim=-1, keepdim=True)) * self.taper)  # (batch, n_chans, n_freqs)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(power @ self.in_band + FLOOR).flatten(1)
