"""Protocol of a kind of explanation: ask a method, compare networks by its result, tell, tabulate and draw it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from eegcli.artifacts.explanation import Explanation, MethodResult
from eegcli.explain.controls import Control
from eegcli.explain.explained import ExplainedWindows

Floats = NDArray[np.float64]


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

    def finding(self, explanation: Explanation, name: str, control: Control) -> dict[str, Any]:
        """Entries of metrics.json about a method beside its control."""
        ...

    def bands(self, explanation: Explanation, name: str, control: Control) -> list[dict[str, Any]]:
        """Rows of bands.parquet; none where a kind has no bands."""
        ...

    def draw(self, path: Path, explanation: Explanation, name: str, *, title: str) -> None:
        """Write the figure of a method, as PNG."""
        ...
