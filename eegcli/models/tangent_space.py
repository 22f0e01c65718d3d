"""Linear models of covariance in the log-Euclidean tangent space: one broad band, or a filter bank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch

from eegcli.bands import BROAD_HALF_OPEN, FILTER_BANK_HALF_OPEN
from eegcli.models.bandpass import BandCovariance
from eegcli.models.logistic import Logistic
from eegcli.models.spd import half_vector, matrix_log


class TangentSpace(Logistic):
    """Logistic regression (ridge regression for a continuous target) on the covariance of the channels in one broad band.

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
    Covariances are shrunken (OAS) and mapped to the tangent space at the log-Euclidean mean of the training windows: a covariance C is the
    symmetric matrix log C - log M, where log M is the mean of the logarithms (Arsigny et al. 2007, doi:10.1137/050637996). Its values are not
    scaled one by one: the distance of two windows is that of their covariances, in which what hardly varies counts little. Covariances as
    features: Barachant et al. 2012, doi:10.1109/TBME.2011.2172210.
    """

    arch: ClassVar[str] = "tangent-space"
    scales_each = False
    bands: ClassVar[Mapping[str, tuple[float, float]]] = BROAD_HALF_OPEN

    def __init__(self, n_chans: int, n_times: int, n_outputs: int, sfreq: float) -> None:
        covariance = BandCovariance(n_times, sfreq, self.bands, self.arch)
        super().__init__((len(covariance.band_names), n_chans * (n_chans + 1) // 2), n_outputs, sfreq)
        self.covariance = covariance
        self.left_out = covariance.left_out

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Half-vectors of the logarithm of the covariance, band by band.

        Parameters
        ----------
        x : torch.Tensor, shape (batch, n_chans, n_times)
            Windows, µV.

        Returns
        -------
        torch.Tensor, shape (batch, n_bands * n_chans * (n_chans + 1) / 2)
        """
        return half_vector(matrix_log(self.covariance(x))).flatten(1)


class FilterBankTangentSpace(TangentSpace):
    """Logistic regression (ridge regression for a continuous target) on the covariance of the channels in each of six bands.

    See `TangentSpace`; bands as in `eegcli.bands.FILTER_BANK_HALF_OPEN`. Bands without a frequency below Nyquist are left out.
    """

    arch = "filter-bank-tangent-space"
    bands = FILTER_BANK_HALF_OPEN
