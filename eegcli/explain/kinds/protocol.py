"""Protocol of a kind of explanation: ask a method, compare networks by its result (the control), tell, tabulate and draw it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from eegcli.artifacts.explanation import Explanation, MethodResult
from eegcli.explain.explained import ExplainedWindows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Control:
    """Control of a method: the trained network beside untrained ones, on the same windows.

    Attributes
    ----------
    correlation : float
        Rank correlation of profiles (of an attribution: channel x frequency) of the trained network with those of untrained ones: mean
        over classes and networks; NaN where none is defined.
    distance : float
        Mean distance of the trained network's profile from those of the untrained ones: the share of it, 0 to 1,
        that lies elsewhere.
    farthest : float
        The largest such distance that an untrained network has from all others.
    profile : ndarray, shape (n_classes, n_channels, ...)
        Mean over the untrained networks.
    """

    correlation: float
    distance: float
    farthest: float
    profile: Floats

    @property
    def passed(self) -> bool:
        """True if training made the difference: the trained network is farther from the others than any untrained one."""
        return self.distance > self.farthest


class Kind(Protocol):
    """Functions that the module of a kind has."""

    def ask(self, method: Callable[..., Any], model: nn.Module, material: ExplainedWindows) -> MethodResult:
        """Apply a method to a network and the chosen windows of every class."""
        ...

    def profile(self, result: Any) -> Floats:
        """Amplitudes of a result, per class: what networks are compared by, shape (n_classes, n_channels, ...)."""
        ...

    def compared(self, profile: Floats, freqs: Floats) -> Floats:
        """Restrict a profile, or several, to the part in which networks are compared."""
        ...

    def finding(self, explanation: Explanation, name: str, control: Control | None) -> dict[str, Any]:
        """Entries of metrics.json about a method beside its control; None where no untrained network was asked."""
        ...

    def bands(self, explanation: Explanation, name: str, control: Control | None) -> list[dict[str, Any]]:
        """Rows of bands.parquet; none where a kind has no bands."""
        ...

    def draw(self, path: Path, explanation: Explanation, name: str, *, title: str) -> None:
        """Write the figure of a method, as PNG; grey where its name is among `explanation.failed`."""
        ...


class PooledKind(Kind, Protocol):
    """Kind whose results of several networks are put together by a function of its own; of others each array is averaged."""

    def pooled(self, results: Sequence[Any], n_before: Sequence[int]) -> MethodResult:
        """Put results of several networks together; `n_before`: how many chosen windows the networks before each have."""
        ...


class WindowKind(Kind, Protocol):
    """Kind whose results hold `values` for each window, so that these can be tested window by window."""

    def swapped(self, method: Callable[..., Any], x: Tensor, by: Tensor, ranking: Tensor, material: ExplainedWindows) -> Tensor:
        """Windows whose most important parts are those of the windows `by`; `ranking` has the shape of the result's `values`."""
        ...

    def at_random(self, ranking: Tensor, generator: Any) -> Tensor:
        """A ranking as smooth as a given one, of nothing."""
        ...
