"""Parts of windows (channels, bands, stretches of time), and how one is replaced by that of another window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from eegcli.errors import UsageError


class NoPartsError(UsageError):
    """Windows of a representation have no parts of a kind: maps of the scalp no channels."""


@dataclass(frozen=True)
class Parts:
    """Parts of a window.

    Attributes
    ----------
    kind : {"channel", "band", "time"}
    names : tuple of str
    widths : tuple of float
        How much of a window each is, in any unit: what it would lose by chance.
    replace : callable
        ``(x, by, part) -> x`` with one part taken from the windows `by`, both (n_windows, *shape).
    fill : callable
        ``(x, part) -> x`` with one part guessed from what surrounds it.
    """

    kind: str
    names: tuple[str, ...]
    widths: tuple[float, ...]
    replace: Callable[[Tensor, Tensor, int], Tensor]
    fill: Callable[[Tensor, int], Tensor]

    def replaced(self, x: Tensor, other: Tensor, part: int, how: str) -> Tensor:
        """Windows without a part, in one of the ways of ``--replacement``."""
        if how == "interpolate":
            return self.fill(x, part)
        return self.replace(x, torch.zeros_like(x) if how == "zeros" else other, part)
