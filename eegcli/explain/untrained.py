"""Untrained networks of an architecture: what explanations of a trained one are controlled by."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from torch import nn

from eegcli.models.weights import reinitialise


def untrained_networks(model: nn.Module, n: int, seed: int) -> Iterator[nn.Module]:
    """Untrained networks of the architecture of one that is trained, which is left as it is.

    Parameters
    ----------
    model : nn.Module
    n : int
        How many.
    seed : int
        Of the first one; the others follow.

    Yields
    ------
    nn.Module
        One module, drawn anew each time: use it before the next one.
    """
    untrained = copy.deepcopy(model)
    for index in range(n):
        reinitialise(untrained, seed + index)
        yield untrained
