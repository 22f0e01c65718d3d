"""Windows that are explained, what may take the place of their parts, and the device that the network runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from eegcli.explain.background import Background
from eegcli.study.groups import place_within

RAW = "raw"
Replacement = Literal["other", "zeros", "interpolate"]


@dataclass(frozen=True)
class ExplainedWindows:
    """Windows that are explained, what may take the place of their parts, and the device that the network runs on.

    Attributes
    ----------
    x : ndarray of float32, shape (n_windows, *shape)
        The chosen windows; raw ones (n_windows, n_channels, n_times) in µV.
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
    others : tuple of ndarray, shape (n_windows, *shape) each
        Windows of another class (of a number: of those farthest from it), drawn twice: of the first the parts that replace, the second tests them.
    representation : str
        A name in `registry.REPRESENTATIONS`.
    axes : tuple of str
        Of a window, as `registry.REPRESENTATIONS` names them.
    ch_names : tuple of str
        In the order of the channels.
    bands : tuple of str
        Names of the bands of a representation that has any.
    seed : int
        Of whatever a method draws.
    replacement : {"other", "zeros", "interpolate"}
        By what importance replaces a part.
    contributes : bool
        What is asked adds up to the output: its spectrum is that of contributions.
    background : Background, optional
        What methods may ask of the run beside these windows.
    """

    x: NDArray[np.float32]
    class_index: NDArray[np.int64]
    n_classes: int
    device: torch.device
    sfreq: float
    subject: NDArray[np.int64] | None = None
    others: tuple[NDArray[np.float32], ...] = ()
    representation: str = RAW
    axes: tuple[str, ...] = ("n_chans", "n_times")
    ch_names: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    seed: int = 0
    replacement: Replacement = "other"
    contributes: bool = False
    background: Background | None = None

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

    @property
    def is_raw(self) -> bool:
        """Test that windows hold samples, so that there are frequencies."""
        return self.representation == RAW

    @property
    def subjects(self) -> NDArray[np.int64]:
        """Number of the subject of each window."""
        return np.arange(len(self.x)) if self.subject is None else self.subject

    @cached_property
    def baseline(self) -> torch.Tensor:
        """Window that says nothing, shape (*shape): of samples 0 µV, of what has no zero (decibels, maps) the mean of these windows."""
        if self.is_raw:
            return torch.zeros(self.x.shape[1:], device=self.device)
        classes = [self.x[self.class_index == index].mean(axis=0, dtype=np.float64) for index in range(self.n_classes)]
        return torch.from_numpy(np.mean(classes, axis=0).astype(np.float32)).to(self.device)

    def at(self, rows: NDArray[np.int64]) -> ExplainedWindows:
        """Some of the windows, in the order of `rows`."""
        subject = None if self.subject is None else self.subject[rows]
        others = tuple(other[rows] for other in self.others)
        return replace(self, x=self.x[rows], class_index=self.class_index[rows], subject=subject, others=others)

    def first_rows(self, n: int) -> NDArray[np.int64]:
        """Rows of `n` windows of each class at most: every subject's best, then every subject's second, and so on."""
        parts = []
        for index in range(self.n_classes):
            rows = np.flatnonzero(self.class_index == index)
            turn = place_within(self.subjects[rows], np.arange(len(rows), dtype=np.float64))
            parts.append(np.sort(rows[np.lexsort((rows, turn))[:n]]))
        return np.concatenate(parts)

    def first(self, n: int) -> ExplainedWindows:
        """The first `n` windows of each class, evenly over subjects."""
        return self.at(self.first_rows(n))

    def batches(self, size: int) -> Sequence[NDArray[np.int64]]:
        """Rows of windows of one class each, at most `size` at a time."""
        rows = [np.flatnonzero(self.class_index == index) for index in range(self.n_classes)]
        return [own[start : start + size] for own in rows for start in range(0, len(own), size)]

    def tensor(self, x: NDArray[np.float32]) -> torch.Tensor:
        """An array of windows on the device."""
        return torch.from_numpy(np.ascontiguousarray(x)).to(self.device)
