"""Moments of a batch: what a network learns of windows that stand beside each other, named so that it can be computed otherwise."""

from __future__ import annotations

import torch
from torch.overrides import handle_torch_function, has_torch_function


def moments(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of features over the windows of a batch.

    Parameters
    ----------
    x : torch.Tensor, shape (batch, n_features)

    Returns
    -------
    mean, variance : torch.Tensor, shape (n_features,)
        The variance divides by the number of windows.

    Notes
    -----
    Like functions of torch it may be taken over by a `TorchFunctionMode`: where a batch is shared out over processes, each sees some windows.
    """
    if has_torch_function((x,)):
        found: tuple[torch.Tensor, torch.Tensor] = handle_torch_function(moments, (x,), x)  # type: ignore[no-untyped-call]
        return found
    return x.mean(dim=0), x.var(dim=0, correction=0)
