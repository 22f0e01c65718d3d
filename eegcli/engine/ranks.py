"""Ranks: processes that train one network together, each on its own device."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Alone:
    """One process that trains alone.

    Attributes
    ----------
    rank, size : int
        Number of this process among those that train the network, and how many they are.
    """

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """True for the one that writes what all of them made."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sum of a tensor over all ranks."""
        return values

    def any(self, flag: bool) -> bool:
        """Test that a flag is set on any rank: all get the same answer."""
        return flag


Ranks = Alone
