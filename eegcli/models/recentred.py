"""Recentred features: the mean of each subject's features moved to one centre, before the last, linear layer reads them."""

from __future__ import annotations

from abc import abstractmethod

import torch


class Recentrable:
    """Network that is a readout of features, whose subjects can be recentred: ``forward(x) == output(features(x))`` in evaluation mode.

    Notes
    -----
    Where features are logarithms of covariances, to subtract a subject's mean is to recentre its covariances in the log-Euclidean metric, band
    by band: the mean covariance of every subject becomes the same (Arsigny et al. 2007, doi:10.1137/050637996; after Zanini et al. 2018,
    doi:10.1109/TBME.2017.2742541, who do it in the affine-invariant one).
    """

    @property
    def centre(self) -> torch.Tensor | None:
        """Features that the readout compares with, (n_features,); None where subjects cannot be recentred."""
        return None

    def recentre(self, centre: torch.Tensor) -> None:
        """Take features (n_features,) as those that the readout compares with, before an epoch of a network that learns by epochs.

        Raises
        ------
        TypeError
            If it has no such features that could be moved while it learns.
        """
        raise TypeError(f"{type(self).__name__} is not recentred while it learns")

    @abstractmethod
    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Describe windows: (batch, n_chans, n_times) in µV -> (batch, n_features)."""

    @abstractmethod
    def output(self, features: torch.Tensor) -> torch.Tensor:
        """Outputs of features: (batch, n_features) -> (batch, n_outputs)."""
