"""Chosen windows that are explained, and the device that the network runs on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.explain.background import Background


@dataclass(frozen=True)
class ExplainedWindows:
    """Windows that are explained, and the device that the network runs on.

    Attributes
    ----------
    x : ndarray of float32, shape (n_windows, n_channels, n_times), µV
        The chosen windows.
    class_index : ndarray of int, shape (n_windows,)
        For which output each was chosen; every output has a window.
    n_classes : int
        Number of outputs.
    device : torch.device
        Device on which the network runs.
    sfreq : float
        Hz.
    subject : ndarray of int, shape (n_windows,), optional
        Number of the subject of each window; left out: each window is somebody else's.
    representation : str
        A name in `registry.REPRESENTATIONS`.
    seed : int
        Of whatever a method draws.
    background : Background, optional
        What methods may ask of the run beside these windows.
    """

    x: NDArray[np.float32]
    class_index: NDArray[np.int64]
    n_classes: int
    device: torch.device
    sfreq: float
    subject: NDArray[np.int64] | None = None
    representation: str = "raw"
    seed: int = 0
    background: Background | None = None

    @property
    def is_raw(self) -> bool:
        """Test that windows hold samples, so that there are frequencies."""
        return self.representation == "raw"

    @property
    def subjects(self) -> NDArray[np.int64]:
        """Number of the subject of each window."""
        return np.arange(len(self.x)) if self.subject is None else self.subject

    @property
    def around(self) -> Background:
        """The background, of a method that cannot do without.

        Raises
        ------
        TypeError
            If there is none.
        """
        if self.background is None:
            raise TypeError("these windows have no background: this method needs the set that they are of")
        return self.background

    def first(self, n: int) -> ExplainedWindows:
        """The first `n` windows of each class."""
        rows = np.concatenate([np.flatnonzero(self.class_index == index)[:n] for index in range(self.n_classes)])
        subject = None if self.subject is None else self.subject[rows]
        return replace(self, x=self.x[rows], class_index=self.class_index[rows], subject=subject)
